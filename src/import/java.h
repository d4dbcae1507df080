/*
 * import/java.h - the Java Object Serialization Stream Protocol (version 5), read as data. No class
 * is looked up, made or run: an object is its class's name, the fields the stream describes and the
 * bytes its writer added.
 *
 * Bounds: JAVA_SIZE_MAX bytes, JAVA_DEPTH_MAX levels, JAVA_HANDLES_MAX things that can be referred
 * to, JAVA_FIELDS_MAX fields a class, JAVA_SUPERS_MAX super classes. Time and memory are linear in
 * the stream; references are followed by pointer, so they may form circles: whoever walks a value
 * counts levels.
 */
#ifndef HUFU_IMPORT_JAVA_H
#define HUFU_IMPORT_JAVA_H

#include "base/base.h"

#define JAVA_SIZE_MAX    (256 * 1024)
#define JAVA_DEPTH_MAX   32
#define JAVA_HANDLES_MAX 4096
#define JAVA_FIELDS_MAX  64
#define JAVA_SUPERS_MAX  16

enum java_kind {
	JAVA_NULL,
	JAVA_TEXT,
	JAVA_OBJECT,
	JAVA_ARRAY,
	JAVA_ENUM,
	JAVA_CLASS,
	JAVA_BYTES, /* block data */
	JAVA_NUMBER
};
struct java_field { struct str name; char type; };              /* type as in a field descriptor: B C D F I J S Z L [ */
struct java_class {
	struct str name;
	uint8_t flags;
	const struct java_field *fields;
	size_t n_fields;
	const struct java_class *super;
};
struct java;
/* What one class of an object's line wrote: its fields, and after them values and blocks of its own making. */
struct java_part {
	const struct java_class *of;
	const struct java **fields;
	const struct java **extra;
	size_t n_extra;
};
struct java {
	enum java_kind kind;
	struct str text;                        /* TEXT: UTF-8; ENUM: the constant; BYTES: as they came */
	/* NUMBER: integral types, booleans, chars; the bits of float and double */
	int64_t number;
	const struct java_class *of;            /* OBJECT, ARRAY, ENUM, CLASS */
	const struct java_part *parts; size_t n_parts;
	const struct java **items; size_t n_items;      /* ARRAY */
};

/*
 * The first value of a stream that begins with AC ED 00 05; spans in mem or in bytes. NULL when
 * malformed, foreign or too large.
 */
const struct java *java_read(struct arena *mem, struct str bytes);
/* The field of an object, the most derived class first; NULL when there is none or v is no object. */
const struct java *java_field(const struct java *v, const char *name);
bool java_is(const struct java *v, const char *class_name);
struct str java_text(const struct java *v);             /* absent unless TEXT */
/* Is java.util.Date; *ms since 1970. */
bool java_date(const struct java *v, int64_t *ms);
/*
 * What a collection of java.util holds, wrappers taken off (unmodifiable, singleton, sets, lists,
 * those of List.of); keys and values in turn for a map. At most max; returns how many, -1 when v is
 * none that is known.
 */
int java_items(const struct java *v, const struct java **out, int max);

/* --- java_token.c: what an old authorization server serialized -------------------------------- */

/* More words than JAVA_WORDS_MAX, or one that is no text: the reading fails, nothing is left out. */
#define JAVA_WORDS_MAX 64
struct java_words { struct str at[JAVA_WORDS_MAX]; size_t n; };
struct str java_words_join(struct arena *mem, const struct java_words *w);      /* with blanks between them */
/* DefaultOAuth2AccessToken, and its refresh token inside. An expiry of 0: never. */
struct java_access_token {
	struct str value, type, refresh;
	int64_t expires_ms, refresh_expires_ms;
	struct java_words scope;
};
bool java_access_token(struct arena *mem, struct str blob, struct java_access_token *out);
/* DefaultExpiringOAuth2RefreshToken or DefaultOAuth2RefreshToken. */
struct java_refresh_token { struct str value; int64_t expires_ms; };
bool java_refresh_token(struct arena *mem, struct str blob, struct java_refresh_token *out);
/*
 * OAuth2Authentication. client_only: nobody logged in, the token is the client's own. Else
 * user_name is what its getName() gave, where only classes of the framework had to be asked;
 * absent: what a product's own class gives is not known here. shape: which classes those are.
 */
struct java_authentication {
	struct str client_id, user_name, redirect_uri, shape;
	bool client_only;
	struct java_words scope;
	const struct java *principal;           /* whose getUsername(), getName() or toString() gave the name */
};
bool java_authentication(struct arena *mem, struct str blob, struct java_authentication *out);

/*
 * java_name.c: what getUsername() of a product's own class may have given: every text and whole
 * number that hangs from a principal, each with the fields that lead there. False: there are more
 * than JAVA_NAMES_MAX.
 */
#define JAVA_NAMES_MAX 128
struct java_name { struct str path, value; };
struct java_names { struct java_name at[JAVA_NAMES_MAX]; size_t n, steps; };
bool java_names(struct arena *mem, const struct java *principal, struct java_names *out);
#endif

/*
 * setup/setup.h - from settings and store to a snapshot: issuers with their policies, keys, clients
 * and pages, immutable, shared by the daemon and the command line.
 */
#ifndef HUFU_SETUP_H
#define HUFU_SETUP_H

#include "base/base.h"
#include "keys/keys.h"
#include "conf/conf.h"
#include "http/http.h"
#include "login/password_rule.h"
#include "oauth/issuer.h"
#include "page/page.h"
#include "wire/wire.h"

/*
 * Where an issuer is mounted: listener (index into the settings' listeners), host name ("" any),
 * path prefix. The route with the longest matching prefix wins; a prefix matches whole segments.
 */
struct mount_place { int listener; struct str host, prefix; const struct mount *mount; };

struct snapshot {
	_Atomic int refs;
	struct arena mem;
	const struct mount *const *mounts;    /* NULL-terminated */
	const struct mount_place *places; size_t n_places;
	const struct str *listeners; size_t n_listeners;        /* names, by the index that a place has */
	struct realm **realms; size_t n_realms;
	struct directory **directories; size_t n_directories;   /* login/ldap.h */
	struct user_table **tables; size_t n_tables;            /* login/table.h */
	struct keyring **rings; size_t n_rings;
	struct page_set *pages;
	const struct mail_server *mail;         /* NULL: there is none */
	struct services svc;
	struct password_rule passwords;
};
/* --- settings opened: the one way of the start, of a reload and of `hufu config check` -------- */

#define ADDRESSES_MAX 32
/* Every address of every listener; of: index into conf_names of the listeners; where: its setting. */
struct addresses {
	struct http_listener at[ADDRESSES_MAX];
	int of[ADDRESSES_MAX];
	struct str where[ADDRESSES_MAX];
	size_t n;
};
struct opened {
	struct conf *conf;
	struct snapshot *snap;          /* without clients and keys until setup_fill */
};
/*
 * Read path (absent: only the environment) and open all that it names as the start does: rules
 * across settings, pages, style sheets, certificates, user tables, addresses, data directory, key
 * file. Nothing is bound and nothing on disk changes. All findings are added to f. False: an error
 * is among them, and *o is empty. Texts of f lie in f->mem, the rest in *o.
 */
bool setup_open(struct str path, char **envp, struct findings *f, struct opened *o);
/* The same with settings at hand, which belong to *o then, also when it fails. */
bool setup_open_conf(struct conf *c, struct findings *f, struct opened *o);
void setup_close(struct opened *o);             /* what has been taken out is NULL */
/*
 * What the store says about it: clients of every realm are read, the keys must open under the
 * key-encryption key (NULL: none is made yet), notice addresses of clients can be asked, realms are
 * known. Nothing is written. False: f has an error.
 */
bool setup_judge_store(struct opened *o, struct store *s, const uint8_t *kek, struct findings *f);
/* The same for `hufu config check`: the store as it lies on disk, if there is one, read only. */
bool setup_check_store(struct opened *o, struct findings *f);
/* Keys, made where there are none: o->snap is whole. False: f has an error. */
bool setup_fill(struct opened *o, struct store *s, struct secret_memory *secrets, const uint8_t kek[32],
    struct findings *f);
/* A new snapshot of settings that are in force, after a change in the store. NULL: f has an error. */
struct snapshot *snapshot_build(const struct conf *c, struct store *s, struct secret_memory *secrets,
    const uint8_t kek[32], struct findings *f);
/* Texts point into c and mem. False: f has an error. */
bool setup_addresses(const struct conf *c, struct addresses *out, struct arena *mem, struct findings *f);

struct snapshot *snapshot_hold(struct snapshot *s);
void snapshot_drop(struct snapshot *s);         /* frees with the last holder */
int snapshot_listener(const struct snapshot *s, struct str name);      /* -1: it has no such listener */
const struct mount *snapshot_route(
    const struct snapshot *s, int listener, struct str host, struct str path, struct str *rest);
const struct mount *snapshot_issuer(const struct snapshot *s, struct str name);
/*
 * A dialect by name: a built-in one, or one of the section `dialects`, made in mem. NULL with *why,
 * complaints one a line.
 */
const struct wire *setup_dialect(const struct conf *c, struct str name, struct arena *mem, struct str *why);
/* What the settings say of an issuer's end, in mem; what is badly written is left out, and setup_open complains of it. */
void farewell_read(const struct conf *c, struct str issuer, struct arena *mem, struct farewell *out);
/* The policy and style of one issuer as the configuration sets them. */
bool setup_policy(const struct conf *c, struct str issuer, struct policy *policy, struct style *style,
    struct arena *mem, struct str *why);
/*
 * What a password must be that is set in clear; in mem, with the file of common ones. False with
 * *why, which stands at passwords.common_file.
 */
const char *setup_passwords_key(struct str why);        /* the setting that such a reason is about */
bool setup_passwords(const struct conf *c, struct arena *mem, struct password_rule *out, struct str *why);
/*
 * A configured user table in mem, without connections; user_table_open gives it its pool, which the caller frees.
 * NULL: all that is wrong with it was added to f.
 */
struct user_table *user_table_read(const struct conf *c, struct str name, struct arena *mem, struct findings *f);
bool user_table_open(struct user_table *t, const struct conf *c);
/*
 * How long the issuer's keys live; a retired one stays until the last token that it signed or made
 * has expired, for ever where tokens never do. Clients may have longer lives of their own. realm
 * NULL: for commands that drop no retired key.
 */
struct key_rules setup_key_rules(const struct conf *c, const struct policy *policy, const struct realm *realm);
/*
 * The store as configured. A key file inside the data directory without a store beside it means
 * that the store was lost: NULL with *why then; setup_store_new begins an empty one all the same,
 * and refuses where there is one.
 */
struct store *setup_store(const struct conf *c, bool read_only, struct arena *mem, struct str *why);
/* The same beside the process that hands it over (store_beside); other NULL: there is none. */
struct store *setup_store_beside(const struct conf *c, bool read_only, const struct store_other *other,
    struct arena *mem, struct str *why);
/* Where the settings have it; false with *why: the file of its password cannot be read. */
bool setup_store_conf(const struct conf *c, struct arena *mem, struct store_conf *out, struct str *why);
/* The embedded store makes it; with another the key-encryption key and the socket lie there all the same. */
bool setup_data_is_there(const struct store_conf *sc, struct arena *mem, struct str *why);
struct store *setup_store_new(const struct conf *c, struct arena *mem, struct str *why);
bool setup_store_was_here(const struct conf *c, struct arena *mem);     /* its key file is there */
/* the key file lies in the data directory, so that it is made with the store */
bool setup_kek_is_inside(const struct conf *c);
/*
 * The key-encryption key, when it is there; else whether the start may make it (*there false).
 * False with *why: it may not, or it is none.
 */
bool setup_kek_look(
    const struct conf *c, struct store *s, struct arena *mem, uint8_t kek[32], bool *there, struct str *why);
/*
 * The key-encryption key; made when its file belongs into the data directory, is missing or empty,
 * and no key is sealed in the store.
 */
bool setup_kek(const struct conf *c, struct store *s, struct arena *mem, uint8_t kek[32], struct str *why);
#endif

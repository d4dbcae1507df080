/* setup/setup_int.h - between the files of this room. */
#ifndef HUFU_SETUP_INT_H
#define HUFU_SETUP_INT_H

#include "setup/setup.h"

/* An error among the findings. */
#define complain(f, where, ...) findings_add(f, FINDING_ERROR, where, __VA_ARGS__)

/*
 * What a room below found in an item, each with the place of the setting that it names; prefix says
 * what it is about.
 */
void complain_of(struct findings *f, const struct conf *c, enum setting_section s, struct str item, struct str prefix,
    const struct findings *found);
/* Does any issuer have the word in that setting, which is a list? */
bool issuer_names(const struct conf *c, const char *setting, struct str word);

/* "http://localhost:8080/x" taken apart; false when it is no issuer URL (RFC 8414 section 2: no query, no fragment). */
struct issuer_url { bool secure; struct str host, prefix; };
bool issuer_url_read(struct str url, struct issuer_url *out);

/* True for addresses of this machine only: 127.0.0.0/8, [::1], localhost, unix:. */
bool address_is_loopback(struct str address);

/* All clients of a realm from the store. NULL: they cannot be read. */
struct realm *realm_load(struct store *s, struct str name);

/* The files of texts that `languages` names, PAGE_OWN_MAX at most, in f->mem; what is wrong with them is added to *f. */
size_t setup_languages(const struct conf *c, struct findings *f, struct page_own *own);

/* Whole content of a small file in mem; absent with *why. */
struct str file_content(struct arena *mem, struct str path, size_t max, struct str *why);

/* The revocation lists at a path, a file's or those of all files in a folder, for t. False with *why, in mem. */
struct authorities;
bool revocation_lists_read(struct authorities *t, struct str path, struct arena *mem, struct str *why);

/* What every listener and issuer of the settings promises, before anything is built. */
void settings_are_consistent(const struct conf *c, struct findings *f);
void places_are_distinct(const struct conf *c, struct findings *f);
/* Path prefixes of an issuer: of its URL, and those of also_at. */
#define PREFIXES_MAX 9
size_t issuer_prefixes(const struct conf *c, struct str issuer, struct str out[PREFIXES_MAX]);
bool prefix_is_sane(struct str prefix);         /* one spelling only: it is matched byte for byte */
/* Is the issuer served by the listener? One that names no listener is served by all. */
bool issuer_is_on(const struct conf *c, struct str issuer, struct str listener);

struct str host_name(struct str host);          /* without its port */
/* Can the certificate of a client reach it: by a listener of its own, or by a proxy? */
bool issuer_takes_certs(const struct conf *c, struct str issuer);

/* What is said of the end of an issuer: judged. */
void farewell_is_consistent(const struct conf *c, struct str issuer, struct findings *f);

/* SMS gateways: judged; the one of an issuer, in mem, NULL when it has none. */
void gateways_are_consistent(const struct conf *c, struct findings *f);
const struct sms_gateway *gateway_of(const struct conf *c, struct str issuer, struct arena *mem);

/* The mail server: judged; in mem, NULL when there is none. In demo mode without one it is the terminal. */
void mail_is_consistent(const struct conf *c, struct findings *f);
/* What the pages of self-service need of an issuer that has them. */
void self_service_judge(const struct conf *c, const struct mount *t, struct findings *f);
const struct mail_server *mail_server_of(const struct conf *c, struct arena *mem);

/*
 * The directory of that name, in mem; NULL: mem is full. directories_are_consistent judges them all
 * and loads what they need.
 */
/* Does a realm have its users? By the directory's word, or because one of the realm's issuers names it. */
bool directory_is_of_realm(const struct conf *c, struct str name, struct str realm);
/*
 * The directory that the login page of an issuer asks; empty: none. *doubt: another that it could
 * be as well, or absent.
 */
struct str directory_at_login(const struct conf *c, struct str issuer, struct str *doubt);
struct directory *directory_read(const struct conf *c, struct str name, struct arena *mem, struct findings *f);
void directories_are_consistent(const struct conf *c, struct findings *f);

/* User tables: judged without a connection. */
void user_tables_are_consistent(const struct conf *c, struct findings *f);

/*
 * Trusted issuers: judged; those of an issuer, in mem, NULL-terminated, NULL: it trusts nobody, or mem is full. What is
 * wrong with one of them is told by trusted_issuers_are_consistent alone.
 */
void trusted_issuers_are_consistent(const struct conf *c, struct findings *f);
/* Does the issuer name one that is trusted for it? */
bool trusted_for(const struct conf *c, struct str issuer, struct str word);
const struct trusted_issuer *const *trusted_of(const struct conf *c, struct str issuer, struct arena *mem);

/*
 * Identity providers (upstream/upstream.h): judged; those that an issuer offers, in mem, NULL-terminated, NULL: none, or
 * mem is full.
 */
void providers_are_consistent(const struct conf *c, struct findings *f);
const struct upstream *const *providers_of(const struct conf *c, struct str issuer, struct arena *mem);

/* The WeChat app of an issuer, in mem; NULL when it has none. */
const struct wechat_app *wechat_of(const struct conf *c, struct str issuer, struct arena *mem);
void wechat_is_consistent(const struct conf *c, struct str issuer, struct findings *f);

/* Every custom dialect, whether an issuer speaks it or not. */
void dialects_are_consistent(const struct conf *c, struct arena *mem, struct findings *f);
bool dialect_is_own(const struct conf *c, struct str name);
/* setup_policy with the dialect at hand: what setup_dialect gave for the issuer. False: something was added to f. */
bool policy_of(const struct conf *c, struct str issuer, const struct wire *w, struct policy *policy,
    struct style *style, struct arena *mem, struct findings *f);
/* detail_types.c: the setting `authorization_details` of an issuer, for its policy. */
void detail_types_read(const struct conf *c, struct str issuer, const struct wire *w, struct policy *policy,
    struct arena *mem, struct findings *f);

/* own_claims.c: the setting `claims` of an issuer, for its policy as it is otherwise. */
void own_claims_read(const struct conf *c, struct str issuer, const struct wire *w, struct policy *policy,
    struct arena *mem, struct findings *f);
/* The dialect of an issuer; NULL: f says why. */
const struct wire *dialect_of(const struct conf *c, struct str issuer, struct arena *mem, struct findings *f);

/*
 * What the settings name on disk, but for what a snapshot loads: data directory, key file,
 * authorities of directories.
 */
void paths_are_there(const struct conf *c, struct findings *f);
/* Listeners and office, judged together: an address may be named once. */
void sockets_are_sound(const struct conf *c, struct findings *f);

/*
 * A snapshot without what the store has: mounts with their policies, pages, tables, places. Every
 * fault is added to f; the result is then good for snapshot_drop only. NULL: memory is exhausted.
 */
struct snapshot *snapshot_open(const struct conf *c, struct findings *f);
/* Clients of all realms, judged; keys are looked at, not made. */
void snapshot_read_store(
    struct snapshot *s, const struct conf *c, struct store *store, const uint8_t *kek, struct findings *f);
/* Keys. The snapshot is whole then. */
void snapshot_fill(struct snapshot *s, const struct conf *c, struct store *store,
    struct secret_memory *secrets, const uint8_t *kek, struct findings *f);

/* Number of the listener with this name, -1 when there is none. */
int listener_index(const struct conf *c, struct str name);
#endif

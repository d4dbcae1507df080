/*
 * hufu/hufu_int.h - the command line: a command is a row; its options become members of one JSON
 * order; the answer is printed.
 */
#ifndef HUFU_HUFU_INT_H
#define HUFU_HUFU_INT_H

#include "base/base.h"
#include "admin/admin.h"
#include "conf/conf.h"
#include "setup/setup.h"
#include "wire/wire.h"

enum text {
#define TEXT(id, en, zh) T_##id,
#include "hufu/texts.def"
#undef TEXT
	T_COUNT
};
enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* What an option's value becomes in the order. LOCAL ones stay with the program. */
enum opt_kind {
	OPT_TEXT,
	OPT_WORDS, /* split at blanks, appended */
	OPT_EACH, /* appended whole */
	OPT_TRUE,
	OPT_FALSE,
	OPT_INT,
	OPT_TTL,
	OPT_OBJECT, /* JSON */
	OPT_METADATA, /* a member of oauth/metadata.def, by its kind; an empty value takes it away */
	OPT_CLAIM, /* NAME=VALUE, a member of an object */
	OPT_LOCAL,
	OPT_LOCAL_FLAG
};
struct opt { const char *flag, *member; enum opt_kind kind; enum text help; };
#define OPT_END { NULL, NULL, OPT_TEXT, T_none }
/* What every list takes. */
#define OPT_PAGE { "--limit", "limit", OPT_LOCAL, T_o_limit }, { "--after", "after", OPT_TEXT, T_o_after }

struct cli;
enum { WANTS_REALM = 1, WANTS_ISSUER = 2, WANTS_DAEMON = 4, ARG_OPTIONAL = 8 };
struct command {
	const char *noun, *verb;                /* verb NULL: the noun alone */
	const char *order;                      /* "client.create"; NULL: run does it all */
	enum text help;
	int flags;
	/* one positional argument: as help writes it, and its member; NULL none */
	const char *arg, *member;
	const struct opt *opts;                 /* ends with OPT_END; NULL none */
	bool (*prepare)(struct cli *c);         /* more of the order: a password; false: already complained */
	int  (*run)(struct cli *c);
	void (*print)(struct cli *c, const json_t *answer);
	const char *list;                       /* of a paged list: its member */
	const char *arg2, *member2;             /* a second positional argument, which may not be left out; NULL none */
};
extern const struct command client_commands[], resource_commands[], user_commands[], key_commands[], token_commands[],
    session_commands[], mail_commands[], config_commands[], dialect_commands[], language_commands[], store_commands[],
    backup_commands[], approval_commands[], ciba_commands[], registration_commands[], realm_commands[],
    import_commands[], legacy_commands[], explain_commands[], preview_commands[], perform_commands[], doctor_commands[], hash_commands[],
    audit_commands[], shadow_commands[], password_filter_commands[], daemon_commands[];

struct cli {
	const struct command *const *commands;  /* ends with NULL; each list with noun == NULL */
	struct arena mem;
	bool json, help;
	enum language lang;                     /* as language_set, which the rooms below ask */
	struct str config_path;
	const char *data;                       /* --data, NULL none */
	char **envp;
	const struct command *cmd;
	json_t *ask, *local;                    /* the order, and what stays here */
	struct conf *conf;                      /* by cli_conf */
	int code;                               /* set by complaints */
	int patience_s;                         /* with the daemon; 0: the usual */
};

/* text.c */
const char *text(const struct cli *c, enum text id);
/* The text with each %s replaced by the next argument. */
struct str text_fill(struct cli *c, enum text id, const struct str *args, size_t n);
#define FILL(c, id, ...) text_fill((c), (id), (const struct str[]){ __VA_ARGS__ }, sizeof((const struct str[]){ __VA_ARGS__ }) / sizeof(struct str))
/*
 * Complaints: to standard error, or as JSON to standard output with --json. Always false; c->code
 * becomes FAILED or USAGE. hint may be absent.
 */
bool cli_fail(struct cli *c, struct str what, struct str hint);
bool cli_usage(struct cli *c, struct str what);
/* config.c: each on a line of standard error; as JSON: {ok, complaints, warnings} */
void cli_findings_print(const struct cli *c, const struct findings *f);
void cli_findings_json(struct cli *c, const struct findings *f, bool ok);
void cli_note(struct str what);                 /* worth knowing, on standard error; the command goes on */

/* args.c: false: already complained. Global options are taken out first. */
bool args_read(struct cli *c, int argc, char **argv);
bool cli_flag(const struct cli *c, const char *member);         /* an OPT_LOCAL_FLAG was given */
bool opt_takes_value(enum opt_kind kind);
extern const struct opt global_options[];       /* of every command, and in front of it */
/* help.c */
const char *opt_value_sign(enum opt_kind kind); /* as help writes the value: " TEXT", or "" */
struct str command_line(struct cli *c, const struct command *cmd);
int help_run(struct cli *c);
void help_command(struct cli *c, const struct command *cmd);

/* settings.c: the configuration, loaded once; NULL: already complained. */
const struct conf *cli_conf(struct cli *c);
bool cli_realm(struct cli *c);                  /* fills "realm" when there is only one */
bool cli_issuer(struct cli *c);
struct str cli_config_path(struct cli *c);
char **cli_environment(struct cli *c);          /* with --data in it */

/* order.c: send the order to the daemon, or do it on the store. NULL: already complained. */
/* The same for what is only of interest: NULL without a word when there is no answer, or it is a refusal. */
json_t *cli_try(struct cli *c, json_t *ask);
json_t *cli_order(struct cli *c, json_t *ask);
/*
 * All pages of a list behind "after" as one answer, or at most limit rows (0: all); it says whether
 * there is more, and behind what.
 */
json_t *cli_list(struct cli *c, json_t *ask, const char *list, int64_t limit);
/* control.c */
enum control { CONTROL_DONE, CONTROL_DOWN, CONTROL_FAILED };
enum control control_ask(struct cli *c, struct str socket_path, struct str request, struct str *body, struct str *why);
/*
 * offline_record.c: what this process does while no daemon runs is written into the store, for the
 * log of the next one. begin: once the store is open; notes that a store has just begun, too. Until
 * end there is one order, which may be written twice: announced, and with its result in the same
 * place.
 */
struct offline_records { struct store *store; struct id16 order; };
void offline_records_begin(struct offline_records *k, struct store *s);
void offline_records_end(struct offline_records *k);
/* of an order that is not the office's; false: it cannot be written */
bool offline_act(enum event e, const char *result);
/* offline.c: the daemon's office on a store at rest. False: *why. */
/* false with *why: --data names a directory without one */
bool cli_store_is_there(struct cli *c, struct str *why);
bool cli_store_is_elsewhere(const struct cli *c);       /* in a database, by the settings that were read */
bool offline_ask(struct cli *c, struct str request, struct str *body, struct str *why);
struct at_rest {
	struct cli *cli;
	struct store *store;
	struct secret_memory *secrets;
	struct snapshot *snap;
	uint8_t kek[32];
	bool has_kek;
};
/* at_rest.c: what is asked for the first time is opened then; false with *why. */
bool rest_kek(struct at_rest *r, struct arena *mem, struct str *why);
bool rest_snapshot(struct at_rest *r, struct arena *mem, struct str *why);
/* offline_token.c */
struct str rest_introspect(void *ctx, struct arena *mem, struct str issuer, struct str token);
bool rest_revoke(void *ctx, struct arena *mem, struct str issuer, struct str token, struct str *why);

/* secret.c: from --X-stdin, --X-file or the terminal. Absent: already complained. */
struct str secret_from_stdin(struct cli *c, size_t max);
struct str secret_from_file(struct cli *c, struct str path, size_t max);
struct str secret_from_terminal(struct cli *c);
struct str passphrase_from_terminal(struct cli *c, bool again);

/* manual.c, completion.c: a page of man(7), a script for a shell, to standard output */
int manual_page(struct cli *c);
int completion(struct cli *c);

/* session.c: a user is named within a realm; an issuer or a client alone is not. */
bool realm_of_user(struct cli *c);

/*
 * secret.c: from --secret-stdin or --secret-file; absent without complaint where neither was given. False: already
 * complained.
 */
bool secret_option(struct cli *c, struct str *out);

/*
 * guest.c: a client for one run, made by the daemon (or on the store at rest) and deleted again with what it was given.
 * realm: as --realm has it, else the only one. False: already complained.
 */
struct guest { struct str id, secret, realm; };
bool guest_make(struct cli *c, const char *grant, struct str redirect_uri, struct str scope, struct guest *out);
void guest_leave(struct cli *c, const struct guest *g);

/* user_probe.c: hufu user test; user_export.c: hufu user export. */
int user_test(struct cli *c);
int user_exported(struct cli *c);
int store_copied(struct cli *c);                /* store_copy.c: hufu store copy */

/*
 * audit_lines.c: the lines of the audit file that the command names (or of the settings), its rotated files first.
 * each: line has no line feed; whole: it had one. False when each said so, or a file cannot be read, already complained.
 */
struct audit_place { struct str file; int64_t line; bool begins, whole; };
typedef bool audit_each(void *ctx, const struct audit_place *at, struct str line);
struct str audit_file(struct cli *c);           /* absent: already complained */
bool audit_lines(struct cli *c, struct str file, audit_each *each, void *ctx);
/* What --event, --user, --client and --since ask for. */
struct audit_filter { struct str event, user, client, since, trace; };
bool audit_filter_read(struct cli *c, struct audit_filter *f);  /* false: already complained */
bool audit_fits(const struct audit_filter *f, const json_t *line);
int audit_verify(struct cli *c);                /* audit_verify.c */
int audit_key(struct cli *c);

/* out.c: aligned tables. */
struct table { struct cli *c; size_t columns, n, max; struct str *cells; };
void table_begin(struct table *t, struct cli *c, const enum text *heads, size_t n);
void table_cell(struct table *t, struct str cell);
void table_end(struct table *t);                /* print; "(none)" without rows */
/* client_metadata.c: a member into the order's object "metadata"; lines of those that a client has. */
bool metadata_option(struct cli *c, const struct opt *o, struct str value);
void metadata_lines(struct table *t, struct cli *c, const json_t *metadata);
void pair_line(struct table *t, enum text label, struct str value);     /* two columns, label first */
void pairs_begin(struct table *t, struct cli *c);
struct str out_time(struct cli *c, const json_t *row, const char *member);
struct str out_words(struct cli *c, const json_t *row, const char *member);
struct str out_text(const json_t *row, const char *member);
struct str out_short(struct cli *c, struct str s);       /* of a long text as much as a table has room for, with "…" */
struct str out_int(struct cli *c, const json_t *row, const char *member);
struct str out_bool(struct cli *c, const json_t *row, const char *member);
struct str out_life(struct cli *c, const json_t *row, const char *member);
void out_done(struct cli *c, const json_t *answer);
/* On standard error: what deserves a second look, and that there is more of a list. */
void out_notes(struct cli *c, const json_t *answer);
void out_line(struct str s);
int out_whole(struct cli *c, const struct buf *b);       /* printed as it is; failed when it did not fit: an exit code */
void out_json(struct cli *c, const json_t *value);               /* on one line */
/* out.c */
size_t out_width(struct str s);                 /* columns on a terminal; CJK takes two */
#endif

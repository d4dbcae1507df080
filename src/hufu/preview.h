/* hufu/preview.h - what the files of hufu preview share. */
#ifndef HUFU_PREVIEW_H
#define HUFU_PREVIEW_H

#include "hufu/hufu_int.h"
#include "wire/preview.h"

/*
 * A store of its own, thrown away at the end, with what a request would read of the real one, and keys of its own: what
 * is given in it is nobody's token, and no path leads back. The real one is opened for reading.
 */
struct rehearsal {
	struct cli *c;
	struct store *live, *own;
	struct str dir, secret;                 /* secret: of client and user, in place of theirs */
	struct client client;
	struct user user;                       /* as the real store has it */
	bool has_user;
	struct secret_memory *secrets;
	struct snapshot *snap;
};
/* False: already complained. rehearsal_end in either case. */
bool rehearsal_begin(struct rehearsal *r, struct cli *c, struct str realm);
void rehearsal_end(struct rehearsal *r);
/* The key that signs for the issuer by that algorithm now; absent: there is none yet. */
struct str rehearsal_kid(struct rehearsal *r, struct str issuer, struct str alg);

/* preview_flow.c. Can this grant be previewed? *user: it is about one. */
bool preview_knows(const struct grant *g, bool *user);
/* one grant at one issuer, as JSON of its own; NULL: memory is exhausted. */
json_t *preview_grant(struct rehearsal *r, const struct mount *t, const struct grant *g);
/* preview_show.c */
json_t *preview_answer(struct rehearsal *r, const struct previewed *p);         /* status, body or reason */
/* Texts that stand in the answers, by the name that is shown in their place. */
struct veil { struct str text, shown; };
#define VEILS_MAX 12
struct veils { struct veil at[VEILS_MAX]; size_t n; };
void veil_add(struct veils *v, struct str text, const char *shown);
void veil_json(struct arena *mem, const struct veils *v, json_t *value);
json_t *preview_token(struct rehearsal *r, const struct mount *t, struct str token);   /* header and claims, or its form */
void preview_print(struct cli *c, const json_t *all);
/* explain.c: what hufu explain would advise; absent: the reason says all there is */
struct str reason_advice(const struct cli *c, enum reason why);

#endif

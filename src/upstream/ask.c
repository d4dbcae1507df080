/*
 * upstream/ask.c - one request to an identity provider and its answer: how long it is waited for, whether it is signed
 * as its row says, and what is an application's own and kept (U4).
 */
#include "upstream/upstream.h"

#include <pthread.h>

#define REST_MS  3000           /* one that gave no answer is left alone for so long */
#define MARGIN_S 300            /* what is kept ends so much before it would */

struct upstream_kept { pthread_mutex_t lock; char *text; int64_t until_ms; };

static bool
is_heard(const struct upstream *u, const struct outbound_answer *a, bool heard)
{
	atomic_store(u->rests_until_ms, heard && a->status < 500 ? 0 : clock_now_ms() + REST_MS);
	return heard;
}

/* Only of an answer that is no error: one leads nowhere. False: *why. */
static bool
is_vouched_for(struct arena *mem, const struct upstream *u, const struct upstream_step *s, struct str body, json_t *v,
    struct str *why)
{
	struct str part = s->vouched != NULL ? upstream_part(body, str_of(s->vouched)) : STR_ABSENT, sig;
	const char *word = say("nothing is signed");
	bool whole = str_given(part) && json_is_object(json_object_get(v, s->vouched))
	    && b64_decode(mem, json_member_str(v, "sign"), &sig);

	if (s->vouched == NULL)
		return true;
	if (u->signers == NULL) {
		*why = arena_say(mem, "%s: the answer is not signed by the key of answer_key_file", s->name);
		return whole && u->answer_key != NULL && public_key_verifies(u->answer_key, part, sig);
	}
	if (whole && signers_verify(u->signers, json_member_str(v, s->signer), clock_now_ms() / 1000, part, sig, &word))
		return true;
	*why = arena_say(mem, "%s: the answer is not signed by a certificate of answer_certificate_file: %s", s->name, word);
	return false;
}

static enum upstream_result
ask(struct arena *mem, const struct upstream *u, const struct upstream_step *s, const struct outbound_ask *q,
    json_t *known, struct str *why)
{
	struct outbound_answer a;
	json_t *v = NULL;
	enum upstream_result r;

	if (clock_rests(u->rests_until_ms, REST_MS, u->rules.total_ms)) {
		*why = SAY("it did not answer a moment ago");
		return UPSTREAM_DOWN;
	}
	if (!is_heard(u, &a, outbound_do(mem, &u->rules, q, &a))) {
		*why = arena_say(mem, "%s: %s", s->name, a.trouble);
		return UPSTREAM_DOWN;
	}
	r = upstream_answer(mem, s, &a, &v, why);
	if (r == UPSTREAM_OK && !is_vouched_for(mem, u, s, a.body, v, why))
		return UPSTREAM_DOWN;
	if (r == UPSTREAM_OK && json_object_set(known, s->name, v) != 0) {
		*why = SAY("memory is exhausted");
		return UPSTREAM_DOWN;
	}
	return r;
}

static enum upstream_result
ask_once(struct arena *mem, const struct upstream *u, const struct upstream_step *s, json_t *known, struct str *why)
{
	struct outbound_ask q;

	*why = arena_say(mem, "%s: the request cannot be made", s->name);
	if (!upstream_request(mem, u, s, known, &q))
		return UPSTREAM_DOWN;
	return str_empty(q.url) ? UPSTREAM_OK : ask(mem, u, s, &q, known, why);
}

/* --- kept --------------------------------------------------------------------------------------- */

/* It holds a secret. */
static void
text_release(char *text)
{
	if (text != NULL)
		explicit_bzero(text, strlen(text));
	free(text);
}

static void
kept_release(void *arg)
{
	struct upstream_kept *k = arg;

	text_release(k->text);
	pthread_mutex_destroy(&k->lock);
}

struct upstream_kept *
upstream_kept_new(struct arena *mem)
{
	struct upstream_kept *k = arena_new(mem, struct upstream_kept);

	if (k == NULL)
		return NULL;
	*k = (struct upstream_kept){ .text = NULL };
	pthread_mutex_init(&k->lock, NULL);
	return arena_defer(mem, kept_release, k) ? k : NULL;
}

static void
keep(struct upstream_kept *k, struct arena *mem, const struct upstream_step *s, const json_t *answer)
{
	int64_t for_s = 0;

	text_release(k->text);
	k->text = NULL;
	if (!str_int(upstream_value(mem, answer, str_of(s->keeps)), &for_s) || for_s <= MARGIN_S || for_s > INT32_MAX)
		return;
	k->text = json_dumps(answer, JSON_COMPACT);
	k->until_ms = clock_now_ms() + (for_s - MARGIN_S) * 1000;
}

/* Who comes meanwhile waits for the one answer. */
static enum upstream_result
ask_kept(struct arena *mem, const struct upstream *u, const struct upstream_step *s, json_t *known, struct str *why)
{
	struct upstream_kept *k = u->kept;
	enum upstream_result r = UPSTREAM_OK;
	json_t *v;

	pthread_mutex_lock(&k->lock);
	v = k->text != NULL && clock_now_ms() < k->until_ms ? json_read(mem, str_of(k->text)) : NULL;
	if (v == NULL || json_object_set(known, s->name, v) != 0)
		r = ask_once(mem, u, s, known, why);
	if (v == NULL && r == UPSTREAM_OK)
		keep(k, mem, s, json_object_get(known, s->name));
	pthread_mutex_unlock(&k->lock);
	return r;
}

/* What was used is good no more; what another login has fetched since is not that. */
static void
drop(struct upstream_kept *k, const json_t *used)
{
	char *text = json_dumps(used, JSON_COMPACT);

	pthread_mutex_lock(&k->lock);
	if (text != NULL && k->text != NULL && strcmp(text, k->text) == 0) {
		text_release(k->text);
		k->text = NULL;
	}
	pthread_mutex_unlock(&k->lock);
	text_release(text);
}

static const struct upstream_step *
keeper_of(const struct upstream *u)
{
	for (size_t i = 0; i < UPSTREAM_STEPS_MAX && u->what.steps[i].name != NULL; i++)
		if (u->what.steps[i].keeps != NULL)
			return &u->what.steps[i];
	return NULL;
}

static enum upstream_result
ask_anew(struct arena *mem, const struct upstream *u, const struct upstream_step *s, json_t *known, struct str *why)
{
	const struct upstream_step *keeper = keeper_of(u);
	enum upstream_result r = UPSTREAM_DOWN;

	if (keeper == NULL)
		return UPSTREAM_DOWN;
	drop(u->kept, json_object_get(known, keeper->name));
	if (ask_kept(mem, u, keeper, known, why) == UPSTREAM_OK)
		r = ask_once(mem, u, s, known, why);
	return r == UPSTREAM_STALE ? UPSTREAM_DOWN : r;
}

enum upstream_result
upstream_ask(struct arena *mem, const struct upstream *u, const struct upstream_step *s, json_t *known, struct str *why)
{
	enum upstream_result r = s->keeps != NULL ? ask_kept(mem, u, s, known, why) : ask_once(mem, u, s, known, why);

	if (r == UPSTREAM_STALE)
		r = ask_anew(mem, u, s, known, why);
	return r == UPSTREAM_DOWN && s->optional ? UPSTREAM_OK : r;
}

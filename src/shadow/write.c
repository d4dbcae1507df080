/* shadow/write.c - exchanges as lines of a recording, with placeholders where secrets were (D1). */
#include "shadow/shadow_int.h"

#define LINE_ROOM (8u * 1024 * 1024)

void
shadow_recorder_begin(struct shadow_recorder *r)
{
	*r = (struct shadow_recorder){ .written = 0 };
	rand_bytes(r->key, sizeof r->key);
}

struct str
shadow_heading(struct arena *mem, struct str old)
{
	struct buf b;

	buf_init(&b, mem, 64 * 1024);
	jw_open(&b, '{');
	jm_int(&b, S("shadow"), 1);
	jm_str(&b, S("old"), old);
	jw_close(&b, '}');
	return b.full ? STR_ABSENT : buf_str(&b);
}

static struct str
stand_in(void *ctx, struct arena *mem, const struct secret *s)
{
	struct shadow_recorder *r = ctx;

	return is_placeholder(s->value) ? s->value : placeholder(mem, r->key, s->kind, s->value);
}

static void
put_fields(struct buf *b, const struct shadow_fields *f)
{
	jw_name(b, S("fields"));
	jw_open(b, '[');
	for (size_t i = 0; i < f->n; i++) {
		struct buf one = { 0 };

		buf_init(&one, b->mem, LINE_ROOM);
		jw_open(&one, '[');
		ja_str(&one, f->at[i].name);
		ja_str(&one, f->at[i].value);
		jw_close(&one, ']');
		b->full = b->full || one.full;
		jw_item(b, buf_str(&one));
	}
	jw_close(b, ']');
}

static void
put_json(struct buf *b, struct str name, const json_t *v)
{
	char *text = v != NULL ? json_dumps(v, JSON_COMPACT) : NULL;

	if (text != NULL)
		jm_raw(b, name, str_of(text));
	b->full = b->full || (v != NULL && text == NULL);
	free(text);
}

static void
put_ask(struct buf *b, const struct shadow_ask *ask)
{
	jw_name(b, S("request"));
	jw_open(b, '{');
	jm_str(b, S("method"), ask->method);
	jm_str(b, S("target"), ask->target);
	jm_str(b, S("host"), ask->host);
	put_fields(b, &ask->fields);
	jm_str(b, S("body"), ask->body);
	jw_close(b, '}');
}

static void
put_answer(struct buf *b, const struct shadow_answer *a, const json_t *jwts)
{
	jw_name(b, S("answer"));
	jw_open(b, '{');
	jm_int(b, S("status"), a->status);
	if (a->partial)
		jm_bool(b, S("partial"), true);
	put_fields(b, &a->fields);
	put_json(b, S("json"), a->json);
	put_json(b, S("page"), a->page);
	jm_str(b, S("text"), a->text);
	if (json_object_size(jwts) > 0)
		put_json(b, S("jwts"), jwts);
	jw_close(b, '}');
}

struct str
shadow_line(struct shadow_recorder *r, struct arena *mem, const struct shadow_exchange *x)
{
	json_t *jwts = json_object();
	struct shadow_answer answer;
	struct shadow_ask ask;
	struct buf b;

	if (jwts == NULL || !arena_defer(mem, (void (*)(void *))json_decref, jwts)
	    || !ask_swap(mem, &x->ask, stand_in, r, &ask)
	    || (x->answer.given && !answer_swap(mem, &x->answer, stand_in, r, &answer, jwts))) {
		r->left_out++;
		return STR_ABSENT;
	}
	buf_init(&b, mem, LINE_ROOM);
	jw_open(&b, '{');
	jm_str(&b, S("at"), x->at);
	put_ask(&b, &ask);
	if (x->answer.given)
		put_answer(&b, &answer, jwts);
	jw_close(&b, '}');
	if (b.full || b.n > SHADOW_LINE_MAX) {
		r->left_out++;
		return STR_ABSENT;
	}
	r->written++;
	return buf_str(&b);
}

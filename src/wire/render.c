/* wire/render.c - tokens by rows of members, and RFC 7662 introspection. RFC 6749 section 5.1. */
#include "wire/wire_int.h"

static struct str
expires_text(struct exchange *x, const struct tokens *t)
{
	int64_t left = t->expires_in_s - x->w->expires_less;

	if (t->expires_in_s <= 0)                       /* never: nothing is printed */
		return STR_ABSENT;
	return arena_printf(x->q->mem, "%lld", (long long)(left > 0 ? left : 0));
}

/* None where there is none: 0. */
struct str
number_text(struct exchange *x, int64_t number)
{
	return number ? arena_printf(x->q->mem, "%lld", (long long)number) : STR_ABSENT;
}

const char *
token_part_name(enum token_part part)
{
	static const char *const names[] = {
#define TOKEN_PART(id, name, kind, value) name,
#include "wire/placeholders.def"
	};

	return names[part];
}

/* Text of one member; false when it is left out. */
bool
token_part_value(
    struct exchange *x, const struct token_row *row, const struct tokens *t, struct str *text, bool *number)
{
	enum { TEXT, JSON };

	switch (row->part) {
#define TOKEN_PART(id, name, kind, value) case TP_##id: *number = (kind) == JSON; *text = value; break;
#include "wire/placeholders.def"
	}
	return str_given(*text);
}

void
tokens_put(struct buf *b, struct exchange *x, const struct tokens *t)
{
	jw_open(b, '{');
	for (const struct token_row *row = x->w->tokens; row->name != NULL; row++) {
		struct str text;
		bool number;

		if (!token_part_value(x, row, t, &text, &number)) {
			if (row->or_null)
				jm_null(b, str_of(row->name));
			continue;
		}
		if (number)
			jm_raw(b, str_of(row->name), text);
		else
			jm_str(b, str_of(row->name), text);
	}
	jw_close(b, '}');
}

struct str
tokens_bare(struct exchange *x, const struct tokens *t)
{
	struct buf b;

	buf_init(&b, x->q->mem, BODY_MAX);
	tokens_put(&b, x, t);
	return body_of(&b);
}

/* RFC 7519 section 4.1.3: one audience as text, several as an array. */
static void
put_audience(struct exchange *x, struct buf *b, struct str aud)
{
	if (str_empty(aud))
		return;
	if (str_index(aud, ' ') < 0)
		jm_str(b, S("aud"), aud);
	else
		jm_raw(b, S("aud"), words_json(x, aud));
}

/* token_type is how the token is used (RFC 6749 section 7.1): a refresh token has none. */
static void
put_facts(struct exchange *x, struct buf *b, const struct token_facts *f)
{
	jm_str(b, S("scope"), str_given(f->scope) ? scope_out(x, f->scope) : STR_ABSENT);
	jm_str(b, S("client_id"), f->client_id);
	jm_str(b, S("username"), f->user_name);
	jm_str(b, S("token_type"), f->is_refresh ? STR_ABSENT : f->is_dpop ? S("DPoP") : S("Bearer"));
	if (f->exp_s)
		jm_int(b, S("exp"), f->exp_s);
	if (f->iat_s)
		jm_int(b, S("iat"), f->iat_s);
	jm_str(b, S("sub"), f->sub);
	put_audience(x, b, f->aud);
	jm_str(b, S("iss"), x->mount->issuer->url);
	jm_str(b, S("jti"), f->jti);
	jm_str(b, S("acr"), f->acr);            /* RFC 9470 section 6.2 */
	if (f->auth_s != 0)
		jm_int(b, S("auth_time"), f->auth_s);
	if (str_given(f->cnf))                  /* RFC 8705 section 3.2, RFC 9449 section 6.2 */
		jm_raw(b, S("cnf"), f->cnf);
	if (str_given(f->act))
		jm_raw(b, S("act"), f->act);
	if (str_given(f->details))
		jm_raw(b, S("authorization_details"), f->details);
}

/* RFC 7662 section 2.2. */
struct str
facts_introspection(struct exchange *x, const struct token_facts *f)
{
	struct buf b;

	buf_init(&b, x->q->mem, BODY_MAX);
	jw_open(&b, '{');
	jm_bool(&b, S("active"), f->active);
	if (f->active)
		put_facts(x, &b, f);
	jw_close(&b, '}');
	return body_of(&b);
}

/* hufu/preview_show.c - tokens as header and claims, answers with a placeholder for each token. */
#include <stdio.h>

#include "hufu/preview.h"

void
veil_add(struct veils *v, struct str text, const char *shown)
{
	if (!str_empty(text) && v->n < VEILS_MAX)
		v->at[v->n++] = (struct veil){ text, str_of(shown) };
}

static struct str
veiled(struct arena *mem, const struct veils *v, struct str s)
{
	for (size_t i = 0; i < v->n; i++) {
		const char *at = s.n < v->at[i].text.n ? NULL : memmem(s.p, s.n, v->at[i].text.p, v->at[i].text.n);
		size_t before = at != NULL ? (size_t)(at - s.p) : 0;

		if (at != NULL)
			s = ARENA_CAT(mem, str_sub(s, 0, before), v->at[i].shown, str_from(s, before + v->at[i].text.n));
	}
	return s;
}

void
veil_json(struct arena *mem, const struct veils *v, json_t *value)
{
	const char *key;
	json_t *member;
	size_t i;

	if (json_is_string(value)) {
		struct str s = veiled(mem, v, str_span(json_string_value(value), json_string_length(value)));

		json_string_setn(value, s.p, s.n);
	}
	json_object_foreach(value, key, member)
		veil_json(mem, v, member);
	json_array_foreach(value, i, member)
		veil_json(mem, v, member);
}

/* As the log has it. */
static struct str
lowered(struct arena *mem, struct str name)
{
	char *out = arena_array(mem, char, name.n);

	for (size_t i = 0; out != NULL && i < name.n; i++)
		out[i] = ascii_lower(name.p[i]);
	return out != NULL ? str_span(out, name.n) : name;
}

/* As hufu explain words it. */
static void
refusal_put(struct rehearsal *r, json_t *out, const struct previewed *p)
{
	const struct reason_row *row = &reason_rows[p->why];

	json_put_str(out, "reason", lowered(&r->c->mem, str_of(row->name)));
	json_put_str(out, "said", str_of(say(row->text)));
	if (!str_empty(p->detail))
		json_put_str(out, "detail", p->detail);
	if (!str_empty(p->offender))
		json_put_str(out, "value", p->offender);
	if (str_given(reason_advice(r->c, p->why)))
		json_put_str(out, "advice", reason_advice(r->c, p->why));
}

json_t *
preview_answer(struct rehearsal *r, const struct previewed *p)
{
	json_t *out = json_object(), *body;

	if (out == NULL)
		return NULL;
	if (p->reply.status != 0)               /* 0: it would not come so far */
		json_object_set_new(out, "status", json_integer(p->reply.status));
	for (size_t i = 0; i < p->reply.n_headers; i++)
		if (strcmp(p->reply.headers[i].name, "Location") == 0
		    || strcmp(p->reply.headers[i].name, "WWW-Authenticate") == 0)
			json_put_str(out, p->reply.headers[i].name, p->reply.headers[i].value);
	body = str_empty(p->reply.body) ? NULL : json_loadb(p->reply.body.p, p->reply.body.n, 0, NULL);
	if (body != NULL)
		json_object_set_new(out, "body", body);
	if (p->why != R_NONE)
		refusal_put(r, out, p);
	return out;
}

/* One that is drawn, or names what was drawn, says nothing before it is drawn. */
static void
drawn_put(json_t *claims)
{
	static const char *const names[] = { "jti", "ati", "sid", "at_hash", "c_hash" };

	for (size_t i = 0; i < COUNT(names); i++)
		if (json_is_string(json_object_get(claims, names[i])))
			json_object_set_new(claims, names[i], json_string("<drawn>"));
}

json_t *
preview_token(struct rehearsal *r, const struct mount *t, struct str token)
{
	struct jwt jwt;
	struct str kid;
	json_t *out = json_object(), *header;

	if (out == NULL)
		return NULL;
	if (!jwt_peek(&r->c->mem, token, &jwt)) {
		json_object_set_new(out, "form", json_string("opaque"));
		json_object_set_new(out, "length", json_integer((json_int_t)token.n));
		return out;
	}
	header = json_deep_copy(jwt.header);
	kid = rehearsal_kid(r, t->issuer->name, json_member_str(header, "alg"));
	if (json_object_get(header, "kid") != NULL)
		json_put_str(header, "kid", str_given(kid) ? kid : S("<drawn>"));
	json_object_set_new(out, "form", json_string("jwt"));
	json_object_set_new(out, "header", header);
	json_object_set_new(out, "claims", json_deep_copy(jwt.claims));
	drawn_put(json_object_get(out, "claims"));
	return out;
}

/* --- for people -------------------------------------------------------------------------------------------------- */

static void
print_value(const char *name, const json_t *v)
{
	char *out = json_dumps(v, JSON_INDENT(2) | JSON_ENCODE_ANY);

	out_line(str_of(name));
	if (out != NULL)
		out_line(str_of(out));
	free(out);
}

static void
print_one(struct cli *c, struct str issuer, struct str dialect, const json_t *one)
{
	static const char *const parts[] = { "answer", "access_token", "id_token", "refresh_token", "userinfo",
		"introspection" };
	const json_t *answer = json_object_get(one, "answer"), *asked = json_object_get(one, "asked"), *a;
	size_t i;

	out_line(ARENA_CAT(&c->mem, S("== "), issuer, S(" ("), dialect, S("), "), json_member_str(one, "grant")));
	json_array_foreach(asked, i, a)
		out_line(ARENA_CAT(&c->mem, str_of(text(c, T_pv_asked)), json_member_str(a, "said")));
	if (str_given(json_member_str(answer, "reason")))
		out_line(FILL(c, T_pv_refused, json_member_str(answer, "reason"), json_member_str(answer, "said")));
	if (str_given(json_member_str(answer, "advice")))
		out_line(json_member_str(answer, "advice"));
	for (i = 0; i < COUNT(parts); i++)
		if (json_object_get(one, parts[i]) != NULL)
			print_value(parts[i], json_object_get(one, parts[i]));
	out_line(S(""));
}

void
preview_print(struct cli *c, const json_t *all)
{
	const json_t *issuers = json_object_get(all, "issuers"), *t, *one;
	size_t i, k;

	out_line(str_of(text(c, T_pv_nothing_given)));
	out_line(S(""));
	json_array_foreach(issuers, i, t)
		json_array_foreach(json_object_get(t, "grants"), k, one)
			print_one(c, json_member_str(t, "issuer"), json_member_str(t, "dialect"), one);
}

/* shadow/answer.c - what counts of an answer, and its secrets. */
#include "http/http.h"
#include "shadow/shadow_int.h"

#define ANSWER_MAX (4u * 1024 * 1024)

/* An unfinished value of jansson goes with the arena. */
static json_t *
kept(struct arena *mem, json_t *v)
{
	return v != NULL && arena_defer(mem, (void (*)(void *))json_decref, v) ? v : NULL;
}

bool
answer_body(struct arena *mem, struct shadow_answer *a, struct str body)
{
	struct str type = media_type(fields_get(&a->fields, "content-type"));

	a->json = a->page = NULL;
	a->text = STR_ABSENT;
	if (str_empty(body))
		return true;
	a->json = json_read_upto(mem, body, ANSWER_MAX);
	if (json_is_object(a->json) || json_is_array(a->json))
		return true;
	a->json = NULL;
	if (str_eq_nocase(type, S("text/html")) || str_eq_nocase(type, S("application/xhtml+xml"))) {
		a->page = page_read(mem, body, &a->hidden);
		return a->page != NULL;
	}
	a->text = body;
	return true;
}

/* --- what it says -------------------------------------------------------------------------------------------------- */

bool
answer_location(const struct shadow_answer *a, struct location *out)
{
	struct str rest = fields_get(&a->fields, "location"), whole;

	if (!str_given(rest))
		return false;
	whole = str_cut(&rest, '#');
	out->fragment = rest;
	out->base = str_cut(&whole, '?');
	out->query = whole;
	return true;
}

struct str
answer_error(struct arena *mem, const struct shadow_answer *a)
{
	static const char *const names[] = { "error", "errorCode", "error_code" };
	struct str error = STR_ABSENT;
	struct location l;

	if (answer_location(a, &l)) {
		error = pair_of(mem, l.query, S("error"));
		if (!str_given(error))
			error = pair_of(mem, l.fragment, S("error"));
		/* of a login form that leads back to itself: /login?error */
		if (!str_given(error) && str_has_word(l.query, S("error"), '&'))
			error = S("error");
		return error;
	}
	for (size_t i = 0; i < COUNT(names) && !str_given(error); i++)
		error = json_member_str(a->json, names[i]);
	return str_given(error) ? error : json_member_str(a->page, "error");
}

bool
answer_is_success(struct arena *mem, const struct shadow_answer *a)
{
	return a->given && a->status >= 200 && a->status < 400 && !str_given(answer_error(mem, a));
}

/* --- tokens -------------------------------------------------------------------------------------------------------- */

static json_t *
part_read(struct arena *mem, struct str part)
{
	struct str bytes;

	return b64url_decode(mem, part, &bytes) ? json_read_upto(mem, bytes, ANSWER_MAX) : NULL;
}

const json_t *
answer_jwt(struct arena *mem, const struct shadow_answer *a, struct str token)
{
	struct str rest = token;
	json_t *header, *claims;
	char *z;

	if (is_placeholder(token)) {
		z = arena_z(mem, token);
		return z != NULL ? json_object_get(a->jwts, z) : NULL;
	}
	if (!looks_jwt(token))
		return NULL;
	header = part_read(mem, str_cut(&rest, '.'));
	claims = part_read(mem, str_cut(&rest, '.'));
	if (!json_is_object(header) || !json_is_object(claims))
		return NULL;
	return kept(mem, json_pack("{sOsO}", "header", header, "claims", claims));
}

/* --- swapped ------------------------------------------------------------------------------------------------------- */

/* What every value goes through on its way into a recording: a token leaves behind what it says. */
struct leave { const struct shadow_answer *a; secret_swap *swap; void *ctx; json_t *jwts; };

static struct str
leave_behind(void *ctx, struct arena *mem, const struct secret *s)
{
	struct leave *l = ctx;
	const json_t *said = answer_jwt(mem, l->a, s->value);
	struct str put = l->swap(l->ctx, mem, s);
	json_t *copy = said != NULL ? json_deep_copy(said) : NULL;
	char *z = copy != NULL && str_given(put) ? arena_z(mem, put) : NULL;

	if (z == NULL || !json_swap(mem, copy, l->swap, l->ctx) || json_object_set(l->jwts, z, copy) != 0)
		put = copy == NULL ? put : STR_ABSENT;
	json_decref(copy);
	return put;
}

static struct str
location_swap(struct arena *mem, struct str value, secret_swap *swap, void *ctx)
{
	struct str rest = value, whole = str_cut(&rest, '#'), base = str_cut(&whole, '?'), none[2] = { STR_ABSENT, STR_ABSENT };
	struct str query = str_index(whole, '=') >= 0 ? pairs_swap(mem, whole, none, swap, ctx) : whole;
	struct str fragment = str_index(rest, '=') >= 0 ? pairs_swap(mem, rest, none, swap, ctx) : rest;

	return ARENA_CAT(mem, text_swap(mem, base, swap, ctx), str_given(query) ? S("?") : S(""), query,
	    str_given(fragment) ? S("#") : S(""), fragment);
}

static struct str
set_cookie_swap(struct arena *mem, struct str value, secret_swap *swap, void *ctx)
{
	struct secret s = { .kind = KIND_COOKIE };
	struct str rest = value, first = str_cut(&rest, ';');

	s.name = str_cut(&first, '=');
	s.value = first;
	return ARENA_CAT(mem, s.name, S("="), str_empty(s.value) ? S("") : swap(ctx, mem, &s),
	    str_given(rest) ? S(";") : S(""), rest);
}

static struct str
field_swap(struct arena *mem, const struct shadow_field *f, secret_swap *swap, void *ctx)
{
	if (str_eq_nocase(f->name, S("location")))
		return location_swap(mem, f->value, swap, ctx);
	if (str_eq_nocase(f->name, S("set-cookie")))
		return set_cookie_swap(mem, f->value, swap, ctx);
	return text_swap(mem, f->value, swap, ctx);
}

/* One word and nothing else is what somebody asked for. */
static struct str
lone_word_swap(struct arena *mem, const struct shadow_answer *a, secret_swap *swap, void *ctx)
{
	struct secret s = { .kind = KIND_ID, .name = S("body"), .value = str_trim(a->text) };

	if (a->status < 300 && str_is_visible(s.value))
		return swap(ctx, mem, &s);
	return text_swap(mem, a->text, swap, ctx);
}

bool
answer_swap(struct arena *mem, const struct shadow_answer *a, secret_swap *swap, void *ctx,
    struct shadow_answer *out, json_t *jwts)
{
	struct leave l = { a, swap, ctx, jwts };

	*out = *a;
	out->fields = (struct shadow_fields){ 0 };
	out->hidden = NULL;
	for (size_t i = 0; i < a->fields.n; i++) {
		struct str value = field_swap(mem, &a->fields.at[i], leave_behind, &l);

		if (!str_given(value) || !fields_add(mem, &out->fields, a->fields.at[i].name, value))
			return false;
	}
	out->json = a->json != NULL ? kept(mem, json_deep_copy(a->json)) : NULL;
	out->page = a->page != NULL ? kept(mem, json_deep_copy(a->page)) : NULL;
	out->text = str_given(a->text) ? lone_word_swap(mem, a, leave_behind, &l) : STR_ABSENT;
	return (a->json == NULL || (out->json != NULL && json_swap(mem, out->json, leave_behind, &l)))
	    && (a->page == NULL || (out->page != NULL && json_swap(mem, out->page, leave_behind, &l)))
	    && (!str_given(a->text) || str_given(out->text));
}

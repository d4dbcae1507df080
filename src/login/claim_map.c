/* login/claim_map.c - claims of a person out of another server's record, by rows of the settings. */
#include "login/claim_map.h"
#include "store/user_claims.h"

static void
release(void *json)
{
	json_decref(json);
}

/* --- the settings ----------------------------------------------------------------------------- */

/* May such a claim be said at all? Judged by what is right for it anywhere: the kind is the claim's own. */
static const char *
name_wrong(struct arena *mem, const struct claim_map_row *r)
{
	enum user_claim_kind kind = user_claim_kind(str_of(r->claim));
	json_t *empty = kind == UC_ADDRESS ? json_pack("{s{ss}}", "", r->part != NULL ? r->part : "?", "x") : NULL;
	json_t *some = kind == UC_OWN ? json_string("x") : NULL;
	const char *wrong = NULL;
	struct str at;

	if (kind == UC_ADDRESS)
		wrong = r->list ? say("is no list")
				: user_claim_wrong(mem, S("address"), json_object_get(empty, ""), &at);
	else if (kind == UC_OWN)
		wrong = user_claim_wrong(mem, str_of(r->claim), some, &at);
	else if (kind == UC_COLUMN)
		wrong = say("has a setting of its own");
	else if (r->list)
		wrong = say("is no list");
	json_decref(empty);
	json_decref(some);
	return wrong;
}

static bool
is_named_before(const struct claim_map *m, const struct claim_map_row *r)
{
	for (size_t i = 0; i < m->n; i++)
		if (str_eq(str_of(m->rows[i].claim), str_of(r->claim))
		    && (r->part == NULL || str_eq(str_of(m->rows[i].part), str_of(r->part))))
			return true;
	return false;
}

/* An own claim may have a point in its name: of an address alone it parts. */
static bool
row_read(struct arena *mem, struct str word, struct claim_map_row *r)
{
	struct str from = word, claim = str_cut(&from, '='), part = claim;
	bool list = claim.n > 2 && str_is(str_from(claim, claim.n - 2), "[]");

	if (str_empty(claim) || str_empty(from))
		return false;
	claim = list ? str_sub(claim, 0, claim.n - 2) : claim;
	part = str_starts(claim, S("address.")) ? str_from(claim, sizeof "address." - 1) : STR_ABSENT;
	*r = (struct claim_map_row){ .list = list, .from = arena_z(mem, from),
		.claim = str_given(part) ? "address" : arena_z(mem, claim),
		.part = str_given(part) ? arena_z(mem, part) : NULL };
	return r->from != NULL && r->claim != NULL;
}

struct claim_map
claim_map_read(struct arena *mem, const struct str *words, size_t n, struct findings *f)
{
	struct claim_map_row *rows = arena_array(mem, struct claim_map_row, n);
	struct claim_map m = { rows, 0 };
	const char *wrong;

	for (size_t i = 0; rows != NULL && i < n; i++) {
		if (!row_read(mem, words[i], &rows[m.n]))
			setting_wrong(f, "claims",
			    "claims: \"%.*s\" is not written CLAIM=NAME, such as given_name=givenName",
			    STR_ARG(words[i]));
		else if ((wrong = name_wrong(mem, &rows[m.n])) != NULL)
			setting_wrong(f, "claims", "claims: \"%.*s\": this claim %s", STR_ARG(words[i]), wrong);
		else if (is_named_before(&m, &rows[m.n]))
			setting_wrong(f, "claims", "claims: \"%.*s\": this claim is named twice", STR_ARG(words[i]));
		else
			m.n++;
	}
	return m;
}

/* --- one value -------------------------------------------------------------------------------- */

static json_t *
flag_of(struct str s)
{
	static const char *const yes[] = { "true", "1", "t", "yes", "y" };
	static const char *const no[] = { "false", "0", "f", "no", "n" };

	for (size_t i = 0; i < COUNT(yes); i++) {
		if (str_eq_nocase(s, str_of(yes[i])))
			return json_true();
		if (str_eq_nocase(s, str_of(no[i])))
			return json_false();
	}
	return json_str(s);                     /* user_claim_wrong says what is wrong with it */
}

/* A time begins with its date: "1815-12-10 00:00:00"; a directory's is 18151210000000Z (RFC 4517 3.3.13). */
static json_t *
date_of(struct arena *mem, struct str s)
{
	bool digits = s.n >= 15 && s.p[s.n - 1] == 'Z';

	for (size_t i = 0; digits && i < 14; i++)
		digits = s.p[i] >= '0' && s.p[i] <= '9';
	if (digits)
		s = ARENA_CAT(mem, str_sub(s, 0, 4), S("-"), str_sub(s, 4, 2), S("-"), str_sub(s, 6, 2));
	else if (s.n > 10 && (s.p[10] == ' ' || s.p[10] == 'T'))
		s = str_sub(s, 0, 10);
	return json_str(s);
}

static json_t *
one_of(struct arena *mem, enum user_claim_kind kind, struct str value)
{
	if (!str_utf8(value))
		return NULL;
	return kind == UC_FLAG ? flag_of(value) : kind == UC_DATE ? date_of(mem, value) : json_str(value);
}

static json_t *
value_of(struct arena *mem, const struct claim_map_row *r, const struct str *values, size_t n)
{
	enum user_claim_kind kind = user_claim_kind(str_of(r->claim));
	json_t *list;

	if (!r->list && (n == 1 || kind != UC_OWN))
		return one_of(mem, kind, str_trim(values[0]));
	list = json_array();
	for (size_t i = 0; i < n; i++)
		if (json_array_append_new(list, one_of(mem, UC_TEXT, str_trim(values[i]))) != 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

/* --- what was said ---------------------------------------------------------------------------- */

json_t *
claim_map_begin(struct arena *mem)
{
	json_t *said = json_object();

	return said != NULL && arena_defer(mem, release, said) ? said : NULL;
}

static void
told(struct str whose, struct str claim, const char *wrong)
{
	if (log_is_due_about(whose, claim, 60))
		log_warn("%.*swhat it says for the claim %.*s %s; the claim is left out", STR_ARG(whose),
		    STR_ARG(claim), wrong);
}

/* The members of an address come one by one. */
static bool
put_part(json_t *said, const struct claim_map_row *r, json_t *value)
{
	json_t *whole = json_object_get(said, r->claim);

	if (whole == NULL && json_object_set_new(said, r->claim, whole = json_object()) != 0)
		return false;
	return json_object_set(whole, r->part, value) == 0;
}

void
claim_map_put(struct arena *mem, json_t *said, const struct claim_map_row *r, const struct str *values, size_t n,
    struct str whose)
{
	const char *wrong = say("must be UTF-8");
	json_t *value, *judged;
	struct str at;

	if (n == 0 && r->list)
		json_object_set_new(said, r->claim, json_array());
	if (n == 0 || (n == 1 && !r->list && str_trim(values[0]).n == 0))
		return;
	value = value_of(mem, r, values, n);
	judged = value != NULL && r->part != NULL ? json_pack("{sO}", r->part, value) : json_incref(value);
	if (value != NULL)
		wrong = user_claim_wrong(mem, str_of(r->claim), judged, &at);
	if (wrong != NULL)
		told(whose, str_of(r->claim), wrong);
	else if (r->part == NULL ? json_object_set(said, r->claim, value) != 0 : !put_part(said, r, value))
		told(whose, str_of(r->claim), say("is too large"));
	json_decref(judged);
	json_decref(value);
}

struct str
claim_map_end(struct arena *mem, const json_t *said, struct str whose)
{
	struct str text = S("");

	if (said != NULL && user_claims_write(mem, said, &text))
		return str_given(text) ? text : S("{}");
	if (log_is_due_about(whose, S("claims"), 60))
		log_warn("%.*sthe claims of a user have more than %d bytes; they stay as they were", STR_ARG(whose),
		    USER_CLAIMS_MAX);
	return STR_ABSENT;
}

bool
claim_map_apply(struct arena *mem, const struct claim_map *m, struct str said, struct str *claims)
{
	json_t *all = user_claims_read(mem, *claims), *now;

	if (m->n == 0 || !str_given(said))
		return true;
	if (all == NULL)
		all = claim_map_begin(mem);
	now = user_claims_read(mem, said);
	if (all == NULL)
		return false;
	for (size_t i = 0; i < m->n; i++)
		json_object_del(all, m->rows[i].claim);
	return (now == NULL || json_object_update(all, now) == 0) && user_claims_write(mem, all, claims);
}

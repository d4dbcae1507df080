/* import/client.c - what is asked of any client of an old server, whatever tables it came from. */
#include "manage/check.h"
#include "import/client.h"
#include "login/login.h"

void
client_note(struct reading *r, enum finding f, struct str value)
{
	finding_add(r->x->plan, f, r->of, value);
}

void
client_text(struct reading *r, const char *member, struct str value)
{
	json_put_str(r->out, member, value);
}

/* --- lists ------------------------------------------------------------------------------------ */

static void
word_put(json_t *list, struct str word)
{
	word = str_trim(word);
	if (word.n > 1 && word.p[0] == '"' && word.p[word.n - 1] == '"')
		word = str_trim(str_sub(word, 1, word.n - 2));
	if (word.n > 0)
		json_array_append_new(list, json_str(word));
}

/* "a,b"; with blanks: "a b", or one a line, too. Between brackets as PostgreSQL and Java write lists. */
static void
words_put(json_t *list, struct str text, bool blanks)
{
	size_t from = 0;

	if (text.n > 1
	    && ((text.p[0] == '[' && text.p[text.n - 1] == ']') || (text.p[0] == '{' && text.p[text.n - 1] == '}')))
		text = str_sub(text, 1, text.n - 2);
	for (size_t i = 0; i <= text.n; i++) {
		bool ends = i == text.n || text.p[i] == ',' || (blanks && memchr(" \t\r\n", text.p[i], 4) != NULL);

		if (!ends)
			continue;
		word_put(list, str_sub(text, from, i - from));
		from = i + 1;
	}
}

struct str
client_what(struct reading *r, struct str column, struct str word, const char *wrong)
{
	return value_what(r->x->mem, column, word, wrong);
}

json_t *
client_words(struct reading *r, struct str column, struct str text, bool blanks)
{
	json_t *in, *list = json_array(), *v;
	size_t i;

	text = str_trim(text);
	in = text.n > 0 && text.p[0] == '[' ? json_loadb(text.p, text.n, 0, NULL) : NULL;
	if (in == NULL)
		words_put(list, text, blanks);
	json_array_foreach(in, i, v) {
		if (json_is_string(v))
			word_put(list, str_span(json_string_value(v), json_string_length(v)));
		else
			client_note(r, FIND_VALUE, client_what(r, column, S("[...]"), "must be a list of texts"));
	}
	json_decref(in);
	return list;
}

json_t *
client_checked(struct reading *r, struct str column, json_t *list, const char *(*check)(struct str))
{
	json_t *good = json_array(), *v;
	size_t i;

	json_array_foreach(list, i, v) {
		struct str word = str_span(json_string_value(v), json_string_length(v));

		if (check(word) == NULL)
			json_array_append(good, v);
		else
			client_note(r, FIND_VALUE, client_what(r, column, word, check(word)));
	}
	json_decref(list);
	return good;
}

void
client_secret(struct reading *r, struct str stored)
{
	struct str secret;
	bool clear;

	if (str_empty(stored))
		return;
	secret = encoded_read(r->x, stored, r->x->options->client_encoding, NULL, true, &clear);
	if (!str_given(secret)) {
		struct str prefix = password_prefix(stored);
		client_note(r, FIND_ENCODING, str_given(prefix) ? prefix : S("no prefix"));
		/* the check refuses the row: nobody gets in by a guess */
		client_text(r, "secret_encoded", S("{unknown}"));
		return;
	}
	if (secret.n > 0)
		client_text(r, clear ? "secret" : "secret_encoded", secret);
	if (clear && secret.n > 0)
		client_note(r, FIND_CLEAR_SECRET, STR_ABSENT);
}

void
client_secret_lock(struct reading *r)
{
	client_text(r, "secret_encoded", SECRET_OF_NOBODY);
}

static bool
grant_is_known(struct str name)
{
	for (size_t i = 0; i < GI_COUNT; i++)
		if (str_is(name, grants[i]->name))
			return true;
	return str_is(name, "implicit");
}

/* A grant's name in some products, and here. */
static struct str
grant_name(struct str word)
{
	static const struct {
		const char *there, *here;
	} names[] = { { "openId", "open_id" }, { "mobile", "sms" }, { "password_ad", "directory" } };

	for (size_t i = 0; i < COUNT(names); i++)
		if (str_is(word, names[i].there))
			return str_of(names[i].here);
	return word;
}

void
client_grant(struct reading *r, json_t *list, struct str word)
{
	word = grant_name(word);
	if (word.n > 0 && grant_is_known(word))
		json_array_append_new(list, json_str(word));
	else if (word.n > 0)
		client_note(r, FIND_GRANT, word);
}

json_t *
client_grants(struct reading *r, struct str column, struct str text)
{
	json_t *said = client_words(r, column, text, true), *list = json_array(), *v;
	size_t i;

	json_array_foreach(said, i, v)
		client_grant(r, list, str_of(json_string_value(v)));
	json_decref(said);
	return list;
}

/* What its old server let it do, and what a modern issuer never would. */
void
client_habits(struct reading *r, const json_t *list, unsigned could)
{
	bool browser = json_has_word(list, "authorization_code") || json_has_word(list, "implicit");
	bool secret = json_object_get(r->out, "secret") != NULL || json_object_get(r->out, "secret_encoded") != NULL;
	bool password = json_has_word(list, "password") || json_has_word(list, "mobile_password")
	    || json_has_word(list, "directory");
	const struct { bool is; enum habit habit; } marks[] = {
		{ password, HABIT_PASSWORD_GRANT }, { json_has_word(list, "implicit"), HABIT_IMPLICIT },
		{ secret, HABIT_SECRET_IN_QUERY },
		{ json_has_word(list, "refresh_token"), HABIT_REFRESH_REUSE }, { browser, HABIT_LOOSE_REDIRECT },
		{ json_has_word(list, "open_id") || json_has_word(list, "wechat"), HABIT_BARE_OPENID },
	};
	json_t *words = json_array();
	struct str marked = S("");

	for (size_t i = 0; i < COUNT(marks); i++) {
		struct str word = str_of(habit_rows[marks[i].habit].word);

		if (!marks[i].is || !(could & BIT(marks[i].habit)))
			continue;
		json_array_append_new(words, json_str(word));
		marked = ARENA_CAT(r->x->mem, marked, marked.n > 0 ? S(" ") : S(""), word);
	}
	json_object_set_new(r->out, "legacy", words);
	if (marked.n > 0)
		client_note(r, FIND_MARKED, marked);
	if (json_has_word(list, "password"))
		client_note(r, FIND_WEAK_GRANT, S("password"));
	if (json_has_word(list, "implicit"))
		client_note(r, FIND_WEAK_GRANT, S("implicit"));
	if (!secret && (json_has_word(list, "password") || json_has_word(list, "client_credentials")))
		client_note(r, FIND_NO_SECRET,
		    json_has_word(list, "password") ? S("password") : S("client_credentials"));
}

static bool
goes_unprotected(struct str uri)
{
	struct url u;

	return url_read(uri, &u) == NULL && u.web && !u.secure && u.kind != ADDRESS_LOOPBACK;
}

static void
redirect_note(struct reading *r, struct str uri)
{
	if (goes_unprotected(uri))
		client_note(r, FIND_HTTP_REDIRECT, uri);
	if (!redirect_uri_has_dot(uri))
		client_note(r, FIND_OWN_SCHEME, uri);
	if (redirect_speaks_as_response(uri))
		client_note(r, FIND_RESPONSE_QUERY, uri);
}

void
client_redirects(struct reading *r, json_t *uris)
{
	json_t *list = json_array(), *v;
	size_t i;

	json_array_foreach(uris, i, v) {
		struct str uri = str_span(json_string_value(v), json_string_length(v));
		const char *wrong = check_redirect_uri_old(uri);

		if (wrong != NULL) {
			client_note(r, FIND_REDIRECT, ARENA_CAT(r->x->mem, uri, S(": it "), str_of(wrong)));
			continue;
		}
		redirect_note(r, uri);
		json_array_append(list, v);
	}
	json_decref(uris);
	json_object_set_new(r->out, "redirect_uris", list);
}

void
client_life(struct reading *r, const char *what, const char *member, int64_t seconds)
{
	if (seconds <= 0)
		client_note(r, FIND_NEVER_EXPIRES, str_of(what));
	if (seconds > LIFE_MAX_S)
		client_note(r, FIND_LONG_LIFE, arena_printf(r->x->mem, "%s: %lld", what, (long long)seconds));
	json_object_set_new(r->out, member,
	    json_integer(seconds <= 0      ? 0
		    : seconds > LIFE_MAX_S ? LIFE_MAX_S
					   : seconds));
}

bool
client_begin(struct reading *r, const struct table_states *states, const json_t *row, struct str id, json_t *seen)
{
	struct spring *x = states->x;
	enum state state = states_of_row(states, row);
	const char *z = id.n > 0 ? arena_z(x->mem, id) : NULL;

	*r = (struct reading){ .x = x, .row = row, .of = ARENA_CAT(x->mem, S("client "), id) };
	if (state == STATE_DELETED) {
		finding_add(x->plan, FIND_DELETED, r->of, STR_ABSENT);
		return false;
	}
	if (z == NULL || json_object_get(seen, z) != NULL) {
		finding_add(x->plan, z == NULL ? FIND_NO_ID : FIND_TWICE,
		    z == NULL ? ARENA_CAT(x->mem, S("table "), states->table) : r->of, STR_ABSENT);
		return false;
	}
	json_object_set_new(seen, z, json_true());
	if ((r->out = json_object()) == NULL)
		return false;
	client_text(r, "id", id);
	if (states->n > 0)
		json_object_set_new(r->out, "enabled", json_boolean(state == STATE_FINE));
	return true;
}

void
client_end(struct reading *r)
{
	const json_t *list = json_object_get(r->out, "grants");
	const char *sends = json_has_word(list, "authorization_code") ? "authorization_code"
	    : json_has_word(list, "implicit")                         ? "implicit"
								      : NULL;

	if (sends != NULL && json_array_size(json_object_get(r->out, "redirect_uris")) == 0)
		client_note(r, FIND_NO_REDIRECT, str_of(sends));
	row_changed(r->x, r->row, r->out);
	json_array_append_new(r->x->plan->clients, r->out);
}

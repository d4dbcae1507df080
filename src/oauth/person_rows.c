/* oauth/person_rows.c - what is stored of a person, a JSON object a row. */
#include "login/login.h"
#include "oauth/details.h"
#include "oauth/person.h"

void
user_json(struct buf *b, struct arena *mem, const struct user *u)
{
	jw_open(b, '{');
	jm_str(b, S("realm"), u->realm);
	jm_str(b, S("id"), uuid_write(mem, u->id.b));
	jm_str(b, S("name"), u->name);
	jm_str(b, S("display_name"), u->display_name);
	jm_str(b, S("phone"), u->phone);
	jm_str(b, S("email"), u->email);
	jm_str(b, S("open_id"), u->open_id);
	jm_str(b, S("account_type"), u->account_type);
	if (u->password_s > 0)
		jm_int(b, S("password_s"), u->password_s);
	jm_bool(b, S("must_change"), u->must_change);
	jm_str(b, S("password_encoding"), u->password.n > 0 ? password_encoding(u->password) : STR_ABSENT);
	jm_words(b, S("authorities"), u->authorities, ' ');
	if (u->claims.n > 0)
		jm_raw(b, S("claims"), u->claims);
	jm_int(b, S("number"), u->number);
	jm_bool(b, S("enabled"), u->enabled);
	jm_bool(b, S("locked"), u->locked);
	jm_int(b, S("created_s"), u->created_s);
	jm_int(b, S("updated_s"), u->updated_s);
	jm_str(b, S("origin"), user_is_shadow(u) ? u->origin : STR_ABSENT);
	jw_close(b, '}');
}

void
session_json(struct buf *b, struct arena *mem, const struct session *s, bool named)
{
	jw_open(b, '{');
	if (named)
		jm_str(b, S("session"), hex_encode(mem, dig_str(&s->digest)));
	jm_str(b, S("issuer"), s->issuer);
	jm_str(b, S("user"), s->user_name);
	jm_str(b, S("client"), s->client);
	jm_str(b, S("address"), s->address);
	jm_str(b, S("agent"), s->agent);
	jm_str(b, S("device"), s->device);
	jm_int(b, S("auth_s"), s->auth_s);
	jm_int(b, S("seen_s"), s->seen_s);
	jm_int(b, S("expires_s"), s->expires_s);
	jw_close(b, '}');
}

void
factor_json(struct buf *b, struct arena *mem, const struct factor *f)
{
	jw_open(b, '{');
	jm_str(b, S("id"), uuid_write(mem, f->id.b));
	jm_str(b, S("kind"), f->kind);
	jm_str(b, S("name"), f->name);
	jm_int(b, S("created_s"), f->created_s);
	jm_int(b, S("last_s"), f->last_s);
	jw_close(b, '}');
}

void
device_json(struct buf *b, const struct trusted_device *d)
{
	jw_open(b, '{');
	jm_str(b, S("issuer"), d->issuer);
	jm_str(b, S("address"), d->address);
	jm_str(b, S("agent"), d->agent);
	jm_int(b, S("created_s"), d->created_s);
	jm_int(b, S("last_s"), d->last_s);
	jm_int(b, S("expires_s"), d->expires_s);
	jw_close(b, '}');
}

void
identity_json(struct buf *b, const struct identity *r)
{
	jw_open(b, '{');
	jm_str(b, S("provider"), r->provider);
	jm_str(b, S("subject"), r->subject);
	jm_str(b, S("shown"), r->shown);
	jm_int(b, S("linked_s"), r->linked_s);
	jm_int(b, S("last_s"), r->last_s);
	jw_close(b, '}');
}

void
ended_session_json(struct buf *b, struct arena *mem, const struct ended_session *s, bool named)
{
	static const char *const why[] = { "", "signed_in_elsewhere", "signed_out", "ended_by_operator" };

	jw_open(b, '{');
	if (named)
		jm_str(b, S("session"), hex_encode(mem, dig_str(&s->digest)));
	jm_str(b, S("issuer"), s->issuer);
	jm_str(b, S("user"), s->user_name);
	jm_str(b, S("address"), s->address);
	jm_str(b, S("agent"), s->agent);
	jm_str(b, S("device"), s->device);
	jm_str(b, S("why"), str_of(why[s->why]));
	jm_int(b, S("auth_s"), s->begun_s);
	jm_int(b, S("ended_s"), s->ended_s);
	jw_close(b, '}');
}

static struct str
some(struct str s)
{
	return s.n > 0 ? s : STR_ABSENT;
}

void
code_json(struct buf *b, const struct code *k)
{
	static const char *const states[] = { [CODE_FRESH] = "fresh", [CODE_SPENT] = "spent", [CODE_BURNT] = "ended" };

	jw_open(b, '{');
	jm_str(b, S("issuer"), k->auth.issuer);
	jm_str(b, S("client"), k->auth.client);
	jm_str(b, S("user"), k->auth.user_name);
	jm_str(b, S("redirect_uri"), k->redirect_uri);
	jm_str(b, S("scope"), k->auth.scope);
	jm_str(b, S("nonce"), some(k->auth.nonce));
	jm_str(b, S("account_type"), some(k->auth.account_type));
	jm_str(b, S("state"), str_of(states[k->state]));
	jm_int(b, S("auth_s"), k->auth.auth_s);
	jm_int(b, S("issued_s"), k->issued_s);
	jm_int(b, S("expires_s"), k->expires_s);
	jw_close(b, '}');
}

struct str
approval_words(struct arena *mem, struct str words, bool resources)
{
	struct buf b;

	buf_init(&b, mem, words.n + 1);
	while (str_given(words)) {
		struct str word = str_cut(&words, ' ');

		if (word.n == 0 || str_starts(word, S(APPROVAL_RESOURCE)) != resources
		    || str_starts(word, S(DETAIL_WORD)))
			continue;
		if (b.n > 0)
			buf_putc(&b, ' ');
		buf_put(&b, resources ? str_from(word, sizeof APPROVAL_RESOURCE - 1) : word);
	}
	return buf_str(&b);
}

/* Only digests of them are kept. */
static int64_t
details_remembered(struct str words)
{
	int64_t n = 0;

	while (str_given(words))
		n += str_starts(str_cut(&words, ' '), S(DETAIL_WORD));
	return n;
}

void
approval_json(struct buf *b, struct arena *mem, const struct approval *a, struct str user_name)
{
	jw_open(b, '{');
	jm_str(b, S("user"), user_name);
	jm_str(b, S("user_id"), uuid_write(mem, a->user.b));
	jm_str(b, S("issuer"), a->issuer);
	jm_str(b, S("client"), a->client);
	jm_words(b, S("scopes"), approval_words(mem, a->scope, false), ' ');
	jm_words(b, S("resources"), approval_words(mem, a->scope, true), ' ');
	jm_int(b, S("details"), details_remembered(a->scope));
	jm_int(b, S("expires_s"), a->expires_s);
	jw_close(b, '}');
}

/* What families and tokens say of whose they are. */
static void
put_auth(struct buf *b, const struct authorization *a)
{
	jm_str(b, S("issuer"), a->issuer);
	jm_str(b, S("client"), a->client);
	jm_str(b, S("user"), some(a->user_name));
	jm_str(b, S("scope"), a->scope);
}

const char *
family_kind(const struct family *f)
{
	return f->refreshable ? "refresh_token" : "grant";
}

void
family_json(struct buf *b, struct arena *mem, const struct family *f)
{
	struct str id = hex_encode(mem, id_str(&f->id));

	jw_open(b, '{');
	jm_str(b, S("kind"), str_of(family_kind(f)));
	jm_str(b, S("id"), id);
	jm_str(b, S("family"), id);
	put_auth(b, &f->auth);
	jm_str(b, S("grant"), some(f->grant));
	jm_str(b, S("account_type"), some(f->auth.account_type));
	jm_int(b, S("issued_s"), f->issued_s);
	jm_int(b, S("expires_s"), f->expires_s);
	jm_int(b, S("refreshed_s"), f->rotated_ms / 1000);
	jw_close(b, '}');
}

void
token_json(struct buf *b, struct arena *mem, const struct token *t, const struct id16 *family)
{
	jw_open(b, '{');
	jm_str(b, S("kind"), S("access_token"));
	jm_str(b, S("id"), hex_encode(mem, id_str(&t->id)));
	jm_str(b, S("family"), family != NULL ? hex_encode(mem, id_str(family)) : STR_ABSENT);
	put_auth(b, &t->auth);
	jm_str(b, S("account_type"), some(t->auth.account_type));
	jm_int(b, S("issued_s"), t->issued_s);
	jm_int(b, S("expires_s"), t->expires_s);
	jw_close(b, '}');
}

/*
 * import/java_token.c - tokens and authentications as the old authorization server's JDBC and Redis
 * stores serialized them.
 */
#include "import/java.h"

#define TOKENS "org.springframework.security.oauth2.common."

/* A field of date type: 0 when null. */
static bool
expiry_of(const struct java *v, int64_t *ms)
{
	*ms = 0;
	return v == NULL || v->kind == JAVA_NULL || java_date(v, ms);
}

/* A collection of texts: all of them, or false. */
static bool
words_of(const struct java *v, struct java_words *w)
{
	const struct java *items[JAVA_WORDS_MAX + 1];
	int n;

	w->n = 0;
	if (v == NULL || v->kind == JAVA_NULL)
		return true;
	n = java_items(v, items, COUNT(items));
	if (n < 0 || n > JAVA_WORDS_MAX)
		return false;
	for (; w->n < (size_t)n; w->n++) {
		w->at[w->n] = java_text(items[w->n]);
		if (!str_given(w->at[w->n]))
			return false;
	}
	return true;
}

struct str
java_words_join(struct arena *mem, const struct java_words *w)
{
	size_t all = 0;
	struct buf b;

	for (size_t i = 0; i < w->n; i++)
		all += w->at[i].n + 1;
	buf_init(&b, mem, all);
	for (size_t i = 0; i < w->n; i++) {
		if (i > 0)
			buf_putc(&b, ' ');
		buf_put(&b, w->at[i]);
	}
	return buf_str(&b);
}

static bool
refresh_of(const struct java *v, struct str *value, int64_t *expires_ms)
{
	*value = STR_ABSENT;
	*expires_ms = 0;
	if (v == NULL || v->kind == JAVA_NULL)
		return true;
	if (!java_is(v, TOKENS "DefaultExpiringOAuth2RefreshToken") && !java_is(v, TOKENS "DefaultOAuth2RefreshToken"))
		return false;
	*value = java_text(java_field(v, "value"));
	return str_given(*value) && expiry_of(java_field(v, "expiration"), expires_ms);
}

bool
java_access_token(struct arena *mem, struct str blob, struct java_access_token *out)
{
	const struct java *v = java_read(mem, blob);

	*out = (struct java_access_token){ .value = STR_ABSENT };
	if (!java_is(v, TOKENS "DefaultOAuth2AccessToken"))
		return false;
	out->value = java_text(java_field(v, "value"));
	out->type = java_text(java_field(v, "tokenType"));
	return str_given(out->value) && expiry_of(java_field(v, "expiration"), &out->expires_ms)
	    && refresh_of(java_field(v, "refreshToken"), &out->refresh, &out->refresh_expires_ms)
	    && words_of(java_field(v, "scope"), &out->scope);
}

bool
java_refresh_token(struct arena *mem, struct str blob, struct java_refresh_token *out)
{
	return refresh_of(java_read(mem, blob), &out->value, &out->expires_ms) && str_given(out->value);
}

#define FRAMEWORK     "org.springframework.security."
#define PRINCIPALS_MAX 8        /* authentications within one another */

/* The framework's own users, whose getUsername() is the field; a product's class behind them may say something else. */
static bool
is_plain_user(const struct java *v)
{
	return java_is(v, FRAMEWORK "core.userdetails.User")
	    || java_is(v, FRAMEWORK "ldap.userdetails.LdapUserDetailsImpl")
	    || java_is(v, FRAMEWORK "ldap.userdetails.Person")
	    || java_is(v, FRAMEWORK "ldap.userdetails.InetOrgPerson");
}

/* AbstractAuthenticationToken.getPrincipal(), and that of OAuth2Authentication, which asks its user's. */
static const struct java *
principal_of(const struct java *authentication)
{
	const struct java *in = java_field(authentication, "userAuthentication");

	return java_field(in != NULL && in->kind == JAVA_OBJECT ? in : authentication, "principal");
}

static struct str
class_of(const struct java *v)
{
	return v == NULL           ? S("nothing")
	    : v->kind == JAVA_TEXT ? S("text")
	    : v->of != NULL        ? v->of->name
				   : S("no object");
}

/*
 * AbstractAuthenticationToken.getName(): a UserDetails its getUsername(), a Principal (an
 * authentication is one) its getName(), a text itself. Sure as long as every class on the way is
 * the framework's.
 */
static void
name_read(struct arena *mem, const struct java *authentication, struct java_authentication *out)
{
	bool sure = true;
	const struct java *v = authentication, *in;

	out->shape = S("");
	for (int i = 0; i < PRINCIPALS_MAX; i++) {
		sure = sure && str_starts(class_of(v), S(FRAMEWORK));
		out->shape = ARENA_CAT(mem, out->shape, class_of(v), S(" "));
		in = principal_of(v);
		if (in == NULL)
			return;
		out->principal = v = in;
		if (v->kind != JAVA_OBJECT || principal_of(v) == NULL)
			break;
	}
	out->shape = ARENA_CAT(mem, out->shape, class_of(v));
	if (sure && (v->kind == JAVA_TEXT || is_plain_user(v)))
		out->user_name = v->kind == JAVA_TEXT ? v->text : java_text(java_field(v, "username"));
	if (str_empty(out->user_name))
		out->user_name = STR_ABSENT;
}

bool
java_authentication(struct arena *mem, struct str blob, struct java_authentication *out)
{
	const struct java *v = java_read(mem, blob), *request = java_field(v, "storedRequest"),
			  *user = java_field(v, "userAuthentication");

	*out = (struct java_authentication){ .client_id = STR_ABSENT, .user_name = STR_ABSENT, .shape = STR_ABSENT };
	if (!java_is(v, FRAMEWORK "oauth2.provider.OAuth2Authentication") || request == NULL)
		return false;
	out->client_id = java_text(java_field(request, "clientId"));
	out->redirect_uri = java_text(java_field(request, "redirectUri"));
	out->client_only = user == NULL || user->kind == JAVA_NULL;
	if (!out->client_only)
		name_read(mem, user, out);
	return str_given(out->client_id) && words_of(java_field(request, "scope"), &out->scope);
}

/* import/java_token.c - tokens and authentications as the old authorization server's JDBC and Redis stores serialized them. */
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
	    && refresh_of(java_field(v, "refreshToken"), &out->refresh, &out->refresh_expires_ms) && words_of(java_field(v, "scope"), &out->scope);
}

bool
java_refresh_token(struct arena *mem, struct str blob, struct java_refresh_token *out)
{
	return refresh_of(java_read(mem, blob), &out->value, &out->expires_ms) && str_given(out->value);
}

/* The principal is a text, or an object with a "username". */
static struct str
user_of(const struct java *authentication)
{
	const struct java *principal = java_field(authentication, "principal");
	struct str name = java_text(principal);

	return str_given(name) ? name : java_text(java_field(principal, "username"));
}

bool
java_authentication(struct arena *mem, struct str blob, struct java_authentication *out)
{
	const struct java *v = java_read(mem, blob), *request = java_field(v, "storedRequest"), *user = java_field(v, "userAuthentication");

	*out = (struct java_authentication){ .client_id = STR_ABSENT };
	if (!java_is(v, "org.springframework.security.oauth2.provider.OAuth2Authentication") || request == NULL)
		return false;
	out->client_id = java_text(java_field(request, "clientId"));
	out->redirect_uri = java_text(java_field(request, "redirectUri"));
	out->user_name = user_of(user);
	return str_given(out->client_id) && words_of(java_field(request, "scope"), &out->scope);
}

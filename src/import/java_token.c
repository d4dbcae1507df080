/* import/java_token.c - tokens and authentications as the old authorization server's JDBC and Redis stores serialized them. */
#include "import/java.h"

#define TOKENS "org.springframework.security.oauth2.common."
#define ITEMS_MAX (2 * JAVA_WORDS_MAX)

/* A field of date type: 0 when null. */
static bool
expiry_of(const struct java *v, int64_t *ms)
{
	*ms = 0;
	return v == NULL || v->kind == JAVA_NULL || java_date(v, ms);
}

static void
word_add(struct java_words *w, struct str word)
{
	if (str_given(word) && w->n < JAVA_WORDS_MAX)
		w->at[w->n++] = word;
}

/* A set of texts, or of authorities, which hold their text in "role" or "authority". */
static bool
words_of(const struct java *v, struct java_words *w)
{
	const struct java *items[ITEMS_MAX];
	int n;

	w->n = 0;
	if (v == NULL || v->kind == JAVA_NULL)
		return true;
	n = java_items(v, items, ITEMS_MAX);
	for (int i = 0; i < n; i++) {
		const struct java *role = java_field(items[i], "role"), *authority = java_field(items[i], "authority");
		word_add(w, java_text(items[i]->kind == JAVA_TEXT ? items[i] : role != NULL ? role : authority));
	}
	return n >= 0;
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
	return str_given(out->client_id) && words_of(java_field(request, "scope"), &out->scope) && words_of(java_field(request, "resourceIds"), &out->resource_ids)
	    && words_of(java_field(v, "authorities"), &out->authorities);
}

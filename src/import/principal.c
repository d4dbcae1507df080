/* import/principal.c - whose token is it? */
#include <openssl/evp.h>

#include "import/principal.h"

bool
principals_begin(struct principals *p)
{
	p->shapes = json_object();
	return p->shapes != NULL;
}

void
principals_end(struct principals *p)
{
	json_decref(p->shapes);
}

/* The fields that hold the name in this token. */
static json_t *
paths_with(struct arena *mem, const struct java_authentication *a, struct str name)
{
	struct java_names *names = arena_new(mem, struct java_names);
	json_t *paths = json_object();

	if (names == NULL || !java_names(mem, a->principal, names))
		return paths;
	for (size_t i = 0; i < names->n; i++)
		if (str_eq(names->at[i].value, name))
			json_object_set_new(paths, arena_z(mem, names->at[i].path), json_true());
	return paths;
}

void
principal_learn(struct principals *p, struct arena *mem, const struct java_authentication *a, struct str name)
{
	const char *shape = str_given(a->shape) ? arena_z(mem, a->shape) : NULL, *path;
	json_t *known = shape != NULL ? json_object_get(p->shapes, shape) : NULL, *now, *v;
	void *next;

	if (shape == NULL || a->client_only || str_given(a->user_name))
		return;
	now = paths_with(mem, a, name);
	if (known == NULL) {
		json_object_set_new(p->shapes, shape, now);
		return;
	}
	json_object_foreach_safe(known, next, path, v)
		if (json_object_get(now, path) == NULL)
			json_object_del(known, path);
	json_decref(now);
}

/* The value that stands in each of the known fields; absent when one is missing, or two differ. */
static struct str
agreed(const json_t *known, const struct java_names *names, struct arena *mem)
{
	struct str name = STR_ABSENT;
	size_t found = 0;

	for (size_t i = 0; i < names->n; i++) {
		if (json_object_get(known, arena_z(mem, names->at[i].path)) == NULL)
			continue;
		if (str_given(name) && !str_eq(name, names->at[i].value))
			return STR_ABSENT;
		name = names->at[i].value;
		found++;
	}
	return found == json_object_size(known) ? name : STR_ABSENT;
}

enum token_owner
principal_owner(const struct principals *p, struct arena *mem, const struct java_authentication *a, struct str *name)
{
	const json_t *known = str_given(a->shape) ? json_object_get(p->shapes, arena_z(mem, a->shape)) : NULL;
	struct java_names *names = arena_new(mem, struct java_names);

	*name = a->user_name;
	if (a->client_only || str_given(*name))
		return a->client_only ? OWNER_CLIENT : OWNER_USER;
	if (json_object_size(known) > 0 && names != NULL && java_names(mem, a->principal, names))
		*name = agreed(known, names, mem);
	return str_given(*name) ? OWNER_USER : OWNER_UNSURE;
}

static int
words_cmp(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

struct str
authentication_key(struct arena *mem, struct str user, struct str client, const struct java_words *scope)
{
	struct java_words sorted = *scope;
	struct str text;
	uint8_t d[EVP_MAX_MD_SIZE];
	char hex[2 * EVP_MAX_MD_SIZE];
	unsigned n = 0;

	qsort(sorted.at, sorted.n, sizeof sorted.at[0], words_cmp);
	text = ARENA_CAT(mem, str_given(user) ? S("{username=") : S("{"), user, str_given(user) ? S(", ") : S(""),
	    S("client_id="), client, S(", scope="), java_words_join(mem, &sorted), S("}"));
	if (!str_given(text) || EVP_Digest(text.p, text.n, d, &n, EVP_md5(), NULL) != 1)
		return STR_ABSENT;
	hex_write(hex, d, n);
	return arena_dup(mem, str_span(hex, 2 * (size_t)n));
}

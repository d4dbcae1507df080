/* oauth/realm.c - the clients of a realm, hashed by id, immutable once made. */
#include "oauth/client_metadata.h"
#include "oauth/oauth_int.h"

#define NOTIFY_MEMBER "LOGOUT_NOTIFY_URL_LIST"

struct realm {
	struct arena   mem;
	struct str     name;
	struct client *clients;
	const struct client **slots;
	struct logout_client *logout_clients;
	struct str    *origins;                 /* of all enabled clients, sorted */
	struct resource_server *resources;      /* sorted by id */
	struct resource_needs   needs;
	size_t         n_resources;
	uint64_t       epoch;
	/* n_slots is a power of two, at most half full */
	size_t         n, n_logout_clients, n_origins, n_slots;
	struct dig32 salt;                      /* of pairwise subjects */
	bool has_salt;
};

static size_t
hash_of(struct str id)
{
	uint64_t h = UINT64_C(1469598103934665603);     /* FNV-1a: ids come from the operator, not from the network */

	for (size_t i = 0; i < id.n; i++)
		h = (h ^ (unsigned char)id.p[i]) * UINT64_C(1099511628211);
	return (size_t)(h ^ h >> 32);
}

static void
copy_client(struct arena *mem, struct client *to, const struct client *from)
{
	struct str *const text[] = { &to->realm, &to->id, &to->name, &to->secret, &to->grants, &to->scopes,
		&to->redirect_uris, &to->auto_approve, &to->authorities, &to->resource_ids, &to->origins,
		&to->acts_for, &to->legacy, &to->info, &to->metadata, &to->introspects,
		&to->former_secret };

	*to = *from;
	for (size_t i = 0; i < COUNT(text); i++)
		*text[i] = arena_dup(mem, *text[i]);
	to->registered = metadata_keep(mem, to->metadata);
}

static void
slot_put(struct realm *r, const struct client *k)
{
	size_t at = hash_of(k->id) & (r->n_slots - 1);

	while (r->slots[at] != NULL)
		at = (at + 1) & (r->n_slots - 1);
	r->slots[at] = k;
}

/* What a client wants to hear of logouts is read once; who has no such member costs a search in its text. */
static struct str
notify_urls(struct arena *mem, const struct client *k)
{
	json_t *info = k->enabled && str_contains(k->info, S("\"" NOTIFY_MEMBER "\""))
	    ? json_loadb(k->info.p, k->info.n, 0, NULL)
	    : NULL;
	struct str urls = str_trim(json_member_str(info, NOTIFY_MEMBER));
	struct str own = str_empty(urls) ? STR_ABSENT : arena_dup(mem, urls);

	json_decref(info);
	return own;
}

static void
logout_clients_find(struct realm *r)
{
	size_t room = 0;

	for (size_t i = 0; i < r->n && !r->mem.full; i++) {
		struct str urls = notify_urls(&r->mem, &r->clients[i]);

		if (!str_given(urls))
			continue;
		if (r->n_logout_clients == room) {
			size_t more = 2 * room + 8;

			r->logout_clients = arena_grow(&r->mem, r->logout_clients, room * sizeof *r->logout_clients,
			    more * sizeof *r->logout_clients);
			room = more;
		}
		if (r->logout_clients != NULL)
			r->logout_clients[r->n_logout_clients++] = (struct logout_client){ &r->clients[i], urls };
	}
}

static int
by_bytes(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static void
origins_find(struct realm *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++)
		n += r->clients[i].enabled ? str_words(r->clients[i].origins, ' ', NULL) : 0;
	r->origins = arena_array(&r->mem, struct str, n);
	for (size_t i = 0; r->origins != NULL && i < r->n; i++)
		if (r->clients[i].enabled)
			r->n_origins += str_words(r->clients[i].origins, ' ', r->origins + r->n_origins);
	if (r->n_origins > 0)
		qsort(r->origins, r->n_origins, sizeof r->origins[0], by_bytes);
}

bool
realm_has_origin(const struct realm *r, struct str origin)
{
	return r->n_origins > 0 && !str_empty(origin)
	    && bsearch(&origin, r->origins, r->n_origins, sizeof r->origins[0], by_bytes) != NULL;
}

struct realm *
realm_new(struct str name, const struct client *clients, size_t n, uint64_t epoch)
{
	struct realm *r = calloc(1, sizeof *r);

	if (r == NULL)
		return NULL;
	arena_init(&r->mem, SIZE_MAX / 4);
	r->name = arena_dup(&r->mem, name);
	r->n = n;
	r->needs.ttl_s = -1;
	r->epoch = epoch;
	for (r->n_slots = 16; r->n_slots < 2 * n; r->n_slots *= 2)
		;
	r->clients = arena_array(&r->mem, struct client, n);
	r->slots = arena_array(&r->mem, const struct client *, r->n_slots);
	if (r->clients != NULL && r->slots != NULL)
		for (size_t i = 0; i < n; i++) {
			copy_client(&r->mem, &r->clients[i], &clients[i]);
			slot_put(r, &r->clients[i]);
		}
	logout_clients_find(r);
	origins_find(r);
	if (r->mem.full) {
		realm_free(r);
		return NULL;
	}
	return r;
}

void
realm_free(struct realm *r)
{
	if (r == NULL)
		return;
	arena_free(&r->mem);
	free(r);
}

const struct client *
realm_client(const struct realm *r, struct str id)
{
	if (!str_given(id))
		return NULL;
	for (size_t at = hash_of(id) & (r->n_slots - 1); r->slots[at] != NULL; at = (at + 1) & (r->n_slots - 1))
		if (str_eq(r->slots[at]->id, id))
			return r->slots[at];
	return NULL;
}

size_t
realm_clients(const struct realm *r, const struct client **list)
{
	*list = r != NULL ? r->clients : NULL;
	return r != NULL ? r->n : 0;
}

struct str
realm_name(const struct realm *r)
{
	return r->name;
}

uint64_t
realm_epoch(const struct realm *r)
{
	return r->epoch;
}

const struct logout_client *
realm_logout_clients(const struct realm *r, size_t *n)
{
	*n = r->n_logout_clients;
	return r->logout_clients;
}

static int64_t
longer_life(int64_t a, int64_t b)
{
	if (a == 0 || b == 0)
		return 0;
	return a > b ? a : b;
}

/* --- resource servers ------------------------------------------------------------------------- */

static void
needs_add(struct resource_needs *needs, const struct resource_server *s)
{
	enum jose_alg alg;

	if (alg_read(s->signing_alg, &alg)) {
		needs->algs |= BIT(alg);
		needs->slow_alg = needs->slow_alg || alg_is_slow(alg);
	}
	needs->opaque = needs->opaque || str_is(s->shape, "opaque");
	if (s->access_ttl_s >= 0)
		needs->ttl_s = needs->ttl_s < 0 ? s->access_ttl_s : longer_life(needs->ttl_s, s->access_ttl_s);
}

static void
copy_resource(struct arena *mem, struct resource_server *to, const struct resource_server *from)
{
	struct str *const text[] = { &to->realm, &to->id, &to->name, &to->scopes, &to->signing_alg, &to->typ, &to->shape,
		&to->sign_out_uri };

	*to = *from;
	for (size_t i = 0; i < COUNT(text); i++)
		*text[i] = arena_dup(mem, *text[i]);
}

static int
by_id(const void *a, const void *b)
{
	return str_cmp(((const struct resource_server *)a)->id, ((const struct resource_server *)b)->id);
}

bool
realm_put_resources(struct realm *r, const struct resource_server *rows, size_t n)
{
	r->resources = arena_array(&r->mem, struct resource_server, n);
	r->n_resources = r->resources != NULL ? n : 0;
	for (size_t i = 0; i < r->n_resources; i++) {
		copy_resource(&r->mem, &r->resources[i], &rows[i]);
		needs_add(&r->needs, &r->resources[i]);
	}
	if (r->n_resources > 0)
		qsort(r->resources, r->n_resources, sizeof r->resources[0], by_id);
	return !r->mem.full;
}

void
realm_put_salt(struct realm *r, const struct dig32 *salt)
{
	r->salt = *salt;
	r->has_salt = true;
}

const struct dig32 *
realm_salt(const struct realm *r)
{
	return r->has_salt ? &r->salt : NULL;
}

/* "https://api.example/" without its '/'; whatever has a path is what it is. */
static struct str
without_root(struct str id)
{
	struct url u;

	if (!str_ends(id, S("/")) || url_read(id, &u) != NULL || !u.web || !str_is(u.path, "/"))
		return id;
	return str_given(u.query) || str_given(u.fragment) ? id : str_sub(id, 0, id.n - 1);
}

bool
resource_is(struct str id, struct str asked)
{
	return str_eq(id, asked) || str_eq(without_root(id), without_root(asked));
}

static const struct resource_server *
resource_of(const struct realm *r, struct str id)
{
	struct resource_server key = { .id = id };

	return bsearch(&key, r->resources, r->n_resources, sizeof r->resources[0], by_id);
}

const struct resource_server *
realm_resource(const struct realm *r, struct str id)
{
	const struct resource_server *s;
	struct str bare = without_root(id);

	if (r == NULL || r->n_resources == 0)
		return NULL;
	if ((s = resource_of(r, id)) != NULL)
		return s;
	for (size_t i = 0; i < r->n_resources; i++)
		if (str_starts(r->resources[i].id, bare) && resource_is(r->resources[i].id, id))
			return &r->resources[i];
	return NULL;
}

const struct resource_server *
realm_resources(const struct realm *r, size_t *n)
{
	*n = r != NULL ? r->n_resources : 0;
	return r != NULL ? r->resources : NULL;
}

struct resource_needs
realm_resource_needs(const struct realm *r)
{
	return r != NULL ? r->needs : (struct resource_needs){ .ttl_s = -1 };
}

/* --- lives ------------------------------------------------------------------------------------ */

int64_t
realm_longest_access(const struct realm *r, int64_t issuer_ttl_s)
{
	int64_t longest = issuer_ttl_s;

	if (r != NULL && r->needs.ttl_s >= 0)
		longest = longer_life(longest, r->needs.ttl_s);

	for (size_t i = 0; r != NULL && i < r->n; i++)
		longest = longer_life(longest, ttl_of(r->clients[i].access_ttl_s, issuer_ttl_s));
	return longest;
}

int64_t
realm_longest_refresh(const struct realm *r, int64_t issuer_ttl_s)
{
	int64_t longest = issuer_ttl_s;

	for (size_t i = 0; r != NULL && i < r->n; i++)
		longest = longer_life(longest, ttl_of(r->clients[i].refresh_ttl_s, issuer_ttl_s));
	return longest;
}

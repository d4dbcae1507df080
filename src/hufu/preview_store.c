/* hufu/preview_store.c - a store that is thrown away, with what one client and one user need of the real one. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "hufu/preview.h"

#define SECRETS_KEPT 4
#define FACTORS_COPIED 64
#define RESOURCES_A_PAGE 100

static bool
put(struct rehearsal *r, const struct store_op *op)
{
	return store_commit(r->own, op, 1, NULL) == STORE_DONE
	    || cli_fail(r->c, str_of(text(r->c, T_pv_no_room)), STR_ABSENT);
}

/* --- its directory, in memory where there is such a place -------------------------------------------------------- */

static bool
directory_make(struct rehearsal *r)
{
	const char *tmp = getenv("TMPDIR");
	const char *places[] = { tmp != NULL ? tmp : "/dev/shm", "/dev/shm", "/tmp" };

	for (size_t i = 0; i < COUNT(places); i++) {
		char *path = arena_z(&r->c->mem, ARENA_CAT(&r->c->mem, str_of(places[i]), S("/hufu-preview-XXXXXX")));

		if (path != NULL && mkdtemp(path) != NULL) {
			r->dir = str_of(path);
			return true;
		}
	}
	return cli_fail(r->c, str_of(text(r->c, T_pv_no_room)), str_of(say_errno(errno)));
}

static void
directory_drop(struct rehearsal *r)
{
	const char *path = r->dir.p;            /* ends with NUL: directory_make */
	DIR *d = path != NULL ? opendir(path) : NULL;
	struct dirent *e;

	if (d == NULL)
		return;
	while ((e = readdir(d)) != NULL)
		unlinkat(dirfd(d), e->d_name, 0);       /* "." and ".." are directories, which it leaves */
	closedir(d);
	rmdir(path);
}

/* --- what is copied ---------------------------------------------------------------------------------------------- */

static bool
realm_copy(struct rehearsal *r, struct str realm)
{
	struct op_names names = { .realm = realm };

	if (store_realm_folds(r->live, realm, &names.folds) != FOUND)
		return true;
	return put(r, &(struct store_op){ .kind = OP_REALM_NAMES, .names = names });
}

static bool
resources_copy(struct rehearsal *r, struct str realm)
{
	struct resource_server *rows = arena_array(&r->c->mem, struct resource_server, RESOURCES_A_PAGE);
	struct str after = STR_ABSENT;
	int n = rows != NULL ? RESOURCES_A_PAGE : 0;

	while (n == RESOURCES_A_PAGE) {
		n = store_resource_servers(r->live, &r->c->mem, realm, after, RESOURCES_A_PAGE, rows);
		for (int i = 0; i < n; i++)
			if (!put(r, &(struct store_op){ .kind = OP_RESOURCE_ADD, .resource = { .row = &rows[i] } }))
				return false;
		if (n > 0)
			after = rows[n - 1].id;
	}
	return n >= 0 || cli_fail(r->c, str_of(text(r->c, T_pv_no_room)), STR_ABSENT);
}

/* With a secret of this run in place of its own. Who has none stays without. */
static bool
client_copy(struct rehearsal *r)
{
	struct client k = r->client;

	if (!str_empty(k.secret))
		k.secret = ARENA_CAT(&r->c->mem, S("{noop}"), r->secret);
	k.former_secret = S("");
	k.former_until_s = 0;
	return put(r, &(struct store_op){ .kind = OP_CLIENT_PUT, .client = &k });
}

/* As the last login left it: no directory and no table is asked. */
static bool
user_copy(struct rehearsal *r)
{
	struct user u = r->user;

	if (!str_empty(u.password) || !str_empty(u.entry) || !str_empty(u.origin))
		u.password = ARENA_CAT(&r->c->mem, S("{noop}"), r->secret);
	u.entry = u.origin = u.mark = S("");
	return put(r, &(struct store_op){ .kind = OP_USER_PUT, .user = &u });
}

static bool
factors_copy(struct rehearsal *r)
{
	struct factor *rows = arena_array(&r->c->mem, struct factor, FACTORS_COPIED);
	struct user here;
	int n = rows == NULL ? -1
	    : store_factors(r->live, &r->c->mem, r->user.realm, &r->user.id, FACTORS_COPIED, rows);

	if (n == 0)
		return true;
	if (n < 0 || store_user_by_id(r->own, &r->c->mem, r->user.realm, &r->user.id, &here) != FOUND)
		return cli_fail(r->c, str_of(text(r->c, T_pv_no_room)), STR_ABSENT);
	return put(r, &(struct store_op){ .kind = OP_FACTORS_ADD,
		.factors = { .user = &here, .rows = rows, .n = (size_t)n } });
}

/* What the user has allowed this client, one row for each word. */
static bool
approvals_copy(struct rehearsal *r)
{
	const struct str *issuers;
	size_t n = conf_names(r->c->conf, SEC_ISSUER, &issuers);

	for (size_t i = 0; i < n; i++) {
		struct approval a = { .issuer = issuers[i], .client = r->client.id, .user = r->user.id };
		struct str words = STR_ABSENT;

		store_approvals(r->live, &r->c->mem, a.issuer, &a.user, a.client, clock_now_s(), &words);
		while (str_given(words) && words.n > 0) {
			a.scope = str_cut(&words, ' ');
			if (store_approval(r->live, &a, &a.expires_s) == FOUND
			    && !put(r, &(struct store_op){ .kind = OP_APPROVAL_PUT, .approval = &a }))
				return false;
		}
	}
	return true;
}

static bool
person_copy(struct rehearsal *r)
{
	return !r->has_user || (user_copy(r) && factors_copy(r) && approvals_copy(r));
}

/* --- whom it is about -------------------------------------------------------------------------------------------- */

static bool
named_find(struct rehearsal *r, struct str realm)
{
	struct str client = json_member_str(r->c->local, "client"), user = json_member_str(r->c->local, "user");

	if (store_client(r->live, &r->c->mem, realm, client, &r->client) != FOUND)
		return cli_fail(r->c, FILL(r->c, T_pv_no_client, realm, client), STR_ABSENT);
	r->has_user = str_given(user);
	if (r->has_user && store_user_by_name(r->live, &r->c->mem, realm, user, &r->user) != FOUND)
		return cli_fail(r->c, FILL(r->c, T_pv_no_user, realm, user), STR_ABSENT);
	return true;
}

static struct str
drawn(struct arena *mem)
{
	uint8_t raw[16];

	rand_bytes(raw, sizeof raw);
	return hex_encode(mem, str_span(raw, sizeof raw));
}

static void
issuer_keys_share(struct rehearsal *r, const uint8_t kek[32], struct str issuer, struct str der)
{
	struct policy policy;
	struct style style;
	struct str why = STR_ABSENT, kid;
	struct key_rules rules;

	if (!setup_policy(r->c->conf, issuer, &policy, &style, &r->c->mem, &why))
		return;
	rules = setup_key_rules(r->c->conf, &policy, NULL);
	for (int alg = 0; alg < ALG_COUNT; alg++)
		if (alg_is_slow((enum jose_alg)alg) && (alg == (int)rules.alg || (rules.algs & BIT(alg))))
			keys_do(r->own, kek, &rules,
			    &(struct key_order){ .what = KEY_IMPORT, .issuer = issuer, .der = der, .now = true,
				.alg = str_of(alg_name((enum jose_alg)alg)) },
			    clock_now_s(), &r->c->mem, &kid, &why);
}

/* One RSA key for all: making one takes longer than everything else. Where it cannot be, each gets its own. */
static void
keys_share(struct rehearsal *r, const uint8_t kek[32])
{
	const struct str *issuers;
	size_t n = conf_names(r->c->conf, SEC_ISSUER, &issuers);
	struct key *key = key_generate(ALG_RS256);
	struct str der = key != NULL ? key_private_der(&r->c->mem, key) : STR_ABSENT;

	for (size_t i = 0; str_given(der) && i < n; i++)
		issuer_keys_share(r, kek, issuers[i], der);
	if (key != NULL)
		key_free(key);
}

static bool
snapshot_make(struct rehearsal *r)
{
	uint8_t kek[32];
	struct findings f;

	rand_bytes(kek, sizeof kek);
	findings_init(&f, &r->c->mem);
	keys_share(r, kek);
	r->secrets = secret_memory_new(SECRETS_KEPT);
	r->snap = snapshot_build(r->c->conf, r->own, r->secrets, kek, &f);
	explicit_bzero(kek, sizeof kek);
	return r->snap != NULL || cli_fail(r->c, findings_lines(&f, FINDING_ERROR), STR_ABSENT);
}

/* What happens in a store that is thrown away is nobody's business. */
static bool
unrecorded(void *ctx, enum event what, struct str line)
{
	(void)ctx, (void)what, (void)line;
	return true;
}

bool
rehearsal_begin(struct rehearsal *r, struct cli *c, struct str realm)
{
	struct str why = STR_ABSENT;

	*r = (struct rehearsal){ .c = c, .secret = drawn(&c->mem) };
	if (!cli_store_is_there(c, &why) || (r->live = setup_store(c->conf, true, &c->mem, &why)) == NULL)
		return cli_fail(c, why, STR_ABSENT);
	if (!named_find(r, realm) || !directory_make(r))
		return false;
	record_to(unrecorded, NULL);
	r->own = store_open(&(struct store_conf){ .path = r->dir, .readers = 1 }, &c->mem, &why);
	if (r->own == NULL)
		return cli_fail(c, why, STR_ABSENT);
	return realm_copy(r, realm) && resources_copy(r, realm) && client_copy(r) && person_copy(r)
	    && snapshot_make(r);
}

void
rehearsal_end(struct rehearsal *r)
{
	if (r->snap != NULL)
		snapshot_drop(r->snap);
	if (r->secrets != NULL)
		secret_memory_free(r->secrets);
	if (r->own != NULL)
		store_close(r->own);
	if (r->live != NULL)
		store_close(r->live);
	record_to(NULL, NULL);
	if (str_given(r->dir))
		directory_drop(r);
}

struct str
rehearsal_kid(struct rehearsal *r, struct str issuer, struct str alg)
{
	struct key_row *rows;
	size_t n;

	if (keys_all(r->live, &r->c->mem, issuer, &rows, &n))
		for (size_t i = 0; i < n; i++)
			if (str_eq(rows[i].alg, alg) && str_is(rows[i].state, "active"))
				return rows[i].kid;
	return STR_ABSENT;
}

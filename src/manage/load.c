/*
 * manage/load.c - realm.load: clients, users and resource servers of one realm, inserted or replaced. All are read
 * before any is written.
 */
#include "manage/manage_int.h"

/* Each record, and what is there of a user. */
struct load {
	struct resource_server *servers; struct client *clients; struct user *users, *old_users;
	size_t n_servers, n_clients, n_users;
};

/* Which of the two is meant cannot be told. */
static bool
twice(struct job *j, struct str place, struct str name)
{
	return job_refuse(j, "invalid", "leave one of the two out", "%.*s\"%.*s\" is in the list twice",
	    STR_ARG(place), STR_ARG(name));
}

static bool
says_secret(const json_t *obj, const char *clear, const char *encoded)
{
	return json_object_get(obj, clear) != NULL || json_object_get(obj, encoded) != NULL;
}

/*
 * A record that is silent about the secret keeps the one there is; a confidential client that is
 * new gets one that nobody knows.
 */
static bool
secret_settle(struct job *j, const json_t *obj, struct client *c, const struct client *old)
{
	const json_t *public = json_object_get(obj, "public");
	uint8_t random[32];

	if (says_secret(obj, "secret", "secret_encoded") || json_is_true(public))
		return true;
	if (old->version != 0 && old->secret.n > 0) {
		c->secret = old->secret;
		return true;
	}
	if (!json_is_false(public) || !client_row_is_public(c))         /* one by a key is confidential as it is */
		return true;
	rand_bytes(random, sizeof random);
	c->secret = secret_hash(j->mem, b64url_encode(j->mem, str_span(random, sizeof random)));
	job_warn(j, "secret_unknown", c->id,
	    "the file has no secret for this client: nobody knows the one it has got (hufu client rotate-secret)");
	return str_given(c->secret) || job_refuse(j, "invalid", "send less at once", "the request is too large");
}

static void
password_settle(struct job *j, const json_t *obj, struct user *u, const struct user *old)
{
	if (says_secret(obj, "password", "password_encoded"))
		return;
	if (old->version != 0)
		u->password = old->password;
	else
		job_warn(j, "password_unknown", u->name,
		    "the file has no password for this user: no login by password until one is set (hufu "
		    "user set-password)");
}

/* "users[3]: ", counted from the beginning of the file that these rows are a piece of. */
static struct str
place_of(struct job *j, const char *list, size_t i)
{
	int64_t first = 0;

	json_member_int(j->ask, "first", &first);
	return arena_printf(j->mem, "%s[%lld]: ", list, (long long)first + (long long)i);
}

static bool
read_clients(struct job *j, const json_t *list, struct str realm, struct load *l)
{
	struct client old;
	const json_t *one;
	size_t i;

	l->clients = arena_array(j->mem, struct client, json_array_size(list));
	json_array_foreach(list, i, one) {
		struct str place = place_of(j, "clients", i);
		if (l->clients == NULL || !client_load(j, one, realm, &l->clients[i], &old, place)
		    || !secret_settle(j, one, &l->clients[i], &old))
			return false;
		client_warnings(j, &l->clients[i]);
		for (size_t k = 0; k < i; k++)
			if (str_eq(l->clients[k].id, l->clients[i].id))
				return twice(j, place, l->clients[i].id);
		l->n_clients++;
	}
	return true;
}

static bool
read_servers(struct job *j, const json_t *list, struct str realm, struct load *l)
{
	const json_t *one;
	size_t i;

	l->servers = arena_array(j->mem, struct resource_server, json_array_size(list));
	json_array_foreach(list, i, one) {
		struct str place = place_of(j, "resource_servers", i);

		if (l->servers == NULL || !resource_load(j, one, realm, &l->servers[i], place))
			return false;
		for (size_t k = 0; k < i; k++)
			if (str_eq(l->servers[k].id, l->servers[i].id))
				return twice(j, place, l->servers[i].id);
		l->n_servers++;
	}
	return true;
}

static bool
id_twice(struct job *j, const struct load *l, size_t i, struct str place)
{
	for (size_t k = 0; k < i; k++)
		if (memcmp(&l->users[k].id, &l->users[i].id, sizeof l->users[i].id) == 0)
			return !job_refuse(j, "invalid", "leave it out of one of them",
			    "%.*sthe id of \"%.*s\" is that of \"%.*s\" too", STR_ARG(place),
			    STR_ARG(l->users[i].name), STR_ARG(l->users[k].name));
	return false;
}

/* A name, and as it is compared where the realm folds: once for each, for all pairs are compared. */
struct name { struct str as_is, folded; };

/* The realm is asked only about two names that differ by case alone. */
static bool
same_name(struct job *j, struct str realm, const struct name *a, const struct name *b)
{
	bool folds;

	return str_eq(a->as_is, b->as_is)
	    || (str_eq(a->folded, b->folded) && realm_folds(j, realm, &folds) && folds);
}

static bool
read_users(struct job *j, const json_t *list, struct str realm, struct load *l)
{
	struct name *names;
	const json_t *one;
	size_t i;

	l->users = arena_array(j->mem, struct user, json_array_size(list));
	l->old_users = arena_array(j->mem, struct user, json_array_size(list));
	names = arena_array(j->mem, struct name, json_array_size(list));
	json_array_foreach(list, i, one) {
		struct str place = place_of(j, "users", i);
		if (l->users == NULL || l->old_users == NULL || names == NULL
		    || !user_load(j, one, realm, &l->users[i], &l->old_users[i], place))
			return false;
		names[i] = (struct name){ l->users[i].name, str_fold(j->mem, l->users[i].name) };
		if (!str_given(names[i].folded))
			return false;
		for (size_t k = 0; k < i; k++)
			if (same_name(j, realm, &names[k], &names[i]))
				return twice(j, place, l->users[i].name);
		if (id_twice(j, l, i, place))
			return false;
		password_settle(j, one, &l->users[i], &l->old_users[i]);
		l->n_users++;
	}
	return true;
}

static bool
write_all(struct job *j, const struct load *l)
{
	struct store_op ops[STORE_OPS_MAX];
	size_t n = 0, all = l->n_servers + l->n_clients + l->n_users;

	for (size_t i = 0; i < all; i++) {
		size_t of_clients = i - l->n_servers, k = of_clients - l->n_clients;

		if (i < l->n_servers)
			ops[n++] = resource_op(&l->servers[i]);
		else if (of_clients < l->n_clients)
			ops[n++] = client_op(&l->clients[of_clients]);
		else
			n += user_ops(j, &ops[n], &l->users[k], &l->old_users[k]);
		if (n + 2 > STORE_OPS_MAX || i + 1 == all) {
			if (!job_commit(j, ops, n))
				return false;
			j->changed = true;
			n = 0;
		}
	}
	return true;
}

/* Not read anew: whoever was told "done" meanwhile would see it undone (S6). */
static bool
outrun(struct job *j)
{
	j->again = false;
	return job_refuse(j, "exists", "look at what was changed, then load the file again",
	    "somebody changed a client or user of this file while it was loaded; what was changed stands");
}

bool
realm_fill(struct job *j)
{
	const json_t *clients = json_object_get(j->ask, "clients"), *users = json_object_get(j->ask, "users");
	const json_t *servers = json_object_get(j->ask, "resource_servers");
	struct load l = { 0 };
	struct str realm;
	struct buf b;

	j->check = json_is_true(json_object_get(j->ask, "check"));
	if (!job_realm(j, &realm))
		return false;
	if ((clients != NULL && !json_is_array(clients)) || (users != NULL && !json_is_array(users))
	    || (servers != NULL && !json_is_array(servers)))
		return job_refuse(j, "invalid", "correct the file", "clients, users and resource_servers must be lists");
	if (json_array_size(clients) == 0)
		realm_warning(j, realm);                /* with a client it is said by that one */
	if (!read_servers(j, servers, realm, &l) || !read_clients(j, clients, realm, &l) || !read_users(j, users, realm, &l))
		return str_given(j->out)
		    ? false
		    : job_refuse(j, "invalid", "send less at once", "the request is too large");
	if (!j->check && !write_all(j, &l))
		return j->again ? outrun(j) : false;
	answer_open(j, &b);
	jm_int(&b, S("clients"), (int64_t)l.n_clients);
	jm_int(&b, S("users"), (int64_t)l.n_users);
	if (servers != NULL)
		jm_int(&b, S("resource_servers"), (int64_t)l.n_servers);
	if (j->check)
		hash_put(j, &b);
	else
		warnings_put(j, &b);
	return answer_close(j, &b);
}

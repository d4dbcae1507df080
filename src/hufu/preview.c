/*
 * hufu/preview.c - hufu preview: what a client would get at each issuer that it belongs to, its answers and what its
 * tokens say, with nothing given and nothing written.
 */
#include "hufu/preview.h"

static const struct opt options[] = {
	{ "--client", "client", OPT_LOCAL, T_o_pv_client },
	{ "--user", "user", OPT_LOCAL, T_o_pv_user },
	{ "--issuer", "issuer", OPT_LOCAL, T_o_pv_issuer },
	{ "--dialect", "dialect", OPT_LOCAL, T_o_pv_dialect },
	{ "--grant", "grant", OPT_LOCAL, T_o_pv_grant },
	{ "--scope", "scope", OPT_LOCAL, T_o_pv_scope },
	{ "--resource", "resource", OPT_LOCAL, T_o_pv_resource },
	{ "--userinfo", "userinfo", OPT_LOCAL_FLAG, T_o_pv_userinfo },
	{ "--introspection", "introspection", OPT_LOCAL_FLAG, T_o_pv_introspection },
	{ "--realm", "realm", OPT_TEXT, T_o_realm },
	OPT_END,
};

static bool
fits(struct str wanted, struct str name)
{
	return !str_given(wanted) || str_eq(wanted, name);
}

/* By its name, or the last word of one that is a URN: "device_code", "token-exchange". */
static bool
grant_is_called(const struct grant *g, struct str name)
{
	struct str all = str_of(g->name);

	return str_eq(all, name)
	    || (all.n > name.n && str_ends(all, name) && all.p[all.n - name.n - 1] == ':');
}

/* Without --grant: what the client has registered and the dialect knows, those of a user where one is named. */
static bool
grant_is_wanted(struct rehearsal *r, const struct mount *t, const struct grant *g)
{
	struct str named = json_member_str(r->c->local, "grant");
	bool user;

	if (!preview_knows(g, &user) || (user && !r->has_user))
		return false;
	if (str_given(named))
		return grant_is_called(g, named);
	return str_has_word(r->client.grants, str_of(g->name), ' ') && wire_preview_grant(t->wire, g) != NULL;
}

static json_t *
issuer_preview(struct rehearsal *r, const struct mount *t)
{
	json_t *out = json_object(), *all = json_array(), *one;

	if (out == NULL || all == NULL)
		return NULL;
	json_put_str(out, "issuer", t->issuer->name);
	json_put_str(out, "url", t->issuer->url);
	json_put_str(out, "dialect", wire_name(t->wire));
	json_object_set_new(out, "grants", all);
	for (int i = 0; i < GI_COUNT; i++)
		if (grant_is_wanted(r, t, grants[i]) && (one = preview_grant(r, t, grants[i])) != NULL)
			json_array_append_new(all, one);
	return out;
}

static json_t *
all_preview(struct rehearsal *r, struct str realm)
{
	json_t *out = json_object(), *issuers = json_array();
	struct str issuer = json_member_str(r->c->local, "issuer"), dialect = json_member_str(r->c->local, "dialect");

	if (out == NULL || issuers == NULL)
		return NULL;
	json_put_str(out, "client", r->client.id);
	if (r->has_user)
		json_put_str(out, "user", r->user.name);
	json_object_set_new(out, "issuers", issuers);
	for (const struct mount *const *t = r->snap->mounts; *t != NULL; t++)
		if (str_eq(realm_name((*t)->issuer->realm), realm) && fits(issuer, (*t)->issuer->name)
		    && fits(dialect, wire_name((*t)->wire)))
			json_array_append_new(issuers, issuer_preview(r, *t));
	return out;
}

/* Of --issuer, --realm, or the only one. Absent: already complained. */
static struct str
realm_wanted(struct cli *c)
{
	struct str issuer = json_member_str(c->local, "issuer");

	if (str_given(issuer) && !conf_has(c->conf, SEC_ISSUER, issuer)) {
		cli_fail(c, FILL(c, T_pv_no_issuer, issuer), STR_ABSENT);
		return STR_ABSENT;
	}
	if (str_given(issuer))
		return conf_text(c->conf, SEC_ISSUER, issuer, "realm");
	if (!str_given(json_member_str(c->ask, "realm")) && !cli_realm(c))
		return STR_ABSENT;
	return json_member_str(c->ask, "realm");
}

static bool
grant_is_known(struct cli *c)
{
	struct str named = json_member_str(c->local, "grant"), user = json_member_str(c->local, "user");
	bool needs_user;

	if (!str_given(named))
		return true;
	for (int i = 0; i < GI_COUNT; i++)
		if (grant_is_called(grants[i], named) && preview_knows(grants[i], &needs_user))
			return !needs_user || str_given(user) || cli_usage(c, FILL(c, T_pv_needs_user, named));
	return cli_usage(c, FILL(c, T_pv_no_grant, named));
}

static int
preview(struct cli *c)
{
	struct rehearsal r;
	struct str realm;
	json_t *all = NULL;

	if (!str_given(json_member_str(c->local, "client")))
		return cli_usage(c, str_of(text(c, T_pv_needs_client))), c->code;
	if (!grant_is_known(c) || cli_conf(c) == NULL || !str_given(realm = realm_wanted(c)))
		return c->code;
	if (rehearsal_begin(&r, c, realm) && (all = all_preview(&r, realm)) == NULL)
		cli_fail(c, str_of(text(c, T_no_memory)), STR_ABSENT);
	if (all != NULL && c->json)
		out_json(c, all);
	else if (all != NULL)
		preview_print(c, all);
	json_decref(all);
	rehearsal_end(&r);
	return c->code;
}

const struct command preview_commands[] = {
	{ "preview", NULL, NULL, T_d_preview, .opts = options, .run = preview },
	{ .noun = NULL },
};

/* manage/resource.c - resource servers: create, list, show, set, delete, and what a load says of them. */
#include "manage/manage_int.h"
#include "oauth/client_metadata.h"

/* RFC 9068 section 2.1; "JWT" for readers that know no other, as Spring Security's default. */
static const char *
check_typ(struct str s)
{
	return str_is(s, "at+jwt") || str_is(s, "JWT") ? NULL : say("must be at+jwt or JWT");
}

static const char *
check_shape(struct str s)
{
	return str_is(s, "jwt") || str_is(s, "opaque") ? NULL : say("must be jwt or opaque");
}

const struct field resource_fields[] = {
	{ "name", FIELD_TEXT, offsetof(struct resource_server, name), check_text },
	{ "scopes", FIELD_WORDS, offsetof(struct resource_server, scopes), check_scope, SCOPES_SIZE_MAX,
	    SCOPE_WORDS_MAX },
	{ "signing_alg", FIELD_TEXT, offsetof(struct resource_server, signing_alg), signing_alg_trouble },
	{ "typ", FIELD_TEXT, offsetof(struct resource_server, typ), check_typ },
	{ "shape", FIELD_TEXT, offsetof(struct resource_server, shape), check_shape },
	{ "sign_out_uri", FIELD_TEXT, offsetof(struct resource_server, sign_out_uri), check_web_uri },
	{ "access_ttl_s", FIELD_TTL, offsetof(struct resource_server, access_ttl_s), NULL },
	{ "enabled", FIELD_BOOL, offsetof(struct resource_server, enabled), NULL },
	{ .name = NULL },
};
#define RESOURCE_KNOWN "do realm id"

static struct resource_server
fresh(struct str realm, struct str id)
{
	int64_t now = clock_now_s();

	return (struct resource_server){ .realm = realm, .id = id, .name = S(""), .scopes = S(""), .signing_alg = S(""),
		.typ = S(""), .shape = S(""), .sign_out_uri = S(""), .access_ttl_s = -1, .enabled = true, .created_s = now, .updated_s = now };
}

static void
put_json(struct buf *b, const struct resource_server *r)
{
	jw_open(b, '{');
	jm_str(b, S("realm"), r->realm);
	jm_str(b, S("id"), r->id);
	jm_str(b, S("name"), r->name);
	jm_words(b, S("scopes"), r->scopes, ' ');
	jm_str(b, S("signing_alg"), r->signing_alg);
	jm_str(b, S("typ"), r->typ);
	jm_str(b, S("shape"), r->shape);
	jm_str(b, S("sign_out_uri"), r->sign_out_uri);
	jm_int(b, S("access_ttl_s"), r->access_ttl_s);
	jm_bool(b, S("enabled"), r->enabled);
	jm_int(b, S("created_s"), r->created_s);
	jm_int(b, S("updated_s"), r->updated_s);
	jw_close(b, '}');
}

static bool
answer(struct job *j, const struct resource_server *r)
{
	struct buf b;

	answer_open(j, &b);
	jw_name(&b, S("resource"));
	put_json(&b, r);
	warnings_put(j, &b);
	return answer_close(j, &b);
}

/*
 * It is named in tokens and in lists of words; a client can ask for it by name when it is a URI (RFC 8707 section 2).
 */
static bool
id_is_sound(struct job *j, struct str id, struct str place)
{
	const char *wrong = str_given(id) ? check_word(id) : say("is needed");
	struct url u;

	if (wrong == NULL && (str_index(id, '"') >= 0 || str_index(id, '\\') >= 0))
		wrong = say("must be words of visible ASCII characters");
	if (wrong == NULL && str_index(id, '#') >= 0)
		wrong = say("must not have a fragment ('#')");
	if (wrong != NULL)
		return job_refuse(j, "invalid", "give the address of the API, such as https://api.example",
		    "%.*sthe resource id %s", STR_ARG(place), wrong);
	if (url_read(id, &u) != NULL)
		job_warn(j, "resource_no_uri", id,
		    "no request can name it: resource takes absolute URIs only (RFC 8707); clients need it in their list");
	return true;
}

static bool
is_sound(struct job *j, const struct resource_server *r, struct str place)
{
	if (r->access_ttl_s == 0)
		return job_refuse(j, "invalid", "give a number of seconds, or nothing for the issuer's",
		    "%.*stokens for a resource server must expire", STR_ARG(place));
	if (str_is(r->shape, "opaque") && (r->typ.n > 0 || r->signing_alg.n > 0))
		return job_refuse(j, "invalid", "leave out typ and algorithm, or make its tokens signed",
		    "%.*san opaque token has neither typ nor algorithm", STR_ARG(place));
	return true;
}

static bool
find(struct job *j, struct resource_server *r)
{
	struct str realm, id = job_arg(j, "id");
	enum store_found found;

	if (!job_realm(j, &realm))
		return false;
	if (str_empty(id))
		return job_refuse(j, "invalid", "name it in the member \"id\" (--id)", "a resource id is needed");
	found = store_resource_server(j->store, j->mem, realm, id, r);
	if (found == NOT_FOUND)
		return job_refuse(j, "not_found", "hufu resource list shows those there are",
		    "there is no resource server \"%.*s\" in realm \"%.*s\"", STR_ARG(id), STR_ARG(realm));
	return found == FOUND || job_store_failed(j);
}

struct store_op
resource_op(const struct resource_server *r)
{
	return (struct store_op){ .kind = r->version == 0 ? OP_RESOURCE_ADD : OP_RESOURCE_SET, .resource.row = r };
}

static bool
put(struct job *j, struct resource_server *r)
{
	struct store_op op = resource_op(r);

	r->updated_s = clock_now_s();
	return job_commit(j, &op, 1);
}

bool
resource_create(struct job *j)
{
	struct str realm, id = job_arg(j, "id");
	struct resource_server r, old;
	enum store_found found;

	if (!job_realm(j, &realm) || !id_is_sound(j, id, S("")))
		return false;
	if ((found = store_resource_server(j->store, j->mem, realm, id, &old)) != NOT_FOUND)
		return found == FIND_FAILED
		    ? job_store_failed(j)
		    : job_refuse(j, "exists", "change this one with hufu resource set",
			"there is already a resource server \"%.*s\"", STR_ARG(id));
	r = fresh(realm, id);
	if (!fields_read(j, j->ask, resource_fields, RESOURCE_KNOWN, &r, S("")) || !is_sound(j, &r, S("")) || !put(j, &r))
		return false;
	realm_warning(j, realm);
	return answer(j, &r);
}

bool
resource_set(struct job *j)
{
	struct resource_server r;

	return find(j, &r) && fields_read(j, j->ask, resource_fields, RESOURCE_KNOWN, &r, S("")) && is_sound(j, &r, S(""))
	    && put(j, &r) && answer(j, &r);
}

bool
resource_show(struct job *j)
{
	struct resource_server r;

	return find(j, &r) && answer(j, &r);
}

bool
resource_delete(struct job *j)
{
	struct resource_server r;
	struct store_op op = { .kind = OP_RESOURCE_DELETE, .resource.row = &r };

	return find(j, &r) && job_commit(j, &op, 1) && answer(j, &r);
}

/* --- resource.list ---------------------------------------------------------------------------- */

static int
resources_read(struct page *p, void *rows, int max)
{
	return store_resource_servers(p->job->store, &p->mem, *(const struct str *)p->filter, p->after, max, rows);
}

static bool
resource_wanted(const struct page *p, const void *row)
{
	const struct resource_server *r = row;
	struct str text = job_arg(p->job, "search");

	return flag_fits(p->job, "enabled", r->enabled) && word_fits(r->scopes, job_arg(p->job, "scope"))
	    && (says(r->id, text) || says(r->name, text));
}

static void
resource_row_put(struct page *p, const void *row)
{
	put_json(&p->out, row);
}

static struct str
resource_key(struct page *p, const void *row)
{
	return arena_dup(p->job->mem, ((const struct resource_server *)row)->id);
}

bool
resource_list(struct job *j)
{
	static const struct paged resources = { "resources", sizeof(struct resource_server), resources_read,
		resource_wanted, resource_row_put, resource_key };
	struct str realm;

	return job_realm(j, &realm) && page_answer(j, &resources, &realm);
}

/* --- realm.load ------------------------------------------------------------------------------- */

bool
resource_load(struct job *j, const json_t *obj, struct str realm, struct resource_server *out, struct str place)
{
	struct str id = json_member_str(obj, "id");
	struct resource_server old;
	enum store_found found;

	if (!id_is_sound(j, id, place))
		return false;
	*out = fresh(realm, id);
	if (!fields_read(j, obj, resource_fields, RESOURCE_KNOWN, out, place) || !is_sound(j, out, place))
		return false;
	found = store_resource_server(j->store, j->mem, realm, id, &old);
	if (found == FOUND) {
		out->created_s = old.created_s;
		out->version = old.version;
	}
	return found != FIND_FAILED || job_store_failed(j);
}

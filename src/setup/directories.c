/* setup/directories.c - the directories of the settings as login/ wants them, one each, whoever uses it. */
#include "setup/setup_int.h"

#include "login/ldap.h"

static const struct conf_value *
value_of(const struct conf *c, struct str name, const char *key)
{
	return conf_get(c, SEC_DIRECTORY, name, key);
}

static const char *
z_of(const struct conf *c, struct arena *mem, struct str name, const char *key)
{
	const char *z = arena_z(mem, value_of(c, name, key)->text);

	return z != NULL ? z : "";
}

/* A snapshot outlives its settings. */
static const struct str *
words_of(struct arena *mem, const struct conf_value *v)
{
	struct str *out = arena_array(mem, struct str, v->n_words);

	for (size_t i = 0; out != NULL && i < v->n_words; i++)
		out[i] = arena_dup(mem, v->words[i]);
	return out;
}

static bool
urls_read(struct directory *d, const struct conf_value *v, struct arena *mem)
{
	const char **urls = arena_array(mem, const char *, v->n_words);
	_Atomic int64_t *dead = (_Atomic int64_t *)arena_calloc(mem, v->n_words, sizeof(_Atomic int64_t));

	if (urls == NULL || dead == NULL)
		return false;
	for (size_t i = 0; i < v->n_words; i++) {
		atomic_init(&dead[i], 0);
		urls[i] = arena_z(mem, v->words[i]);
		if (urls[i] == NULL)
			return false;
	}
	d->urls = urls;
	d->dead_until_ms = dead;
	d->n_urls = v->n_words;
	return true;
}

static void
attributes_read(struct directory *d, const struct conf *c, struct str name, struct arena *mem)
{
	d->name_attr = z_of(c, mem, name, "name_attribute");
	d->display_name_attr = z_of(c, mem, name, "display_name_attribute");
	d->mail_attr = z_of(c, mem, name, "mail_attribute");
	d->phone_attr = z_of(c, mem, name, "phone_attribute");
	d->number_attr = z_of(c, mem, name, "number_attribute");
	d->group_attr = z_of(c, mem, name, "group_attribute");
	d->groups = words_of(mem, value_of(c, name, "groups"));
	d->n_groups = value_of(c, name, "groups")->n_words;
	d->authority_prefix = arena_dup(mem, value_of(c, name, "authority_prefix")->text);
	d->authorities = arena_dup(mem, value_of(c, name, "authorities")->text);
}

/* Groups seldom stand below the people: the domain of the base, "dc=corp,dc=example", else the base itself. */
static const char *
group_base(const struct conf *c, struct arena *mem, struct str name)
{
	struct str base = value_of(c, name, "base")->text, said = value_of(c, name, "group_base")->text;

	for (struct str rest = base; str_empty(said) && str_given(rest) && rest.n > 0; (void)str_cut(&rest, ','))
		if (str_starts_nocase(str_trim(rest), S("dc=")))
			said = rest;
	return arena_z(mem, str_empty(said) ? base : str_trim(said));
}

bool
directory_is_of_realm(const struct conf *c, struct str name, struct str realm)
{
	const struct str *issuers;
	size_t n = conf_names(c, SEC_ISSUER, &issuers);
	struct str said = value_of(c, name, "realm")->text;

	if (!str_empty(said) && str_eq(said, realm))
		return true;
	for (size_t i = 0; i < n; i++)
		if (str_eq(conf_text(c, SEC_ISSUER, issuers[i], "realm"), realm)
		    && str_eq(conf_text(c, SEC_ISSUER, issuers[i], "directory"), name))
			return true;
	return false;
}

struct str
directory_at_login(const struct conf *c, struct str issuer, struct str *doubt)
{
	struct str own = conf_text(c, SEC_ISSUER, issuer, "directory"),
		   realm = conf_text(c, SEC_ISSUER, issuer, "realm"), found = S("");
	const struct str *names;
	size_t n = conf_names(c, SEC_DIRECTORY, &names);

	*doubt = STR_ABSENT;
	if (str_is(own, DIRECTORY_NONE))
		return S("");
	for (size_t i = 0; str_empty(own) && i < n; i++) {
		if (!directory_is_of_realm(c, names[i], realm))
			continue;
		if (str_empty(found))
			found = names[i];
		else
			*doubt = names[i];
	}
	return str_empty(own) ? found : own;
}

struct directory *
directory_read(const struct conf *c, struct str name, struct arena *mem, struct findings *f)
{
	struct directory *d = arena_new(mem, struct directory);

	if (d == NULL)
		return NULL;
	*d = (struct directory){
		.name = arena_dup(mem, name),
		.starttls = value_of(c, name, "starttls")->number != 0,
		.ca_file = z_of(c, mem, name, "ca_file"),
		.bind = (enum directory_bind)value_of(c, name, "bind")->number,
		.domain = arena_dup(mem, value_of(c, name, "domain")->text),
		.bind_dn = z_of(c, mem, name, "bind_dn"),
		.bind_password = arena_dup(mem, value_of(c, name, "bind_password")->text),
		.base = z_of(c, mem, name, "base"),
		.filter = arena_dup(mem, value_of(c, name, "filter")->text),
		.connect_ms = value_of(c, name, "connect_timeout")->number * 1000,
		.operation_ms = value_of(c, name, "operation_timeout")->number * 1000,
		.group_base = group_base(c, mem, name),
		.nested = (enum directory_nested)value_of(c, name, "nested_groups")->number,
		.change = (enum directory_change)value_of(c, name, "password_change")->number,
		.recheck_s = value_of(c, name, "recheck")->number,
		.grace_s = value_of(c, name, "grace")->number,
		.create_users = value_of(c, name, "create_users")->number != 0,
		.link_users = value_of(c, name, "link_users")->number != 0,
	};
	attributes_read(d, c, name, mem);
	d->claims = claim_map_read(mem, value_of(c, name, "claims")->words, value_of(c, name, "claims")->n_words, f);
	return urls_read(d, value_of(c, name, "urls"), mem) && !mem->full ? d : NULL;
}

/* An issuer that names no directory takes that of its realm: there must not be two. */
static void
login_pages_are_certain(const struct conf *c, struct findings *f)
{
	const struct str *issuers;
	size_t n = conf_names(c, SEC_ISSUER, &issuers);

	for (size_t i = 0; i < n; i++) {
		struct str doubt, name = directory_at_login(c, issuers[i], &doubt);

		if (str_given(doubt))
			complain(f, conf_where(c, SEC_ISSUER, issuers[i], "directory"),
			    "issuer %.*s: directory: its realm has more than one, %.*s and %.*s; say which "
			    "of them its login page asks, or none",
			    STR_ARG(issuers[i]), STR_ARG(name), STR_ARG(doubt));
	}
}

static void
directory_is_consistent(const struct conf *c, struct str name, struct findings *f)
{
	const struct directory *d;
	struct str why = STR_ABSENT;
	struct findings found;

	findings_init(&found, f->mem);
	d = directory_read(c, name, f->mem, &found);
	if (d == NULL)
		findings_add(&found, FINDING_ERROR, STR_ABSENT, "memory is exhausted");
	else
		directory_judge(d, &found);
	if (!directory_library_load(f->mem, &why))
		findings_put(&found, FINDING_ERROR, STR_ABSENT, why);
	complain_of(f, c, SEC_DIRECTORY, name, arena_say(f->mem, "directory %.*s: ", STR_ARG(name)), &found);
}

void
directories_are_consistent(const struct conf *c, struct findings *f)
{
	const struct str *names;
	size_t n = conf_names(c, SEC_DIRECTORY, &names);

	for (size_t i = 0; i < n; i++)
		directory_is_consistent(c, names[i], f);
	login_pages_are_certain(c, f);
}

/* setup/dialects.c - the dialect that an issuer names: a built-in one, or one of the section `dialects`. */
#include "setup/setup_int.h"

static const struct conf_value *
value_of(const struct conf *c, struct str dialect, const char *name)
{
	return conf_get(c, SEC_DIALECT, dialect, name);
}

bool
dialect_is_own(const struct conf *c, struct str name)
{
	return conf_has(c, SEC_DIALECT, name);
}

static struct wire_spec
spec_of(const struct conf *c, struct str name)
{
	const struct conf_value *base = value_of(c, name, "based_on"), *status = value_of(c, name, "failure_status");
	const struct conf_value *from = value_of(c, name, "read_from"), *bare = value_of(c, name, "bare_grants"), *separator = value_of(c, name, "scope_separator"), *type = value_of(c, name, "content_type");
	const struct conf_value *unknown = value_of(c, name, "unknown_paths"), *less = value_of(c, name, "expires_less");

	return (struct wire_spec){
		.name = name, .where = conf_where(c, SEC_DIALECT, name, "based_on"), .based_on = base->text,
		.paths = value_of(c, name, "paths")->map, .methods = value_of(c, name, "methods")->map,
		.parameters = value_of(c, name, "parameters")->map, .grants = value_of(c, name, "grants")->map,
		.token_answer = value_of(c, name, "token_answer")->map, .access_claims = value_of(c, name, "access_claims")->map,
		.success = value_of(c, name, "success")->map, .failure = value_of(c, name, "failure")->map, .done = value_of(c, name, "done")->map,
		.check_token = value_of(c, name, "check_token")->map, .userinfo = value_of(c, name, "userinfo")->map,
		.redirect = value_of(c, name, "redirect")->map, .errors = value_of(c, name, "errors")->map,
		.read_from = from->words, .n_read_from = from->n_words, .bare_grants = bare->words, .n_bare_grants = bare->n_words,
		.scope_separator = separator->set ? separator->text : STR_ABSENT, .content_type = type->set ? type->text : STR_ABSENT,
		.failure_status = !status->set ? 0 : status->number == 0 ? 1 : 200,
		.unknown_to_login = unknown->set ? unknown->number == 0 : -1, .expires_less = less->set ? (int)less->number : -1,
	};
}

/* "modern, spring, ..." and the operator's own. */
static struct str
dialects(const struct conf *c, struct arena *mem)
{
	const struct str *names;
	size_t n = conf_names(c, SEC_DIALECT, &names);
	struct buf b;

	buf_init(&b, mem, 32 * 1024);
	for (const struct wire *const *w = wires; *w != NULL; w++) {
		if (w != wires)
			buf_put(&b, S(", "));
		buf_put(&b, wire_name(*w));
	}
	for (size_t i = 0; i < n; i++) {
		buf_put(&b, S(", "));
		buf_put(&b, names[i]);
	}
	return buf_str(&b);
}

static const struct wire *
own_dialect(const struct conf *c, struct str name, struct arena *mem, struct findings *f)
{
	struct wire_spec spec = spec_of(c, name);

	return value_of(c, name, "based_on")->set ? wire_derive(&spec, mem, f) : NULL;  /* the reader said so */
}

static struct str
unknown_dialect(const struct conf *c, struct str name, struct arena *mem)
{
	return arena_say(mem, "\"%.*s\" is not known; choose one of %.*s", STR_ARG(name), STR_ARG(dialects(c, mem)));
}

const struct wire *
dialect_of(const struct conf *c, struct str issuer, struct arena *mem, struct findings *f)
{
	const struct conf_value *v = conf_get(c, SEC_ISSUER, issuer, "dialect");
	const struct wire *w;

	if (dialect_is_own(c, v->text))
		return own_dialect(c, v->text, mem, f);
	w = wire_named(v->text);
	if (w == NULL)
		complain(f, conf_where(c, SEC_ISSUER, issuer, "dialect"), "dialect: %.*s",
		    STR_ARG(unknown_dialect(c, v->text, mem)));
	return w;
}

const struct wire *
setup_dialect(const struct conf *c, struct str name, struct arena *mem, struct str *why)
{
	const struct wire *w = wire_named(name);
	struct findings f;

	if (!dialect_is_own(c, name)) {
		*why = w == NULL ? unknown_dialect(c, name, mem) : STR_ABSENT;
		return w;
	}
	findings_init(&f, mem);
	w = own_dialect(c, name, mem, &f);
	*why = findings_lines(&f, FINDING_ERROR);
	return w;
}

void
dialects_are_consistent(const struct conf *c, struct arena *mem, struct findings *f)
{
	const struct str *names;
	size_t n = conf_names(c, SEC_DIALECT, &names);

	for (size_t i = 0; i < n; i++)
		own_dialect(c, names[i], mem, f);
}

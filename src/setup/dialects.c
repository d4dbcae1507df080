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

#define OF_TREE(v)   (v)->map
#define OF_WORDS(v)  { (v)->words, (v)->n_words }
#define OF_TEXT(v)   (v)->set ? (v)->text : STR_ABSENT
#define OF_NUMBER(v) (v)->set ? &(v)->number : NULL

static struct wire_spec
spec_of(const struct conf *c, struct str name)
{
	return (struct wire_spec){
		.name = name,
		.where = conf_where(c, SEC_DIALECT, name, "based_on"),
		.based_on = value_of(c, name, "based_on")->text,
#define CUSTOM(key, type, read, show) .key = OF_##type(value_of(c, name, #key)),
#include "wire/custom/custom.def"
#undef CUSTOM
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

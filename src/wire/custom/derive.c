/* wire/custom/derive.c - a custom dialect: the tables of a built-in one with what the settings say otherwise. */
#include "wire/custom/custom.h"

static bool
base_found(struct derive *d)
{
	const struct wire_spec *spec = d->spec;
	struct nearest near = nearest_to(spec->based_on);

	d->base = wire_named(spec->based_on);
	for (size_t i = 0; wires[i] != NULL; i++)
		nearest_try(&near, wire_name(wires[i]));
	if (d->base != NULL && wire_named(spec->name) == NULL)
		return true;
	if (d->base != NULL)
		findings_add(d->findings, FINDING_ERROR, spec->where,
		    "`dialects.%.*s`: a built-in dialect has this name; choose another", STR_ARG(spec->name));
	else
		findings_add(d->findings, FINDING_ERROR, spec->where,
		    "`dialects.%.*s.based_on`: \"%.*s\" is no built-in dialect%s%.*s%s",
		    STR_ARG(spec->name), STR_ARG(spec->based_on),
		    str_given(near.name) ? say("; did you mean ") : say("; `hufu dialect list` names them"),
		    STR_ARG(near.name), str_given(near.name) ? "?" : "");
	return false;
}

static const struct wire *
out_of_memory(struct derive *d)
{
	findings_add(d->findings, FINDING_ERROR, d->spec->where, "memory is exhausted");
	return NULL;
}

const struct wire *
wire_derive(const struct wire_spec *spec, struct arena *mem, struct findings *f)
{
	struct derive d = { .spec = spec, .mem = mem, .w = arena_new(mem, struct wire), .findings = f };

	if (!base_found(&d))
		return NULL;
	if (d.w == NULL)
		return out_of_memory(&d);
	*d.w = *d.base;
	d.w->name = arena_z(mem, spec->name);
	d.w->based_on = d.base->name;
#define CUSTOM(key, type, read, show) read(&d);
#include "wire/custom/custom.def"
#undef CUSTOM
	routes_settle(&d);
	if (d.n_wrong > 0)
		return NULL;
	return mem->full ? out_of_memory(&d) : d.w;
}

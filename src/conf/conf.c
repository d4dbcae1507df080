/* conf/conf.c - loading: defaults, file, environment, checks. */
#include "conf/conf_int.h"

static struct conf *
conf_new(struct loader *l)
{
	struct conf *c = calloc(1, sizeof *c);

	if (c == NULL)
		return NULL;
	arena_init(&c->mem, 32 * 1024 * 1024);
	l->conf = c;
	for (int s = 0; s < SEC_COUNT; s++) {
		c->list[s].names = arena_array(&c->mem, struct str, CONF_ITEMS_MAX);
		c->list[s].at = arena_array(&c->mem, struct conf_item, CONF_ITEMS_MAX);
	}
	if (c->mem.full || item_add(l, SEC_TOP, S(""), S("defaults")) == NULL) {
		conf_free(c);
		return NULL;
	}
	return c;
}

/* "<data>/kek" stands below the data directory that was configured. */
static void
fallbacks_below_data(struct loader *l)
{
	struct conf_value *top = l->conf->list[SEC_TOP].at[0].values;
	struct str data = conf_text(l->conf, SEC_TOP, STR_ABSENT, "data");

	for (size_t i = 0; i < settings_count; i++)
		if (settings[i].section == SEC_TOP && !top[i].set && str_starts(top[i].text, S("<data>")))
			top[i].text = ARENA_CAT(&l->conf->mem, data, str_from(top[i].text, 6));
}

static struct str
directory_of(struct str path)
{
	ptrdiff_t slash = str_rindex(path, '/');

	return slash < 0 ? S("") : slash == 0 ? S("/.") : str_sub(path, 0, (size_t)slash);
}

/* The way of every load: text is absent when there is no file. */
static struct conf *
load(struct loader *l, struct str text, char **envp)
{
	if (conf_new(l) == NULL) {
		conf_complain(l, l->file, "out of memory");
		return NULL;
	}
	l->conf->start = str_given(l->file) ? ARENA_CAT(&l->conf->mem, l->file, S(":1")) : S("environment");
	if (str_given(text))
		yaml_load(l, text);
	env_load(l, envp);
	fallbacks_below_data(l);
	findings_form_ends(l->findings);
	if (!l->broken)
		conf_check(l);
	if (l->conf->mem.full || l->mem->full) {
		conf_complain(l, l->conf->start, "the configuration is too large; shorten it");
		l->broken = true;
	}
	if (!l->broken)
		return l->conf;
	conf_free(l->conf);
	return NULL;
}

/* For use: without errors, or not at all. */
static struct conf *
sound_only(struct conf *c, const struct findings *f, struct str *why)
{
	if (c != NULL && f->n_errors == 0)
		return c;
	*why = findings_lines(f, FINDING_ERROR);
	if (str_empty(*why))
		*why = SAY("out of memory while reading the configuration");
	conf_free(c);
	return NULL;
}

static struct conf *
parse(struct str name, struct str text, char **envp, struct findings *f, struct arena *mem)
{
	struct loader l = { .mem = mem, .file = name, .dir = directory_of(name), .findings = f };

	return load(&l, text, envp);
}

struct conf *
conf_parse(struct str name, struct str text, char **envp, struct str *why, struct arena *mem)
{
	struct findings f;

	findings_init(&f, mem);
	return sound_only(parse(name, text, envp, &f, mem), &f, why);
}

struct conf *
conf_read(struct str path, char **envp, struct findings *f, struct arena *mem)
{
	struct str text = STR_ABSENT, cause;

	if (str_given(path) && !file_read(mem, path, CONF_SIZE_MAX, &text, &cause)) {
		findings_add(f, FINDING_ERROR, path,
		    "the configuration cannot be read: %.*s; give its path with --config", STR_ARG(cause));
		return NULL;
	}
	return parse(path, text, envp, f, mem);
}

struct conf *
conf_load(struct str path, char **envp, struct str *why, struct arena *mem)
{
	struct findings f;

	findings_init(&f, mem);
	return sound_only(conf_read(path, envp, &f, mem), &f, why);
}

void
conf_free(struct conf *c)
{
	if (c == NULL)
		return;
	arena_free(&c->mem);
	free(c);
}

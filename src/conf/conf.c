/* conf/conf.c - loading: defaults, file, environment, checks; and reading the result. */
#include <assert.h>

#include "conf/conf_int.h"

void
conf_complain(struct loader *l, struct str where, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	if (l->n_complaints++ >= COMPLAINTS_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (l->complaints.n > 0)
		buf_putc(&l->complaints, '\n');
	buf_put(&l->complaints, where);
	buf_put(&l->complaints, S(": "));
	for (const char *p = text; *p != '\0'; p++)     /* what the file holds must not paint the operator's terminal */
		buf_putc(&l->complaints, (unsigned char)*p < 0x20 || *p == 0x7f ? '?' : *p);
}

bool
item_name_is_good(struct str name)
{
	bool ok = name.n > 0 && name.n <= 64 && name.p[0] != '-';

	for (size_t i = 0; ok && i < name.n; i++)
		ok = (name.p[i] >= 'a' && name.p[i] <= 'z') || (name.p[i] >= '0' && name.p[i] <= '9') || name.p[i] == '-';
	return ok;
}

struct conf_item *
item_find(const struct conf *c, enum setting_section s, struct str name)
{
	const struct conf_items *list = &c->list[s];

	for (size_t i = 0; i < list->n; i++)
		if (s == SEC_TOP || str_eq(list->at[i].name, name))
			return &list->at[i];
	return NULL;
}

struct conf_item *
item_add(struct loader *l, enum setting_section s, struct str name, struct str where)
{
	struct conf_items *list = &l->conf->list[s];
	struct conf_item *item = list->n < CONF_ITEMS_MAX ? &list->at[list->n] : NULL;
	struct conf_value *values = item ? arena_array(&l->conf->mem, struct conf_value, settings_count) : NULL;

	if (values == NULL) {
		conf_complain(l, where, "there are too many %s; at most %d", section_keys[s], CONF_ITEMS_MAX);
		return NULL;
	}
	*item = (struct conf_item){ arena_dup(&l->conf->mem, name), values };
	list->names[list->n++] = item->name;
	for (size_t i = 0; i < settings_count; i++)
		if (settings[i].section == s)
			value_default(l, item, &settings[i]);
	return item;
}

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
load(struct loader *l, struct str text, char **envp, struct str *why)
{
	if (conf_new(l) == NULL) {
		*why = S("out of memory");
		return NULL;
	}
	if (str_given(text))
		yaml_load(l, text);
	env_load(l, envp);
	fallbacks_below_data(l);
	if (l->n_complaints == 0)
		conf_check(l);
	if (l->conf->mem.full || l->mem->full)
		conf_complain(l, l->file, "the configuration is too large; shorten it");
	if (l->n_complaints == 0)
		return l->conf;
	if (l->n_complaints > COMPLAINTS_MAX)
		buf_printf(&l->complaints, "\n... and %d more", l->n_complaints - COMPLAINTS_MAX);
	*why = l->complaints.n > 0 ? buf_str(&l->complaints) : S("out of memory while reading the configuration");
	conf_free(l->conf);
	return NULL;
}

struct conf *
conf_parse(struct str name, struct str text, char **envp, struct str *why, struct arena *mem)
{
	struct loader l = { .mem = mem, .file = name, .dir = directory_of(name) };

	buf_init(&l.complaints, mem, 256 * 1024);
	return load(&l, text, envp, why);
}

struct conf *
conf_load(struct str path, char **envp, struct str *why, struct arena *mem)
{
	struct str text = STR_ABSENT, cause;

	if (str_given(path) && !file_read(mem, path, CONF_SIZE_MAX, &text, &cause)) {
		*why = arena_printf(mem, "%.*s: the configuration cannot be read: %.*s; give its path with --config", STR_ARG(path), STR_ARG(cause));
		return NULL;
	}
	return conf_parse(path, text, envp, why, mem);
}

void
conf_free(struct conf *c)
{
	if (c == NULL)
		return;
	arena_free(&c->mem);
	free(c);
}

size_t
conf_names(const struct conf *c, enum setting_section s, const struct str **out)
{
	assert(s != SEC_TOP);
	*out = c->list[s].names;
	return c->list[s].n;
}

const struct conf_value *
conf_get(const struct conf *c, enum setting_section s, struct str item, const char *name)
{
	const struct setting *row = setting_find(s, str_of(name));
	const struct conf_items *list = &c->list[s];

	assert(row != NULL);
	for (size_t i = 0; i < list->n; i++)
		if (s == SEC_TOP || str_eq(list->at[i].name, item))
			return &list->at[i].values[row - settings];
	assert(!"an item of conf_names");
	abort();
}

/* hufu/args.c - the arguments become an order. Options may stand anywhere; "--" ends them. */
#include "hufu/hufu_int.h"
#include "store/user_claims.h"

/* The arguments not yet read; skip marks those that were. */
struct args { struct cli *c; int n; char **v; bool *read; };

const struct opt global_options[] = {
	{ "--config", "config", OPT_LOCAL, T_global_options },
	{ "--data", "data", OPT_LOCAL, T_global_options }, { "--lang", "lang", OPT_LOCAL, T_global_options },
	{ "--json", "json", OPT_LOCAL_FLAG, T_global_options },
	{ "--help", "help", OPT_LOCAL_FLAG, T_global_options },
	{ "-h", "help", OPT_LOCAL_FLAG, T_global_options },
	{ "--version", "version", OPT_LOCAL_FLAG, T_d_version }, OPT_END,
};

bool
opt_takes_value(enum opt_kind kind)
{
	return kind != OPT_TRUE && kind != OPT_FALSE && kind != OPT_LOCAL_FLAG;
}

/* "--name" or "--name=value". */
static const struct opt *
opt_find(const struct opt *opts, struct str name)
{
	for (; opts != NULL && opts->flag != NULL; opts++)
		if (str_is(name, opts->flag))
			return opts;
	return NULL;
}

static void
append(json_t *ask, const char *member, struct str value)
{
	json_t *list = json_object_get(ask, member);

	if (list == NULL) {
		list = json_array();
		json_object_set_new(ask, member, list);
	}
	json_array_append_new(list, json_str(value));
}

static void
append_words(json_t *ask, const char *member, struct str value)
{
	if (json_object_get(ask, member) == NULL)       /* an empty value empties the list */
		json_object_set_new(ask, member, json_array());
	for (struct str word; str_given(value); ) {
		word = str_trim(str_cut(&value, ' '));
		if (word.n > 0)
			append(ask, member, word);
	}
}

/* 60, 15m, 12h, 30d; "default" is null: the issuer's own. */
static bool
life_read(struct cli *c, const struct opt *o, struct str value)
{
	static const struct {
		char unit;
		int64_t factor;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	struct str digits = value;
	int64_t n, factor = 1;

	if (str_is(value, "default"))
		return json_object_set_new(c->ask, o->member, json_null()) == 0;
	for (size_t i = 0; i < COUNT(units); i++) {
		if (value.n > 1 && value.p[value.n - 1] == units[i].unit) {
			factor = units[i].factor;
			digits = str_sub(value, 0, value.n - 1);
		}
	}
	if (!str_int(digits, &n) || n < 0 || n > INT64_C(3153600000) / factor)
		return cli_usage(c, FILL(c, T_bad_time, str_of(o->flag)));
	return json_object_set_new(c->ask, o->member, json_integer(n * factor)) == 0;
}

static bool
object_read(struct cli *c, const struct opt *o, struct str value)
{
	json_t *v = json_loadb(value.p, value.n, JSON_REJECT_DUPLICATES, NULL);

	if (json_is_object(v))
		return json_object_set_new(c->ask, o->member, v) == 0;
	json_decref(v);
	return cli_usage(c, FILL(c, T_bad_object, str_of(o->flag)));
}

/* What the claim is tells how its value is written; an attribute is JSON where it can be, else text. */
static json_t *
claim_value(struct str name, struct str value)
{
	enum user_claim_kind kind = user_claim_kind(name);
	json_t *v = NULL;

	if (value.n == 0)
		return json_null();
	if (kind == UC_OWN || kind == UC_FLAG || kind == UC_ADDRESS)
		v = json_loadb(value.p, value.n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
	return v != NULL ? v : json_str(value);
}

/* given_name=Ada, address.country=DE; without a value it is taken away. */
static bool
claim_read(struct cli *c, const struct opt *o, struct str value)
{
	struct str member = str_cut(&value, '='), name = member;
	bool part = str_starts(member, S("address.")), ok = str_given(value) && member.n > 0;
	json_t *into = json_object_get(c->ask, o->member), *v = NULL;

	if (into == NULL && json_object_set_new(c->ask, o->member, json_object()) == 0)
		into = json_object_get(c->ask, o->member);
	if (part) {
		name = str_from(member, sizeof "address." - 1);
		if (!json_is_object(json_object_get(into, "address")))
			json_object_set_new(into, "address", json_object());
		into = json_object_get(into, "address");
	}
	if (ok)
		v = part ? value.n > 0 ? json_str(value) : json_null() : claim_value(name, value);
	if (v != NULL && json_object_set_new(into, arena_z(&c->mem, name), v) == 0)
		return true;
	return cli_usage(c, FILL(c, T_bad_claim, str_of(o->flag)));
}

static bool
opt_apply(struct cli *c, const struct opt *o, struct str value)
{
	int64_t n;

	switch (o->kind) {
	case OPT_TEXT: json_put_str(c->ask, o->member, value); break;
	case OPT_WORDS: append_words(c->ask, o->member, value); break;
	case OPT_EACH: append(c->ask, o->member, value); break;
	case OPT_TRUE: json_object_set_new(c->ask, o->member, json_true()); break;
	case OPT_FALSE: json_object_set_new(c->ask, o->member, json_false()); break;
	case OPT_INT:
		if (!str_int(value, &n))
			return cli_usage(c, FILL(c, T_bad_number, str_of(o->flag), value));
		json_object_set_new(c->ask, o->member, json_integer(n));
		break;
	case OPT_TTL: return life_read(c, o, value);
	case OPT_OBJECT: return object_read(c, o, value);
	case OPT_METADATA: return metadata_option(c, o, value);
	case OPT_CLAIM: return claim_read(c, o, value);
	case OPT_LOCAL: json_put_str(c->local, o->member, value); break;
	case OPT_LOCAL_FLAG: json_object_set_new(c->local, o->member, json_true()); break;
	}
	return true;
}

/* Ids of keys are 43 characters of base64url, of which the first may be a dash. */
static bool
is_option(const char *word)
{
	size_t n = strlen(word);

	return word[0] == '-' && n > 1 && (n != 43 || strchr(word, '=') != NULL);
}

/* Take the options of one list; unknown ones are left when strict is false. */
static bool
options_take(struct args *a, const struct opt *opts, bool strict)
{
	for (int i = 0; i < a->n; i++) {
		struct str value = str_of(a->v[i]), name;
		const struct opt *o;

		if (a->read[i] || !is_option(a->v[i]))
			continue;
		if (str_is(value, "--"))
			break;
		name = str_cut(&value, '=');
		o = opt_find(opts, name);
		if (o == NULL && strict)
			return cli_usage(a->c, FILL(a->c, T_no_option, name));
		if (o == NULL)
			continue;
		a->read[i] = true;
		if (opt_takes_value(o->kind) && !str_given(value)) {
			if (i + 1 >= a->n || a->read[i + 1])
				return cli_usage(a->c, FILL(a->c, T_needs_value, name));
			a->read[++i] = true;
			value = str_of(a->v[i]);
		} else if (!opt_takes_value(o->kind) && str_given(value))
			return cli_usage(a->c, FILL(a->c, T_takes_no_value, name));
		if (!opt_apply(a->c, o, value))
			return false;
	}
	return true;
}

/* The next argument that is no option; absent when there is none. */
static struct str
word_next(struct args *a, bool *literal)
{
	for (int i = 0; i < a->n; i++) {
		if (a->read[i])
			continue;
		if (!*literal && strcmp(a->v[i], "--") == 0) {
			*literal = true;
			a->read[i] = true;
			continue;
		}
		if (!*literal && is_option(a->v[i]))
			continue;
		a->read[i] = true;
		return str_of(a->v[i]);
	}
	return STR_ABSENT;
}

static bool
globals_read(struct args *a)
{
	struct cli *c = a->c;
	struct str lang;

	if (!options_take(a, global_options, false))
		return false;
	c->json = json_is_true(json_object_get(c->local, "json"));
	c->help = json_is_true(json_object_get(c->local, "help"));
	c->config_path = json_member_str(c->local, "config");
	c->data = json_string_value(json_object_get(c->local, "data"));
	lang = json_member_str(c->local, "lang");
	if (str_given(lang) && !language_read(lang, &c->lang))
		return cli_usage(c, str_of(text(c, T_bad_lang)));
	language_set(c->lang);
	return true;
}

static const struct command *
command_find(const struct cli *c, struct str noun, struct str verb)
{
	for (const struct command *const *list = c->commands; *list != NULL; list++)
		for (const struct command *cmd = *list; cmd->noun != NULL; cmd++)
			if (str_is(noun, cmd->noun) && (cmd->verb == NULL || str_is(verb, cmd->verb)))
				return cmd;
	return NULL;
}

static bool
noun_exists(const struct cli *c, struct str noun)
{
	for (const struct command *const *list = c->commands; *list != NULL; list++)
		for (const struct command *cmd = *list; cmd->noun != NULL; cmd++)
			if (str_is(noun, cmd->noun))
				return true;
	return false;
}

/* Commands of one word come last in their list, so the verb is only taken when the noun has verbs. */
static bool
command_read(struct args *a, bool *literal)
{
	struct cli *c = a->c;
	struct str noun = json_object_get(c->local, "version") ? S("version") : word_next(a, literal),
		   verb = STR_ABSENT;

	if (str_given(noun) && (c->cmd = command_find(c, noun, STR_ABSENT)) != NULL)
		return true;
	verb = str_given(noun) ? word_next(a, literal) : STR_ABSENT;
	if (str_given(verb) && (c->cmd = command_find(c, noun, verb)) != NULL)
		return true;
	if (!str_given(noun) || (c->help && !str_given(verb) && noun_exists(c, noun))) {
		json_put_str(c->local, "noun", noun);
		c->help = true;
		return true;
	}
	return cli_usage(c, FILL(c, T_no_command, str_given(verb) ? ARENA_CAT(&c->mem, noun, S(" "), verb) : noun));
}

static bool
positional_read(struct args *a, bool *literal)
{
	struct cli *c = a->c;
	const struct command *cmd = c->cmd;
	struct str word = cmd->arg != NULL ? word_next(a, literal) : STR_ABSENT;
	json_t *into = cmd->order != NULL ? c->ask : c->local;
	struct str more;

	if (str_given(word))
		json_put_str(into, cmd->member, word);
	if (cmd->arg != NULL && !(cmd->flags & ARG_OPTIONAL) && json_object_get(into, cmd->member) == NULL)
		return cli_usage(c, FILL(c, T_too_little, str_of(cmd->arg)));
	more = word_next(a, literal);
	if (cmd->arg2 != NULL && !str_given(more))
		return cli_usage(c, FILL(c, T_too_little, str_of(cmd->arg2)));
	if (cmd->arg2 != NULL) {
		json_put_str(into, cmd->member2, more);
		more = word_next(a, literal);
	}
	return !str_given(more) || cli_usage(c, FILL(c, T_too_much, more));
}

bool
args_read(struct cli *c, int argc, char **argv)
{
	struct args a = { c, argc - 1, argv + 1, arena_array(&c->mem, bool, (size_t)argc) };
	bool literal = false;

	c->ask = json_object();
	c->local = json_object();
	if (a.read == NULL || c->ask == NULL || c->local == NULL)
		return cli_fail(c, str_of(text(c, T_no_memory)), STR_ABSENT);
	arena_defer(&c->mem, (void (*)(void *))json_decref, c->ask);
	arena_defer(&c->mem, (void (*)(void *))json_decref, c->local);
	if (!globals_read(&a) || !command_read(&a, &literal))
		return false;
	if (c->help)
		return true;
	if (c->cmd->order != NULL)
		json_object_set_new(c->ask, "do", json_string(c->cmd->order));
	return options_take(&a, c->cmd->opts, true) && positional_read(&a, &literal);
}

bool
cli_flag(const struct cli *c, const char *member)
{
	return json_is_true(json_object_get(c->local, member));
}

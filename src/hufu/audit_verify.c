/* hufu/audit_verify.c - hufu audit verify: what trail_judge finds, said with file and line; hufu audit key. */
#include "admin/trail.h"
#include "hufu/hufu_int.h"
#include "keys/keys.h"
#include "outbound/outbound.h"

#define SCRATCH_MAX (1024 * 1024)

/* The key of these settings, as the daemon reads it. */
static struct str
own_keys(struct cli *c)
{
	const struct conf *conf = cli_conf(c);
	struct str why = STR_ABSENT, set;
	uint8_t kek[32];

	if (conf == NULL)
		return STR_ABSENT;
	if (!kek_read(&c->mem, conf_text(conf, SEC_TOP, STR_ABSENT, "keys.kek_file"),
		conf_get(conf, SEC_TOP, STR_ABSENT, "keys.kek")->set ? conf_text(conf, SEC_TOP, STR_ABSENT, "keys.kek")
		: STR_ABSENT, kek, &why)) {
		cli_fail(c, why, str_of(text(c, T_a_no_key)));
		return STR_ABSENT;
	}
	set = trail_key_set(&c->mem, kek);
	explicit_bzero(kek, sizeof kek);
	if (!str_given(set))
		cli_fail(c, str_of(text(c, T_no_memory)), STR_ABSENT);
	return set;
}

int
audit_key(struct cli *c)
{
	struct str set = own_keys(c);

	if (str_given(set))
		out_line(set);
	return c->code;
}

static bool
keys_read(struct cli *c, struct jwks *keys)
{
	struct str path = json_member_str(c->local, "key");
	struct str set = str_given(path) ? secret_from_file(c, path, JSON_READ_MAX) : own_keys(c);
	const char *why;

	return str_given(set)
	    && (jwks_read(&c->mem, NULL, set, keys, &why)
	    || cli_fail(c, FILL(c, T_a_bad_keys, path, str_of(why)), STR_ABSENT));
}

/* --- what is found ------------------------------------------------------------------------------- */

struct verifying { struct cli *c; struct trail_judge j; struct arena mem; json_t *faults; bool cut; };

static const struct { const char *word; enum text text; } fault_rows[] = {
	[TRAIL_FOREIGN] = { "foreign", T_a_foreign }, [TRAIL_MISSING] = { "missing", T_a_missing },
	[TRAIL_ORDER] = { "order", T_a_order }, [TRAIL_CHANGED] = { "changed", T_a_changed },
	[TRAIL_CUT] = { "cut", T_a_cut }, [TRAIL_BEGINNING] = { "beginning", T_a_beginning },
	[TRAIL_HEAD] = { "head", T_a_head }, [TRAIL_STRANGER] = { "stranger", T_a_stranger },
	[TRAIL_FRONT] = { "front", T_a_front }, [TRAIL_SHORT] = { "short", T_a_short },
};

static struct str
number(struct cli *c, int64_t n)
{
	return arena_printf(&c->mem, "%lld", (long long)n);
}

/* a, b: what the sentence names, in its order. */
static void
fault_tell(struct verifying *v, const struct audit_place *at, enum trail_fault f, int64_t a, int64_t b)
{
	struct cli *c = v->c;
	struct str where = at->line > 0
	    ? arena_printf(&c->mem, "%.*s:%lld", STR_ARG(at->file), (long long)at->line) : at->file;
	struct str said = FILL(c, fault_rows[f].text, where, number(c, a), number(c, b));
	json_t *row = json_object();

	c->code = EXIT_FAILED;
	json_put_str(row, "file", at->file);
	json_object_set_new(row, "line", json_integer(at->line));
	json_object_set_new(row, "fault", json_string(fault_rows[f].word));
	json_put_str(row, "said", said);
	json_array_append_new(v->faults, row);
	if (!c->json)
		out_line(said);
}

static bool
verify_line(void *ctx, const struct audit_place *at, struct str line)
{
	struct verifying *v = ctx;
	int64_t before = v->j.seq;
	enum trail_fault f;

	if (at->begins)
		trail_judge_file(&v->j);
	f = trail_judge_line(&v->j, &v->mem, line);
	arena_reset(&v->mem);
	if (!at->whole)
		f = TRAIL_CUT;
	if (f == TRAIL_MISSING)
		fault_tell(v, at, f, v->j.missing_from, v->j.seq - 1);
	else if (f == TRAIL_ORDER)
		fault_tell(v, at, f, v->j.seq, before);
	else if (f == TRAIL_BEGINNING)
		fault_tell(v, at, f, v->j.missing_from, 0);
	else if (f != TRAIL_SOUND)
		fault_tell(v, at, f, before, 0);
	return true;
}

static void
result_json(struct verifying *v)
{
	json_t *out = json_object();

	json_object_set_new(out, "ok", json_boolean(v->c->code == EXIT_DONE));
	json_object_set_new(out, "first", json_integer(v->j.first));
	json_object_set_new(out, "last", json_integer(v->j.seq));
	if (v->j.parted_seq > 0)
		json_object_set_new(out, "parted",
		    json_pack("{sIsI}", "last", (json_int_t)(v->j.first - 1), "record", (json_int_t)v->j.parted_seq));
	json_object_set_new(out, "lines", json_integer(v->j.lines));
	json_object_set_new(out, "heads", json_integer(v->j.heads));
	json_object_set_new(out, "signed", json_integer(v->j.signed_seq));
	json_object_set(out, "faults", v->faults);
	out_json(v->c, out);
	json_decref(out);
}

static void
result_print(struct verifying *v)
{
	struct cli *c = v->c;
	const struct trail_judge *j = &v->j;

	if (j->lines == 0)
		out_line(str_of(text(c, T_a_empty)));
	if (trail_judge_front(j, 0) == TRAIL_SOUND && j->first > 1)
		out_line(FILL(c, j->parted == EV_audit_moved ? T_a_moved : T_a_kept, number(c, j->first - 1),
		    number(c, j->parted_seq)));
	else if (j->first > 1)
		out_line(FILL(c, T_a_begins, number(c, j->first)));
	if (j->lines > 0 && c->code == EXIT_DONE)
		out_line(FILL(c, T_a_sound, number(c, j->first), number(c, j->seq), number(c, j->heads), number(c, j->signed_seq)));
	if (j->seq > j->signed_seq)
		out_line(FILL(c, T_a_unsigned, number(c, j->seq - j->signed_seq)));
}

/* --- a head that is kept elsewhere: --head ------------------------------------------------------- */

/* What the daemon publishes: GET /audit/head of admin.listen. Absent: already complained. */
static struct str
head_fetch(struct cli *c, struct str url)
{
	static const struct outbound_rules rules = {
		.allow_private = true, .allow_http = true, .connect_ms = 10000, .total_ms = 20000, .answer_max = JSON_READ_MAX,
	};
	struct outbound_ask ask = { .method = S("GET"), .url = url };
	struct outbound_answer a;

	if (!outbound_do(&c->mem, &rules, &ask, &a)) {
		cli_fail(c, FILL(c, T_file_failed, url, str_of(a.trouble)), STR_ABSENT);
		return STR_ABSENT;
	}
	if (a.status == 200)
		return a.body;
	cli_fail(c, FILL(c, T_a_head_status, url, number(c, a.status)), str_of(text(c, T_a_head_status_hint)));
	return STR_ABSENT;
}

/* The last line of what was kept, which may be many heads, one a line. */
static bool
head_read(struct cli *c, struct str from, struct trail_judge *j)
{
	struct str lines = str_is(from, "-") ? secret_from_stdin(c, JSON_READ_MAX)
	    : str_starts(from, S("http://")) || str_starts(from, S("https://")) ? head_fetch(c, from)
									       : secret_from_file(c, from, JSON_READ_MAX);
	struct str last = str_trim(lines);
	struct trail_link link;

	if (!str_given(lines))
		return false;
	last = str_from(last, (size_t)(str_rindex(last, '\n') + 1));
	if (!trail_judge_head(j->keys, &c->mem, last, &link))
		return cli_fail(c, FILL(c, T_a_no_head, from), str_of(text(c, T_a_no_head_hint)));
	j->wanted_seq = link.seq;
	j->wanted = arena_dup(&c->mem, str_of(link.digest));
	return str_given(j->wanted);
}

/* SEQ:DIGEST, or where a whole head is: a file, an address, standard input. */
static bool
head_wanted(struct cli *c, struct trail_judge *j)
{
	struct str given = json_member_str(c->local, "head"), digest = given;
	struct str seq = str_given(given) ? str_cut(&digest, ':') : STR_ABSENT;

	if (!str_given(given))
		return true;
	if (digest.n != TRAIL_DIGEST || !str_int(seq, &j->wanted_seq) || j->wanted_seq < 1)
		return head_read(c, given, j);
	j->wanted = digest;
	return true;
}

int
audit_verify(struct cli *c)
{
	struct verifying v = { .c = c };
	struct str file = audit_file(c);
	struct jwks keys = { 0 };

	v.j.keys = &keys;
	if (!str_given(file) || !keys_read(c, &keys) || !head_wanted(c, &v.j))
		return c->code;
	v.faults = json_array();
	arena_init(&v.mem, SCRATCH_MAX);
	if (audit_lines(c, file, verify_line, &v)) {
		if (trail_judge_front(&v.j, trail_first_named(file)) == TRAIL_FRONT)
			fault_tell(&v, &(struct audit_place){ .file = file }, TRAIL_FRONT, v.j.first, 0);
		if (v.j.wanted_seq > 0 && !v.j.met)
			fault_tell(&v, &(struct audit_place){ .file = file }, TRAIL_SHORT, v.j.wanted_seq, 0);
		if (c->json)
			result_json(&v);
		else
			result_print(&v);
	}
	json_decref(v.faults);
	arena_free(&v.mem);
	return c->code;
}

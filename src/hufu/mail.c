/* hufu/mail.c - hufu mail: a test message by the settings as they are, past the queue. */
#include "hufu/hufu_int.h"
#include "outbound/mail.h"

static const struct mount *
mount_named(const struct snapshot *s, struct str name)
{
	return str_empty(name) ? s->mounts[0] : snapshot_issuer(s, name);
}

static int
hand_over(struct cli *c, const struct mount *t, struct str to)
{
	struct mail_look look = wire_mail_look(t);
	struct mail_words w = { .what = S("test"), .to = to,
		.lang = c->lang == LANGUAGE_CHINESE ? S("zh-CN") : S("en") };
	struct mail_letter m = { .to = to, .sender = look.sender, .at_s = clock_now_s() };
	struct mail_report r;
	uint8_t raw[16];

	if (look.server == NULL || look.server->terminal)
		return cli_fail(c, SAY("no mail server is set"), SAY("set mail.server and mail.from")), c->code;
	rand_bytes(raw, sizeof raw);
	m.id = hex_encode(&c->mem, str_span(raw, sizeof raw));
	if (!look.render(look.ctx, &c->mem, &w, &m.said))
		return cli_fail(c, SAY("memory is exhausted"), STR_ABSENT), c->code;
	if (mail_hand_over(&c->mem, look.server, &m, &r) == ERRAND_DONE) {
		out_line(c->json ? S("{\"ok\":true}") : FILL(c, T_mail_taken, look.server->host, to));
		return EXIT_DONE;
	}
	return cli_fail(c, arena_say(&c->mem, "%.*s:%d: %s%s%s", STR_ARG(look.server->host), look.server->port,
	    say(r.wrong), r.answer[0] != '\0' ? ": " : "", r.answer), STR_ABSENT), c->code;
}

static int
test(struct cli *c)
{
	struct str to = json_member_str(c->local, "address"), name = json_member_str(c->local, "issuer");
	const struct mount *t;
	struct findings f;
	struct opened o;
	int code;

	if (!mail_address_ok(to))
		return cli_usage(c, FILL(c, T_mail_no_address, to)), c->code;
	findings_init(&f, &c->mem);
	if (!setup_open(cli_config_path(c), cli_environment(c), &f, &o))
		return cli_fail(c, findings_lines(&f, FINDING_ERROR), STR_ABSENT), c->code;
	t = mount_named(o.snap, name);
	code = t != NULL ? hand_over(c, t, to)
			 : (cli_fail(c, FILL(c, T_mail_no_issuer, name), STR_ABSENT), c->code);
	setup_close(&o);
	return code;
}

static const struct opt test_opts[] = { { "--issuer", "issuer", OPT_LOCAL, T_o_mail_issuer }, OPT_END };

const struct command mail_commands[] = {
	{ "mail", "test", NULL, T_d_mail_test, 0, "ADDRESS", "address", .opts = test_opts, .run = test },
	{ .noun = NULL },
};

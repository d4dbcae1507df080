/* hufu/perform.c - hufu perform: a real flow from the terminal, step by step, at any authorization server. */
#include "hufu/hufu_int.h"
#include "probe/probe.h"

#define WAIT_S   300
#define HERE     "http://127.0.0.1:8400/callback"

#define COMMON \
	{ "--client", "client", OPT_LOCAL, T_o_perform_client }, \
	{ "--secret-stdin", "secret_stdin", OPT_LOCAL_FLAG, T_o_perform_secret_stdin }, \
	{ "--secret-file", "secret_file", OPT_LOCAL, T_o_perform_secret_file }, \
	{ "--post", "post", OPT_LOCAL_FLAG, T_o_perform_post }, \
	{ "--scope", "scope", OPT_LOCAL, T_o_perform_scope }, \
	{ "--realm", "realm", OPT_TEXT, T_o_realm }
static const struct opt plain_options[] = { COMMON, OPT_END };
static const struct opt code_options[] = { COMMON,
	{ "--redirect-uri", "redirect_uri", OPT_LOCAL, T_o_perform_redirect },
	{ "--prompt", "prompt", OPT_LOCAL, T_o_perform_prompt },
	{ "--acr-values", "acr_values", OPT_LOCAL, T_o_perform_acr },
	{ "--wait", "wait", OPT_LOCAL, T_o_perform_wait },
	OPT_END };

/* --- each step, on standard error ------------------------------------------------------------------------------- */

/* What stands for somebody is not shown on the way; the tokens are shown at the end, which is what they are asked for. */
static bool
is_secret(struct str name)
{
	static const char *const secrets[] = { "client_secret", "code", "code_verifier", "device_code", "refresh_token",
		"access_token", "id_token", "request_uri" };

	for (size_t i = 0; i < COUNT(secrets); i++)
		if (str_is(name, secrets[i]))
			return true;
	return false;
}

static void
form_show(struct arena *mem, struct str form)
{
	while (str_given(form)) {
		struct str value = str_cut(&form, '&'), name = str_cut(&value, '='), plain = STR_ABSENT;

		if (!pct_decode(mem, value, true, &plain))
			plain = value;
		plain = is_secret(name) ? S("...") : arena_plain(mem, plain);
		fprintf(stderr, "     %.*s=%.*s\n", STR_ARG(name), STR_ARG(plain));
	}
}

static void
step_show(void *ctx, const struct outbound_ask *ask, const struct outbound_answer *a)
{
	struct cli *c = ctx;
	struct str said = arena_plain(&c->mem, str_sub(a->body, 0, 300));

	if (c->json)
		return;
	fprintf(stderr, "-> %.*s %.*s\n", STR_ARG(ask->method), STR_ARG(ask->url));
	form_show(&c->mem, str_some(ask->body));
	if (a->trouble != NULL)
		fprintf(stderr, "<- %s\n", a->trouble);
	else
		fprintf(stderr, "<- %d %.*s\n", a->status, STR_ARG(a->type));
	if (a->trouble == NULL && a->status >= 400)
		fprintf(stderr, "     %.*s\n", STR_ARG(said));
}

/* --- who asks --------------------------------------------------------------------------------------------------- */

struct performance {
	struct cli *c;
	struct probe p;
	struct probe_server s;
	struct probe_client k;
	struct guest guest;
	bool is_guest;
};

static bool
begin(struct cli *c, const char *grant, struct str redirect_uri, struct performance *f)
{
	struct str scope = json_member_str(c->local, "scope");

	*f = (struct performance){ .c = c, .k = { .id = json_member_str(c->local, "client"), .post = cli_flag(c, "post") } };
	probe_init(&f->p, &c->mem);
	f->p.told = step_show;
	f->p.ctx = c;
	if (!secret_option(c, &f->k.secret))
		return false;
	if (!probe_discover(&f->p, json_member_str(c->local, "url"), &f->s))
		return cli_fail(c, f->p.why, STR_ABSENT);
	if (str_given(f->k.id))
		return true;
	f->is_guest = guest_make(c, grant, redirect_uri, str_given(scope) ? scope : S("guest"), &f->guest);
	f->k.id = f->guest.id;
	f->k.secret = f->guest.secret;
	return f->is_guest;
}

static void
put_jwt(json_t *all, struct arena *mem, const char *member, const json_t *answer)
{
	struct str token = json_member_str(answer, member);
	struct jwt jwt;

	if (str_given(token) && jwt_peek(mem, token, &jwt))
		json_object_set_new(json_object_get(all, "decoded"), member,
		    json_pack("{sO sO}", "header", jwt.header, "claims", jwt.claims));
}

/* The answer as it came, and what is inside of its tokens. */
static int
end(struct performance *f, json_t *answer)
{
	struct cli *c = f->c;
	json_t *all;
	char *out;

	if (f->is_guest)
		guest_leave(c, &f->guest);
	if (answer == NULL)
		return cli_fail(c, f->p.why, STR_ABSENT), c->code;
	all = json_pack("{sO s{}}", "answer", answer, "decoded");
	put_jwt(all, &c->mem, "access_token", answer);
	put_jwt(all, &c->mem, "id_token", answer);
	out = json_dumps(all, c->json ? JSON_COMPACT : JSON_INDENT(2));
	if (out != NULL)
		out_line(str_of(out));
	free(out);
	json_decref(all);
	return out != NULL ? EXIT_DONE : (cli_fail(c, str_of(text(c, T_no_memory)), STR_ABSENT), c->code);
}

/* --- the flows ---------------------------------------------------------------------------------------------------- */

static int
client_credentials(struct cli *c)
{
	struct performance f;

	if (!begin(c, "client_credentials", STR_ABSENT, &f))
		return c->code;
	return end(&f, probe_client_credentials(&f.p, &f.s, &f.k, json_member_str(c->local, "scope")));
}

static void
device_shown(void *ctx, const json_t *a)
{
	struct cli *c = ctx;
	struct str whole = json_member_str(a, "verification_uri_complete");

	cli_note(FILL(c, T_perform_device, arena_plain(&c->mem, json_member_str(a, "verification_uri")),
	    arena_plain(&c->mem, json_member_str(a, "user_code"))));
	if (str_given(whole))
		cli_note(arena_plain(&c->mem, whole));
}

static int
device(struct cli *c)
{
	struct performance f;

	if (!begin(c, "urn:ietf:params:oauth:grant-type:device_code", STR_ABSENT, &f))
		return c->code;
	return end(&f, probe_device(&f.p, &f.s, &f.k, json_member_str(c->local, "scope"), device_shown, c));
}

static void
browser_asked(void *ctx, struct str url)
{
	struct cli *c = ctx;

	cli_note(FILL(c, T_perform_open, arena_plain(&c->mem, url)));
}

static bool
code_options_read(struct cli *c, struct probe_code *how)
{
	struct str wait = json_member_str(c->local, "wait"), here = json_member_str(c->local, "redirect_uri");
	int64_t n = WAIT_S;

	if (str_given(wait) && (!str_int(wait, &n) || n < 1 || n > 86400))
		return cli_usage(c, FILL(c, T_bad_number, S("--wait"), wait));
	*how = (struct probe_code){ .scope = json_member_str(c->local, "scope"), .wait_s = (int)n,
		.redirect_uri = str_given(here) ? here : S(HERE), .prompt = json_member_str(c->local, "prompt"),
		.acr_values = json_member_str(c->local, "acr_values") };
	if (!str_given(how->scope))
		how->scope = S("openid");
	return json_put_str(c->local, "scope", how->scope) || cli_fail(c, str_of(text(c, T_no_memory)), STR_ABSENT);
}

static int
code(struct cli *c)
{
	struct performance f;
	struct probe_code how;
	struct jwt id;

	if (!code_options_read(c, &how) || !begin(c, "authorization_code", how.redirect_uri, &f))
		return c->code;
	return end(&f, probe_code(&f.p, &f.s, &f.k, &how, browser_asked, c, &id));
}

const struct command perform_commands[] = {
	{ "perform", "code", NULL, T_d_perform_code, 0, "URL", "url", code_options, .run = code },
	{ "perform", "device", NULL, T_d_perform_device, 0, "URL", "url", plain_options, .run = device },
	{ "perform", "client-credentials", NULL, T_d_perform_service, 0, "URL", "url", plain_options,
	    .run = client_credentials },
	{ .noun = NULL },
};

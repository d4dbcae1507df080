/* hufu/main.c - the command line: read the arguments, send one order, print the answer. */
#include <malloc.h>
#include <signal.h>

#include "hufu/hufu_int.h"

#define CLI_MEM_MAX (512u * 1024 * 1024)

static const struct command *const command_lists[] = {
	client_commands,
	resource_commands,
	user_commands,
	key_commands,
	store_commands,
	backup_commands,
	token_commands,
	session_commands,
	mail_commands,
	approval_commands,
	ciba_commands,
	registration_commands,
	realm_commands,
	import_commands,
	legacy_commands,
	shadow_commands,
	config_commands,
	dialect_commands,
	language_commands,
	explain_commands, audit_commands,
	preview_commands,
	perform_commands,
	doctor_commands,
	hash_commands,
	password_filter_commands,
	daemon_commands,
	NULL,
};

static bool
names_are_filled(struct cli *c)
{
	bool realm = !(c->cmd->flags & WANTS_REALM) || str_given(json_member_str(c->ask, "realm")) || cli_realm(c);

	return realm
	    && (!(c->cmd->flags & WANTS_ISSUER) || str_given(json_member_str(c->ask, "issuer"))
		|| cli_issuer(c));
}

static int
command_run(struct cli *c)
{
	const json_t *answer;

	if (c->cmd->run != NULL)
		return c->cmd->run(c);
	if (!names_are_filled(c) || (c->cmd->prepare != NULL && !c->cmd->prepare(c)))
		return c->code;
	answer = cli_order(c, c->ask);
	if (answer == NULL)
		return c->code;
	if (c->json)
		out_json(c, answer);
	else
		c->cmd->print(c, answer);
	if (!c->json)
		out_notes(c, answer);
	return EXIT_DONE;
}

static void
wipe_and_free(void *p)
{
	if (p != NULL)
		explicit_bzero(p, malloc_usable_size(p));
	free(p);
}

int
main(int argc, char **argv)
{
	extern char **environ;
	struct cli c = { .commands = command_lists, .lang = language_of_environment(), .envp = environ };
	int code;

	signal(SIGPIPE, SIG_IGN);
	json_set_alloc_funcs(malloc, wipe_and_free);    /* passwords and secrets pass through as JSON */
	log_level_set(LOG_ERROR);
	language_set(c.lang);
	arena_init(&c.mem, CLI_MEM_MAX);
	if (!args_read(&c, argc, argv))
		code = c.code;
	else if (c.help)
		code = help_run(&c);
	else
		code = command_run(&c);
	conf_free(c.conf);
	arena_free(&c.mem);
	if (fflush(stdout) != 0 && code == EXIT_DONE)
		code = EXIT_FAILED;
	return code;
}

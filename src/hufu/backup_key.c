/* hufu/backup_key.c - what a backup is sealed with, and the key-encryption key that it is about. */
#include "hufu/backup_int.h"

bool
passphrase_given(const struct cli *c)
{
	return cli_flag(c, "passphrase_stdin") || str_given(json_member_str(c->local, "passphrase_file"));
}

struct str
passphrase_read(struct cli *c, bool again)
{
	struct str file = json_member_str(c->local, "passphrase_file");

	if (cli_flag(c, "passphrase_stdin"))
		return secret_from_stdin(c, PASSWORD_MAX);
	return str_given(file) ? secret_from_file(c, file, PASSWORD_MAX) : passphrase_from_terminal(c, again);
}

enum kek_known
cli_kek(struct cli *c, uint8_t kek[32], struct str *why)
{
	struct str text = conf_text(c->conf, SEC_TOP, STR_ABSENT, "keys.kek"),
		   file = conf_text(c->conf, SEC_TOP, STR_ABSENT, "keys.kek_file");

	if (str_empty(text) && kek_look(file, &c->mem) != KEK_THERE)
		return KEK_UNKNOWN;
	return kek_read(&c->mem, file, str_empty(text) ? STR_ABSENT : text, kek, why) ? KEK_KNOWN : KEK_UNREADABLE;
}

size_t
keys_that_open(struct cli *c, const struct store_look *look, const uint8_t kek[32])
{
	size_t n = 0;

	for (size_t i = 0; i < look->n_keys; i++)
		n += key_row_opens(&look->keys[i], kek, &c->mem);
	return n;
}

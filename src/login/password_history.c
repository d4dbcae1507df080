/* login/password_history.c - passwords that a user has had, and may not take again. */
#include <assert.h>

#include "login/login.h"
#include "login/password_rule.h"

static bool
is_it(struct arena *mem, struct str stored, struct str password)
{
	enum password_result r = str_empty(stored) ? PASSWORD_WRONG : password_verify(mem, stored, password);

	return r == PASSWORD_OK || r == PASSWORD_OK_REHASH;
}

int
password_was_used(struct store *s, struct arena *mem, const struct user *u, struct str password, int64_t history)
{
	struct str former[PASSWORD_HISTORY_MAX];
	int n;

	assert(history <= PASSWORD_HISTORY_MAX);
	if (history == 0)
		return 0;
	n = store_former_passwords(s, mem, &u->id, (int)history, former);
	if (n < 0 || is_it(mem, u->password, password))
		return n < 0 ? -1 : 1;
	for (int i = 0; i < n; i++)
		if (is_it(mem, former[i], password))
			return 1;
	return 0;
}

/* manage/job.c - what every order needs: its arguments, a refusal, an answer, a commit. */
#include "manage/manage_int.h"

struct str
refusal(struct arena *mem, const char *code, const char *hint, struct str text)
{
	struct buf b;

	buf_init(&b, mem, 6 * text.n + 16 * 1024);      /* "\u0001" is the longest of one byte */
	jw_open(&b, '{');
	jm_str(&b, S("error"), text);
	jm_str(&b, S("code"), str_of(code));
	jm_str(&b, S("hint"), str_of(say(hint)));
	jw_close(&b, '}');
	return buf_str(&b);
}

bool
job_refuse(struct job *j, const char *code, const char *hint, const char *fmt, ...)
{
	struct str text;
	va_list ap;

	va_start(ap, fmt);
	text = arena_vprintf(j->mem, say(fmt), ap);
	va_end(ap);
	j->out = refusal(j->mem, code, hint, text);
	return false;
}

bool
job_store_failed(struct job *j)
{
	return job_refuse(j, "store", "look at free space and rights of the data directory, and at the log",
	    "the store cannot be read or written now");
}

struct str
job_arg(const struct job *j, const char *name)
{
	return json_member_str(j->ask, name);
}

void
answer_open(struct job *j, struct buf *b)
{
	buf_init(b, j->mem, ANSWER_MAX);
	jw_open(b, '{');
	jm_bool(b, S("ok"), true);
}

bool
answer_close(struct job *j, struct buf *b)
{
	jw_close(b, '}');
	j->out = buf_str(b);
	return !b->full || job_refuse(j, "invalid", "ask for fewer rows with \"max\"", "the answer is too long");
}

bool
job_realm(struct job *j, struct str *realm)
{
	const char *wrong;

	*realm = job_arg(j, "realm");
	if (!str_given(*realm))
		return job_refuse(
		    j, "invalid", "name the realm in the member \"realm\" (--realm)", "a realm is needed");
	if ((wrong = check_realm(*realm)) != NULL)
		return job_refuse(j, "invalid", "a realm is named by letters, digits, '-', '_' and '.'",
		    "the realm's name %s", wrong);
	return true;
}

bool
job_commit(struct job *j, const struct store_op *ops, size_t n)
{
	enum store_result r = store_commit(j->store, ops, n, NULL);

	if (r == STORE_LOST) {
		j->again = true;
		return job_refuse(j, "exists", "list what there is, and try again",
		    "the id or name is taken, or somebody else changes the same meanwhile");
	}
	return r == STORE_DONE || job_store_failed(j);
}

bool
issuer_is_named_right(struct job *j)
{
	struct str issuer = job_arg(j, "issuer");

	if (!str_given(issuer))
		return true;
	if (str_has_word(j->elsewhere, issuer, ' '))
		return job_refuse(j, "invalid", "name an issuer of this realm, or another realm",
		    "issuer \"%.*s\" has another realm", STR_ARG(issuer));
	return !str_given(j->issuers) || str_has_word(j->issuers, issuer, ' ')
	    || job_refuse(j, "not_found", "name one of those there are",
		"there is no issuer \"%.*s\"; there are: %.*s", STR_ARG(issuer), STR_ARG(j->issuers));
}

/*
 * page/csp.c - the Content-Security-Policy of a page. CSP Level 3; no code but one script by its hash, no style but our
 * own sheets, no form to elsewhere but the one that is there for it.
 */
#include <pthread.h>

#include "page/page_int.h"

#define FROM_HERE "style-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'"
/* A button that was pressed, or a script that ran, sends what is spent by then: not twice. */
#define FORM_POST_SCRIPT "document.getElementById(\"form-post\").submit();" \
	"document.getElementById(\"form-post-submit\").disabled=true;"
#define FORM_POST_HASH "6XodEyh9JiHY8w7jLMQdM1LafIomhyuLwJp7QrlHYEo="

struct str
page_form_post_script(void)
{
	return S(FORM_POST_SCRIPT);
}

static char passkey_csp[80];
static pthread_once_t passkey_once = PTHREAD_ONCE_INIT;

static void
passkey_csp_make(void)
{
	uint8_t digest[DIGEST_SIZE];
	struct arena mem;
	struct str text;

	SHA256(digest, template_builtin(T_PASSKEY_SCRIPT));
	arena_init(&mem, 1024);
	text = b64_encode(&mem, str_span(digest, sizeof digest));
	snprintf(passkey_csp, sizeof passkey_csp, "; script-src 'sha256-%.*s'", STR_ARG(text));
	arena_free(&mem);
}

struct str
page_passkey_csp(void)
{
	pthread_once(&passkey_once, passkey_csp_make);
	return str_of(passkey_csp);
}

struct str
page_csp(enum page_kind kind)
{
	if (kind == PAGE_FORM_POST)
		return S("default-src 'none'; script-src 'sha256-" FORM_POST_HASH "'; " FROM_HERE);
	return S("default-src 'none'; " FROM_HERE "; form-action 'self'");
}

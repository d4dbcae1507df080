/*
 * page/csp.c - the Content-Security-Policy of a page. CSP Level 3; no code but one script by its hash, no style but our
 * own sheets, no form to elsewhere but the one that is there for it.
 */
#include "page/page.h"

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

struct str
page_csp(enum page_kind kind)
{
	if (kind == PAGE_FORM_POST)
		return S("default-src 'none'; script-src 'sha256-" FORM_POST_HASH "'; " FROM_HERE);
	return S("default-src 'none'; " FROM_HERE "; form-action 'self'");
}

/*
 * page/csp.c - the Content-Security-Policy of every page. CSP Level 3; no code, no style but our
 * own sheets, no form to elsewhere.
 */
#include "page/page.h"

struct str
page_csp(void)
{
	return S("default-src 'none'; style-src 'self'; img-src 'self' data:; frame-ancestors 'none'; "
		 "base-uri 'none'; form-action 'self'");
}

/*
 * page/check_session.c - the page that applications load in a frame to ask whether the session has changed. OpenID
 * Connect Session Management 1.0 section 3.2. It has one script, named by its hash, and says nothing to look at.
 */
#include <pthread.h>

#include "page/page_int.h"

static char script_hash[48];
static pthread_once_t script_once = PTHREAD_ONCE_INIT;

static void
script_hash_make(void)
{
	uint8_t digest[DIGEST_SIZE];
	struct arena mem;
	struct str text;

	SHA256(digest, page_check_session_script());
	arena_init(&mem, 1024);
	text = b64_encode(&mem, str_span(digest, sizeof digest));
	if (text.n < sizeof script_hash)
		memcpy(script_hash, text.p, text.n);
	arena_free(&mem);
}

struct str
page_check_session_csp(struct arena *mem)
{
	pthread_once(&script_once, script_hash_make);
	return ARENA_CAT(mem, S("default-src 'none'; script-src 'sha256-"), str_of(script_hash),
	    S("'; base-uri 'none'; form-action 'none'"));
}

struct str
page_check_session(struct arena *mem, struct str cookie)
{
	struct buf b;

	buf_init(&b, mem, 16 * 1024);
	buf_put(&b, S("<!DOCTYPE html>\n<html lang=\"en\" data-cookie=\""));
	html_put(&b, cookie);
	buf_put(&b, S("\">\n<head>\n<meta charset=\"utf-8\">\n<title>Session</title>\n</head>\n<body>\n<script>"));
	buf_put(&b, page_check_session_script());
	buf_put(&b, S("</script>\n</body>\n</html>\n"));
	return b.full ? STR_ABSENT : buf_str(&b);
}

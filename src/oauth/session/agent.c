/*
 * oauth/session/agent.c - what a browser calls itself (User-Agent, RFC 9110 section 10.1.5), as a list may
 * show it: bounded and printable.
 */
#include "oauth/session/session.h"

#define AGENT_MAX 256
#define MORE S("\xe2\x80\xa6")

/* U+200B to 200F, 2028 to 202E, 2060 to 206F: nobody sees them, and they turn a line round. */
static bool
is_format(const unsigned char *p)
{
	if (p[0] != 0xe2)
		return false;
	if (p[1] == 0x80)
		return (p[2] >= 0x8b && p[2] <= 0x8f) || (p[2] >= 0xa8 && p[2] <= 0xae);
	return p[1] == 0x81 && p[2] >= 0xa0 && p[2] <= 0xaf;
}

/* One character of UTF-8; the two blocks of controls steer terminals. */
static bool
is_shown(struct str character)
{
	const unsigned char *p = (const unsigned char *)character.p;

	switch (character.n) {
	case 1: return p[0] >= 0x20 && p[0] < 0x7f;
	case 2: return p[0] != 0xc2 || p[1] >= 0xa0;
	case 3: return !is_format(p);
	default: return true;
	}
}

bool
text_is_shown(struct str text)
{
	while (text.n > 0) {
		size_t n = str_utf8_step(text);

		if (n == 0 || !is_shown(str_sub(text, 0, n)))
			return false;
		text = str_from(text, n);
	}
	return true;
}

struct str
session_agent(const struct call *c)
{
	struct str rest = str_given(c->agent) ? c->agent : S("");
	struct buf b;

	buf_init(&b, c->mem, AGENT_MAX);
	while (rest.n > 0) {
		size_t n = str_utf8_step(rest);
		struct str character = str_sub(rest, 0, n > 0 ? n : 1);
		struct str shown = n > 0 && is_shown(character) ? character : S("?");

		if (b.n + shown.n > AGENT_MAX - MORE.n) {
			buf_put(&b, MORE);
			break;
		}
		buf_put(&b, shown);
		rest = str_from(rest, character.n);
	}
	return b.n > 0 ? buf_str(&b) : S("");
}

/*
 * page/assets.c - templates and style sheet, taken into the program as they stand in their files.
 * Paths count from the root.
 */
#include <pthread.h>

#include "page/page_int.h"

/* Read-only bytes from..to; the linker knows their names, this file gives them types. */
#define ASSET(name, file) \
	__asm__(".pushsection .rodata\n" \
	    ".globl hufu_asset_" #name "\n.hidden hufu_asset_" #name "\nhufu_asset_" #name ":\n.incbin \"src/page/" file "\"\n" \
	    ".globl hufu_asset_end_" #name "\n.hidden hufu_asset_end_" #name "\nhufu_asset_end_" #name ":\n.byte 0\n" \
	    ".popsection\n"); \
	extern const char hufu_asset_##name[], hufu_asset_end_##name[]
#define ASSET_STR(name) str_span(hufu_asset_##name, (size_t)(hufu_asset_end_##name - hufu_asset_##name))

ASSET(login, "templates/login.html");
ASSET(link, "templates/link.html");
ASSET(accounts, "templates/accounts.html");
ASSET(consent, "templates/consent.html");
ASSET(device, "templates/device.html");
ASSET(approve, "templates/approve.html");
ASSET(decided, "templates/decided.html");
ASSET(approvals, "templates/approvals.html");
ASSET(error, "templates/error.html");
ASSET(logged_out, "templates/logged_out.html");
ASSET(logout_confirm, "templates/logout_confirm.html");
ASSET(home, "templates/home.html");
ASSET(demo, "templates/demo.html");
ASSET(onward, "templates/onward.html");
ASSET(form_post, "templates/form_post.html");
ASSET(layout, "templates/layout.html");
ASSET(fields, "templates/fields.html");
ASSET(logo, "templates/logo.html");
ASSET(scope, "templates/scope.html");
ASSET(reach, "templates/reach.html");
ASSET(style, "style.css");
ASSET(check_session, "check_session.js");

const char *const template_names[T_COUNT] = { "login", "link", "accounts", "consent", "device", "approve", "decided",
	"approvals", "error", "logged_out", "logout_confirm", "home", "demo", "onward", "form_post", "layout", "fields",
	"logo", "scope", "reach" };
_Static_assert((int)T_LAYOUT == (int)PAGE_KIND_COUNT, "pages come first and in the order of enum page_kind");

struct str
template_builtin(enum template_id id)
{
	switch (id) {
	case T_LOGIN:          return ASSET_STR(login);
	case T_LINK:           return ASSET_STR(link);
	case T_ACCOUNTS:       return ASSET_STR(accounts);
	case T_CONSENT:        return ASSET_STR(consent);
	case T_DEVICE:         return ASSET_STR(device);
	case T_APPROVE:        return ASSET_STR(approve);
	case T_DECIDED:        return ASSET_STR(decided);
	case T_APPROVALS:      return ASSET_STR(approvals);
	case T_ERROR:          return ASSET_STR(error);
	case T_LOGGED_OUT:     return ASSET_STR(logged_out);
	case T_LOGOUT_CONFIRM: return ASSET_STR(logout_confirm);
	case T_HOME:           return ASSET_STR(home);
	case T_DEMO:           return ASSET_STR(demo);
	case T_ONWARD:         return ASSET_STR(onward);
	case T_FORM_POST:      return ASSET_STR(form_post);
	case T_LAYOUT:         return ASSET_STR(layout);
	case T_FIELDS:         return ASSET_STR(fields);
	case T_LOGO:           return ASSET_STR(logo);
	case T_SCOPE:          return ASSET_STR(scope);
	case T_REACH:          return ASSET_STR(reach);
	case T_COUNT:          break;
	}
	return STR_ABSENT;
}

bool
template_named(struct str name, enum template_id *out)
{
	for (int id = 0; id < T_COUNT; id++)
		if (str_is(name, template_names[id]))
			return *out = (enum template_id)id, true;
	return false;
}

struct str
page_check_session_script(void)
{
	return ASSET_STR(check_session);
}

struct str
page_css(void)
{
	return ASSET_STR(style);
}

static char css_hash[16];
static pthread_once_t css_hash_once = PTHREAD_ONCE_INIT;

static void
css_hash_make(void)
{
	uint8_t digest[DIGEST_SIZE];

	SHA256(digest, page_css());
	hex_write(css_hash, digest, sizeof css_hash / 2);
}

struct str
page_css_hash(void)
{
	pthread_once(&css_hash_once, css_hash_make);
	return str_span(css_hash, sizeof css_hash);
}

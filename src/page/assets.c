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

#define PAGE(id, name, file) ASSET(name, file);
#define PART(id, name, file) ASSET(name, file);
#include "page/templates.def"
ASSET(style, "style.css");
ASSET(check_session, "check_session.js");

const char *const template_names[T_COUNT] = {
#define PAGE(id, name, file) #name,
#define PART(id, name, file) #name,
#include "page/templates.def"
};
_Static_assert((int)T_LAYOUT == (int)PAGE_KIND_COUNT, "the layout is the first that is no page");

struct str
template_builtin(enum template_id id)
{
	switch (id) {
#define PAGE(id, name, file) case T_##id: return ASSET_STR(name);
#define PART(id, name, file) case T_##id: return ASSET_STR(name);
#include "page/templates.def"
	case T_COUNT: break;
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

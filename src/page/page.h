/*
 * page/page.h - paper: login, consent, error, logged-out, demo. Templates in English and Simplified Chinese that escape by
 * construction; no decisions, no OAuth. Pages need no JavaScript and carry no inline code or style.
 *
 * A template is text with {{name}} (escaped value), {{#name}}...{{/name}} (section: shown when name is given and not empty,
 * repeated for a list), {{^name}}...{{/name}} (shown when it is not), {{t:key}} (translated text). There is no raw insertion.
 */
#ifndef HUFU_PAGE_H
#define HUFU_PAGE_H

#include "base/base.h"

enum page_lang { LANG_EN, LANG_ZH, LANG_COUNT };
extern const char *const page_lang_tags[LANG_COUNT];            /* "en", "zh-CN" */
/* ui_locales (OIDC Core 3.1.2.1: blank-separated tags) first, then the cookie's tag, then Accept-Language. */
enum page_lang page_lang_pick(struct str ui_locales, struct str cookie, struct str accept_language);

enum page_kind { PAGE_LOGIN, PAGE_CONSENT, PAGE_ERROR, PAGE_LOGGED_OUT, PAGE_LOGOUT_CONFIRM, PAGE_HOME, PAGE_DEMO, PAGE_KIND_COUNT };

/* One value or one list of rows; a row is again a set of vars. Everything borrowed until page_render returns. */
struct page_var { const char *name; struct str value; const struct page_rows *rows; };
struct page_vars { const struct page_var *at; size_t n; };
struct page_rows { const struct page_vars *at; size_t n; };

/*
 * What each page expects (absent ones are simply not shown):
 *  all         issuer_name, css_href (URL of the style sheet), lang_en_href, lang_zh_href, custom_css_href
 *  LOGIN       action, csrf, error (a text key: "bad_credentials", "wait", "disabled", "locked", "expired"), wait_s, signed_out,
 *              username (what was typed), client_name, username_name/password_name (default "username"/"password"), account_type
 *  CONSENT     action, csrf, client_name, client_id, user_name, redirect_host, request (id), hidden: user_oauth_approval=true;
 *              scopes: rows {scope, text, checked, radio}; radio_style: scope.<name> radio pair true/false instead of a checkbox;
 *              two_forms: one form for yes and one for no
 *  ERROR       status, title, error (OAuth code), description, error_id, hint, line (the dialect's own error line, shown as text)
 *  LOGGED_OUT  login_href; LOGOUT_CONFIRM action, csrf, user_name
 *  HOME        issuer, links rows {href, text}
 *  DEMO        issuers rows {...}, code, curl, note
 * Stable for automation: inputs named username and password, id=login-submit, id=consent-allow, id=consent-deny,
 * id=error-page, id=logout-confirm, id=logged-out.
 */
struct page_set;
/* Compile the built-in templates, or those of template_dir where a file of the same name exists. NULL with *why (file:line
 * and sentence) when one is malformed. Immutable; used by many threads. */
struct page_set *page_set_load(struct str template_dir, struct arena *mem, struct str *why);
void page_set_free(struct page_set *p);
/* The finished HTML in mem, at most 256 KiB; absent when mem is exhausted. */
struct str page_render(const struct page_set *p, struct arena *mem, enum page_kind kind, enum page_lang lang, const struct page_vars *vars);
struct str page_text(enum page_lang lang, const char *key);     /* a translated text, by key; the key itself when unknown */
struct str page_css(void);                                      /* the style sheet, static */
struct str page_css_hash(void);                                 /* short hex, for the URL: static */
/* Content-Security-Policy for a page: default-src 'none'; style-src 'self'; img-src 'self' data:; frame-ancestors 'none';
 * base-uri 'none'; form-action 'self' and the given origin ("https://app.example", may be absent). */
struct str page_csp(struct arena *mem, struct str form_origin);
#endif

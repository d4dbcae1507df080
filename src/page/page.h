/*
 * page/page.h - paper: login, consent, error, logged-out, onward, demo. Templates that escape by
 * construction, in the languages of languages.def; no decisions, no OAuth. Pages need no JavaScript
 * and carry no inline code or style; FORM_POST alone has one script of one line, which the policy names by its hash.
 *
 * A template is HTML with tags in double braces; there is no raw insertion:
 *   {{name}}                  the value, escaped; in href, src, action ... also kept from carrying a scheme other than http(s) or an
 *                             application's own (with a dot, RFC 8252 7.1)
 *   {{#name}}...{{/name}}     shown when name is given and not empty, repeated for a list (inside, the row's names come first)
 *   {{?name}}...{{/name}}     shown once when name is given and not empty, a list too
 *   {{^name}}...{{/name}}     shown when it is not
 *   {{t:key}}                 text of languages/en.def in the language of the page, with the values that it mentions
 *   {{t:before_[name]}}       the text whose key ends in a value; also as a section: shown when there is such a text
 *   {{>file}}                 another template, put in here; {{>page}} in layout.html is the page itself
 *   {{! comment }}
 * P1: the compiler follows the HTML around a value and refuses it where escaping would not help:
 * unquoted attributes, tag and attribute names, comments, script and style elements, on* / style /
 * srcdoc attributes.
 */
#ifndef HUFU_PAGE_H
#define HUFU_PAGE_H

#include "base/base.h"
#include "base/findings.h"
#include "base/tree.h"

enum page_lang {
#define LANGUAGE(id, tag, ranges) LANG_##id,
#include "page/languages.def"
#undef LANGUAGE
	LANG_COUNT
};
/*
 * A language of a set is a number: a row of languages.def, or behind those one that the operator's files have brought.
 * What a file does not say, or not so that it fits, stays what the language of its tag says, else what English says.
 */
struct page_set;
struct page_own { struct str tag; const struct tree *texts; };  /* a map KEY: TEXT */
#define PAGE_OWN_MAX 16
int page_lang_count(const struct page_set *p);
struct str page_lang_tag(const struct page_set *p, int lang);   /* "en", "zh-CN" ... */
struct str page_lang_name(const struct page_set *p, int lang);  /* what it calls itself: "简体中文" */
/* The language that a tag means; false: none that is spoken here. */
bool page_lang_read(const struct page_set *p, struct str tag, int *out);
/* ui_locales (OIDC Core 3.1.2.1: blank-separated tags) first, then the cookie's tag, then Accept-Language. */
int page_lang_pick(const struct page_set *p, struct str ui_locales, struct str cookie, struct str accept_language);
bool page_lang_tag_ok(struct str tag);                          /* RFC 5646 2.1, at most 35 bytes */
/* The row of languages.def with that tag, -1: none; and its tag. */
int page_lang_shipped(struct str tag);
const char *page_lang_shipped_tag(int lang);
/*
 * Warnings about lines whose key there is not, whose text mentions a value that there is not where it stands (neither is
 * used), or does not mention one of the English text (it is used). The keys that it lacks, blank-separated, in f->mem:
 * none where the tag is one of languages.def.
 */
struct str page_own_judge(const struct page_own *own, struct findings *f);
/* All texts of a row of languages.def, as such a file is written: YAML. */
struct str page_lang_yaml(struct arena *mem, int lang);

enum page_kind {
#define PAGE(id, name, file) PAGE_##id,
#include "page/templates.def"
	PAGE_KIND_COUNT
};

/* One value or one list of rows; a row is again a set of vars. Everything borrowed until page_render returns. */
/*
 * application: a URL that was registered for an application; its scheme may be any that is none of
 * a system (url_scheme_is_private).
 */
struct page_var { const char *name; struct str value; const struct page_rows *rows; bool application; };
struct page_vars { const struct page_var *at; size_t n; };
struct page_rows { const struct page_vars *at; size_t n; };

/*
 * What each page expects (absent ones are simply not shown). A name that is in no list of names.def
 * is refused in templates.
 *  all         issuer_name, css_href (URL of the style sheet), custom_css_href, languages rows
 *              {lang_tag, lang_name, lang_href, lang_here}: the same page in each (page_render itself adds lang, page
 *              ("login" ...))
 *  LOGIN       action, csrf, error (a text key: "bad_credentials", "wait", "disabled", "locked", "expired", "no_cookies", "with_..."), wait_s, signed_out,
 *              username (what was typed), client_name, username_name/password_name (default "username"/"password"), account_type,
 *              here: who is logged in and may stay so, by a form with continue=1; saved_request: what the login is for, sealed
 *              providers rows {provider (its name), provider_href, provider_label}: where one may sign in instead
 *  LINK        action, csrf, saved_request, identity (sealed, a hidden field), provider_label, provider_user (its name
 *              there), username, error ("bad_credentials", "wait", "disabled", "locked"), wait_s, login_href; a button
 *              connects=no
 *  ACCOUNTS    action, csrf, error, saved_request, client_name, accounts rows {account, account_name,
 *              account_n (1, 2 ...), account_active}: each a button chosen_account=<account>; login_href (another
 *              account), logout_href
 *  FACTOR      action, csrf, saved_request, half_login (sealed), user_name, kind (a word of factors.def: texts factor_lead_KIND,
 *              factor_field_KIND), others rows {kind}: buttons chosen_factor=<kind>; remember_n (days, of the box
 *              remember_device), error (a text key), wait_s. The field is factor_code. Of a kind whose code is sent:
 *              sent_to (masked), and sent (a code waits) or unsent; a button factor_action=send with chosen_factor
 *  NEW_PASSWORD action, csrf, saved_request, half_login, account_type, user_name, asks_password (the present one too, of a directory's
 *              user), identity (sealed, of fields.html), what chosen.html has; error (a text key), wait_s; inputs username,
 *              current_password
 *  ENROL       action, csrf, saved_request, half_login, factor_enrolment (sealed), user_name, secret (in groups), qr_path and
 *              qr_size (SVG), kind, others, sent_to, sent, unsent as of FACTOR (texts enrol_lead_KIND,
 *              factors_add_KIND), error, wait_s; factor_action=confirm where it is the account's page
 *  RECOVERY    user_name, codes rows {code}, href (where it goes on)
 *  FACTORS     action, csrf, user_name, factors rows {factor, kind, name, created, last, stale}, others, recovery_left, recovery_few,
 *              devices rows {device, agent, address, last, until, here}, may_enrol, error; buttons factor_action=enrol,
 *              remove (with chosen_factor), recovery, forget (with trusted_device)
 *  CONSENT     action, csrf, client_name, client_id, user_name, redirect_host, request (id), saved_request (sealed),
 *              client_host, logo_href (of this issuer), policy_href, tos_href, self_registered, redirect_local (it is
 * this device),
 *              hidden: user_oauth_approval=true;
 *              scopes: rows {scope, text, checked}; checkbox scope.<scope>=true, buttons decision=allow|deny;
 *              radio_style: scope.<scope> radio pair true/false, and a second form without scope.* to deny;
 *              two_forms: scopes only listed, one form for yes (authorize) and one for no
 *              (user_oauth_approval=false, deny);
 *              resources: rows {resource, resource_name} of the APIs asked for; offline: access goes on after the
 *              session; remembered: for how long the approval is ("days", "hours", "minutes", "seconds" with
 *              remembered_n; "ever"; "not");
 *              details: rows {title, fields: rows {text, value}}: exactly what is asked for (RFC 9396)
 *  (passkey.html, a part) passkey ("get", "create"; a page without it has no such part), passkey_challenge, passkey_ticket,
 *              passkey_rp_id, passkey_credentials, passkey_verification, passkey_resident, passkey_user, passkey_user_name,
 *              passkey_conditional; ids passkey-form, passkey-submit, passkey-name. Its script, passkey_script, must stay as it is
 *  (chosen.html, a part) password_min, password_max, password_own, password_common, password_breached, password_former: the rules of a
 *              password that is chosen; inputs new_password, new_password_again
 *  LOGIN       also forgot_href, signup_href
 *  SELF_ASK    action, csrf, saved_request, error (a text key), wait_s, identifier (as typed), service ("forgot",
 *              "signup", "signup_phone", "email", "phone"; page is another word too), chooses_way, asks_password
 *  SELF_CODE   action, csrf, saved_request, error, wait_s, service, proof, proof_code, sent ("mail", "sms"),
 *              new_password (with what chosen.html has), ask_name, claim_name ... (registration_fields, and what was typed), terms_href; undo: a button alone
 *  SELF_NOTICE service, notice (a text key), good, login_href, again_href
 *  DEVICE      action, csrf, user_code (as typed), error (a text key: "user_code_wrong", "user_code_malformed",
 *              "expired_form", "wait"), wait_s
 *  APPROVE     action, csrf, decoupled_request (sealed), client_name, client_id, client_host, logo_href, policy_href,
 *              tos_href, self_registered, user_name, user_code, address and agent (who asks), message, scopes rows
 *              and details as of CONSENT
 *  DECIDED     client_name, allowed
 *  APPROVALS   user_name, waiting rows {client_name, message, approve_href}
 *  ACCOUNT and each ACCOUNT_...: user_name, display_name, account_href, account_home (it is the first page), sections rows
 *              {section (its word), href, current}, switch_href (another account), logout_href, action, csrf, error,
 *              notice (text keys), wait_s, managed (a directory or user table knows the person)
 *   _PROFILE   profile_fields rows {label, field_name, field_value, input_type, autocomplete, may_change or fixed, wrong (a text key),
 *              verified or unverified}, changes (one of them may), seen: inputs claim.<name>
 *   _PASSWORD  what chosen.html has; inputs current_password, end_sessions, end_access
 *   _IDENTITIES identities rows {identity_n, identity_handle, provider_label (or provider, which is here no more), provider_user,
 *              connected, last}: each a button disconnected_identity=<identity_handle>; providers rows {provider,
 *              provider_label}: each a button identity_provider=<provider>; more
 *   _CONNECT   is it to be connected? identity (sealed, of fields.html), provider_label, provider_user; buttons
 *              connects=yes|no
 *   _SESSIONS  logins rows {login, login_n, browser, agent, address, issuer (another one than this), begun, last, this_one,
 *              used_for}: each a button ended_session=<login>; others: there are some, by end_sessions=1; more
 *   _APPLICATIONS clients rows {client_name, client_id, client_n, client_handle, issuer, scopes rows {scope}, since, until, holds}:
 *              each a button withdrawn_client=<client_handle>; more
 *   _DELETION  asks_password; inputs account_name_again, current_password
 *  ERROR       status, title, error (OAuth code), description, error_id, hint, came_name (a parameter), came, near, differs ("port" ...), line (the dialect's own error line, shown as text),
 *              back_href. title and hint may be text keys; a sentence for a known OAuth code is shown first, then line, else description
 *  LOGGED_OUT  login_href, or where an application wants its user (href, redirect_host); frames rows {src}: the
 * applications that are
 *              told; LOGOUT_CONFIRM action, csrf, saved_request (sealed), client_name (who asks), user_name, request,
 * back_href (for who stays)
 *  HOME        issuer, user_name, applications rows {begin_href, client_name}, links rows {href, text}; text may be a
 * text key ("link_login", "link_logout", "link_demo", "link_metadata")
 *  DEMO        issuers rows {title, url, href (starts the flow), start (that link's text), note, callback (where the code
 *              stands in the address bar), users, links rows {href, text},
 *              curls rows {text, line}};
 *              the result of a flow: code, error, description, curl (the finished line), result_note
 *  ONWARD      href (an application's address, sent as the header field Refresh too), redirect_host, refresh_href (the same where it is
 *              too long for the field: the layout says it)
 *  FORM_POST   action (an application's address), redirect_host, params rows {name, value}: hidden fields of the form
 * form-post. The script
 *              of the built-in template must stay as it is, byte for byte, or no browser runs it and the visitor has
 * to press the button
 * Stable for automation: inputs named username and password, id=login-submit, id=login-continue,
 * id=with-NAME of a provider, id=link-submit, id=account-1 ..., id=account-other, id=logout-2 ..., id=logout-all,
 * id=consent-allow, id=consent-deny, id=error-page, id=logout-confirm, id=logged-out, id=demo-code,
 * id=onward, id=form-post, id=form-post-submit,
 * id=account-save, id=account-password-save, id=session-end-1 ..., id=session-end-others, id=withdraw-1 ...,
 * id=connect-NAME of a provider, id=disconnect-1 ..., id=account-download, id=account-delete, id=account-notice, id=account-error, id=account-deleted,
 * id=user-code, id=device-submit, id=approve-allow, id=approve-deny, id=decided.
 */
struct page_set;
/* Compile the built-in templates, or those of template_dir (absent: none) where a file of the same name exists. NULL with *why
 * (in mem: file:line and sentence) when one is malformed or a .html file there has no page.
 * own: texts of the operator's; they are copied. Immutable; used by many threads. */
struct page_set *page_set_load(struct str template_dir, const struct page_own *own, size_t n_own, struct arena *mem,
    struct str *why);
/*
 * The same over the built-in templates with one of them ("login.html") replaced by text: what
 * `load` does for each file.
 */
struct page_set *page_set_with(struct str file, struct str text, struct arena *mem, struct str *why);
void page_set_free(struct page_set *p);                         /* NULL is fine */
/* The finished HTML in mem, at most 256 KiB; absent when mem is exhausted. */
struct str page_render(const struct page_set *p, struct arena *mem, enum page_kind kind, int lang,
    const struct page_vars *vars);
/*
 * A mail of one kind: what is a word for which languages/en.def has mail_subject_WORD, mail_lead_WORD and, where it has a
 * link, mail_button_WORD; mail_note_WORD may be there. vars: issuer_name, name (the person's), href, code, minutes.
 * Templates mail.html and mail_text.html, the latter plain text. False: there is no such word, or mem is exhausted.
 */
struct page_mail { struct str subject, text, html; };
bool page_mail(const struct page_set *p, struct arena *mem, int lang, struct str what,
    const struct page_vars *vars, struct page_mail *out);
bool page_mail_exists(struct str what);
/* a text of a row of languages.def, by key; the key itself when unknown; static */
struct str page_text(int lang, const char *key);
struct str page_css(void);                                      /* the style sheet, static */
struct str page_css_hash(void);                                 /* short hex, for the URL: static */
/*
 * The page that any site may frame to ask whether the session has changed (Session Management 1.0), at most 16 KiB in
 * mem; cookie: name of the cookie that its script reads. And its Content-Security-Policy, in mem: one script, by its
 * hash.
 */
struct str page_check_session(struct arena *mem, struct str cookie);
struct str page_check_session_csp(struct arena *mem);
/*
 * The Content-Security-Policy of a page, static: no script, style and images from here, no frame around it,
 * and forms that lead nowhere but to their own origin. That holds for what a form's redirects lead to as well, so the
 * answer to a form is never a redirect to another origin or to an application: PAGE_ONWARD goes on from there.
 *
 * PAGE_FORM_POST has a form that leads to an application, and what the application redirects to is held against
 * form-action too (callbacks redirect on, to wherever they like): the page says no form-action, has this one form and
 * nothing that a visitor could have put there unescaped. Its script is named by its hash.
 */
struct str page_csp(enum page_kind kind);
/* What is added to the policy of a page that has the part passkey.html: its script, by its hash. Static. */
struct str page_passkey_csp(void);
/* What submits the form of PAGE_FORM_POST: the text of the script element. */
struct str page_form_post_script(void);
#endif

/* wire/factor.c - the pages of second factors: the one that asks, setting one up, recovery codes, what a user has. */
#include <time.h>

#include "wire/wire_int.h"

#define DAY_S 86400

static struct str
number_of(struct exchange *x, int64_t n)
{
	return arena_printf(x->q->mem, "%lld", (long long)n);
}

/* "2026-11-30 06:15": a page has no script that would know the reader's zone. */
static struct str
time_shown(struct exchange *x, int64_t at_s)
{
	time_t t = (time_t)at_s;
	struct tm tm;

	if (at_s <= 0 || gmtime_r(&t, &tm) == NULL)
		return STR_ABSENT;
	return arena_printf(x->q->mem, "%04d-%02d-%02d %02d:%02d UTC", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
	    tm.tm_min);
}

/* One row of cells, those that are absent left out. */
static struct page_vars
row_of(struct exchange *x, const struct page_var *cells, size_t n)
{
	struct page_var *kept = arena_array(x->q->mem, struct page_var, n);
	size_t k = 0;

	for (size_t i = 0; kept != NULL && i < n; i++)
		if (str_given(cells[i].value))
			kept[k++] = cells[i];
	return (struct page_vars){ kept, k };
}
#define ROW(x, ...) row_of(x, (const struct page_var[]){ __VA_ARGS__ }, sizeof((const struct page_var[]){ __VA_ARGS__ }) / sizeof(struct page_var))
#define CELL(n, v) { .name = n, .value = v }

static void
put_rows(struct exchange *x, struct page_list *v, const char *name, struct page_vars *at, size_t n)
{
	struct page_rows *rows = n > 0 ? arena_new(x->q->mem, struct page_rows) : NULL;

	if (rows == NULL)
		return;
	*rows = (struct page_rows){ at, n };
	page_put_rows(v, name, rows);
}

static void
put_common(struct exchange *x, const struct answer *a, enum endpoint e, struct page_list *v)
{
	page_put(v, "action", local_href(x, route_of_endpoint(x->w, e)->path));
	page_put(v, "csrf", a->factor.csrf);
	page_put(v, "half_login", a->factor.half);
	page_put(v, "saved_request", a->factor.saved);
	page_put(v, "user_name", a->factor.user_name);
	if (a->factor.error != NULL)
		page_put(v, "error", str_of(a->factor.error));
	if (a->factor.wait_s > 0)
		page_put(v, "wait_s", number_of(x, a->factor.wait_s));
	x->page_request = a->factor.saved;
}

static int
status_of(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	if (a->factor.error == NULL)
		return 200;
	if (a->factor.wait_s <= 0)
		return 400;
	http_reply_header(r, "Retry-After", number_of(x, a->factor.wait_s));
	return 429;
}

/* A code that is sent: where to, and whether one was. */
static void
put_message(const struct answer *a, struct page_list *v)
{
	if (!str_given(a->factor.sent_to))
		return;
	page_put(v, "sent_to", a->factor.sent_to);
	page_put(v, a->factor.code_sent ? "sent" : "unsent", S("1"));
}

static void
put_others(struct exchange *x, const struct answer *a, struct page_list *v)
{
	struct page_vars *others = arena_array(x->q->mem, struct page_vars, a->factor.n_others + 1);

	for (size_t i = 0; others != NULL && i < a->factor.n_others; i++)
		others[i] = ROW(x, CELL("kind", a->factor.others[i]));
	put_rows(x, v, "others", others, others != NULL ? a->factor.n_others : 0);
}

bool
asks_as_script(const struct exchange *x)
{
	return x->route != NULL && (x->route->flags & RF_JSON) && !x->html;
}

void
speak_factor_page(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	struct page_list v = { .n = 0 };

	x->why = a->why;
	if (asks_as_script(x)) {
		speak_fault(x, R_FACTOR_REQUIRED, r);
		return;
	}
	put_common(x, a, EP_FACTOR, &v);
	page_put(&v, "kind", a->factor.kind);
	if (a->factor.remember_s > 0)
		page_put(&v, "remember_n", number_of(x, (a->factor.remember_s + DAY_S - 1) / DAY_S));
	put_message(a, &v);
	put_others(x, a, &v);
	put_passkey(x, a, &v);
	put_page(x, r, status_of(x, a, r), HS_GENERIC, PAGE_FACTOR, &v);
}

/* --- setting one up --------------------------------------------------------------------------- */

/* Key URI format: what authenticator apps read. The name before the colon is shown beside the codes. */
static struct str
key_uri(struct exchange *x, const struct answer *a)
{
	struct str who = mount_brand(x->mount);
	struct buf b;

	buf_init(&b, x->q->mem, 8 * 1024);
	buf_put(&b, S("otpauth://totp/"));
	pct_encode(&b, who, S(""));
	buf_put(&b, S(":"));
	pct_encode(&b, a->factor.user_name, S(""));
	buf_put(&b, S("?secret="));
	buf_put(&b, a->factor.secret);
	buf_put(&b, S("&issuer="));
	pct_encode(&b, who, S(""));
	buf_put(&b, S("&algorithm=SHA1&digits=6&period=30"));
	return body_of(&b);
}

static struct str
in_groups(struct exchange *x, struct str secret)
{
	struct buf b;

	buf_init(&b, x->q->mem, 2 * secret.n + 2);
	for (size_t i = 0; i < secret.n; i++) {
		if (i > 0 && i % 4 == 0)
			buf_putc(&b, ' ');
		buf_putc(&b, secret.p[i]);
	}
	return body_of(&b);
}

void
speak_enrol_page(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	bool account = exchange_endpoint(x) == EP_ACCOUNT_FACTORS;
	struct page_list v = { .n = 0 };
	int size = 0;
	struct str path;

	x->why = a->why;
	if (asks_as_script(x)) {
		speak_fault(x, R_FACTOR_REQUIRED, r);
		return;
	}
	put_common(x, a, account ? EP_ACCOUNT_FACTORS : EP_FACTOR, &v);
	if (!str_empty(a->factor.secret)) {
		path = qr_path(x->q->mem, key_uri(x, a), &size);
		page_put(&v, "secret", in_groups(x, a->factor.secret));
		page_put(&v, "factor_enrolment", a->factor.enrolment);
		page_put(&v, "qr_path", path);
		page_put(&v, "qr_size", number_of(x, size));
	}
	page_put(&v, "kind", a->factor.kind);
	put_message(a, &v);
	put_others(x, a, &v);
	put_passkey(x, a, &v);
	if (account)
		page_put(&v, "factor_action", S("confirm"));
	put_page(x, r, status_of(x, a, r), HS_GENERIC, PAGE_ENROL, &v);
}

void
speak_recovery_page(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	size_t n = a->factor.n_codes;
	struct page_vars *codes = arena_array(x->q->mem, struct page_vars, n + 1);
	struct str on = a->factor.url;
	struct page_list v = { .n = 0 };

	if (a->factor.url_is_home)
		on = local_href(x, x->w->places[PLACE_HOME]);
	else if (str_empty(on))
		on = local_href(x, route_of_endpoint(x->w, EP_ACCOUNT_FACTORS)->path);
	page_put(&v, "user_name", a->factor.user_name);
	page_put(&v, "href", on);
	for (size_t i = 0; codes != NULL && i < n; i++)
		codes[i] = ROW(x, CELL("code", a->factor.codes[i]));
	put_rows(x, &v, "codes", codes, codes != NULL ? n : 0);
	put_page(x, r, codes != NULL ? 200 : 500, HS_GENERIC, PAGE_RECOVERY, &v);
}

/* --- what a user has -------------------------------------------------------------------------- */

static void
put_factors(struct exchange *x, const struct answer *a, struct page_list *v)
{
	struct page_vars *rows = arena_array(x->q->mem, struct page_vars, a->factor.n_rows + 1);

	for (size_t i = 0; rows != NULL && i < a->factor.n_rows; i++) {
		const struct factor_shown *f = &a->factor.rows[i];

		rows[i] = ROW(x, CELL("factor", f->id), CELL("kind", f->kind), CELL("name", f->name),
		    CELL("created", time_shown(x, f->created_s)), CELL("last", time_shown(x, f->last_s)),
		    CELL("stale", f->stale ? S("1") : STR_ABSENT));
	}
	put_rows(x, v, "factors", rows, rows != NULL ? a->factor.n_rows : 0);
}

static void
put_devices(struct exchange *x, const struct answer *a, struct page_list *v)
{
	struct page_vars *rows = arena_array(x->q->mem, struct page_vars, a->factor.n_devices + 1);

	for (size_t i = 0; rows != NULL && i < a->factor.n_devices; i++) {
		const struct device_shown *d = &a->factor.devices[i];

		rows[i] = ROW(x, CELL("device", d->id), CELL("agent", d->agent), CELL("address", d->address),
		    CELL("last", time_shown(x, d->last_s)), CELL("until", time_shown(x, d->expires_s)),
		    CELL("here", d->here ? S("1") : STR_ABSENT));
	}
	put_rows(x, v, "devices", rows, rows != NULL ? a->factor.n_devices : 0);
}

#define RECOVERY_FEW 3

void
speak_factors_page(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	struct page_list v = { .n = 0 };

	put_common(x, a, EP_ACCOUNT_FACTORS, &v);
	page_put(&v, "account_href", account_home_href(x));
	put_factors(x, a, &v);
	put_devices(x, a, &v);
	if (a->factor.may_enrol)
		put_others(x, a, &v);
	page_put(&v, "recovery_left", number_of(x, a->factor.recovery_left));
	if (a->factor.recovery_left <= RECOVERY_FEW)
		page_put(&v, "recovery_few", S("1"));
	if (a->factor.may_enrol && a->factor.by_code)
		page_put(&v, "may_enrol", S("1"));
	if (a->factor.may_enrol && a->factor.by_passkey)
		page_put(&v, "by_passkey", S("1"));
	put_page(x, r, a->factor.error == NULL ? 200 : 400, HS_GENERIC, PAGE_FACTORS, &v);
}

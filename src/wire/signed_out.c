/*
 * wire/signed_out.c - after a logout that an application asked for: on to its address, at once, or from a page
 * that loads a frame of each application that is to hear of it. OpenID Connect RP-Initiated Logout 1.0 section 3,
 * Front-Channel Logout 1.0 section 3.
 */
#include "wire/wire_int.h"

#define FRAMES_S      S("3;url=")       /* what the frames get before the page goes on; nobody says when they are done */
#define LOCATION_MAX  (256 * 1024)
#define SOURCES_MAX   (4 * 1024)        /* of the policy, in a header field */

static struct str
location_of(struct exchange *x, const struct answer *a)
{
	struct str uri = a->signed_out.uri;
	struct buf b;

	if (!str_given(uri) || !str_given(a->signed_out.state))
		return uri;
	buf_init(&b, x->q->mem, LOCATION_MAX);
	buf_put(&b, uri);
	buf_putc(&b, str_index(uri, '?') >= 0 ? '&' : '?');
	query_put(&b, wire_redirect_word(x->w, RW_STATE), a->signed_out.state);
	return body_of(&b);
}

/* Nothing that would end a source of a policy, or begin another directive. */
static bool
is_plain_host(const char *host)
{
	return host[0] != '\0' && host[strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789.-_:")] == '\0';
}

/* " https://app.example:8443"; false: the frame is not shown. */
static bool
source_put(struct buf *b, struct str frame)
{
	struct url u;
	bool six;

	if (url_read(frame, &u) != NULL || !u.web || !is_plain_host(u.host))
		return false;
	six = strchr(u.host, ':') != NULL;
	buf_printf(b, " %s://%s%s%s:%d", u.secure ? "https" : "http", six ? "[" : "", u.host, six ? "]" : "", u.port);
	return !b->full;
}

static void
put_frames(struct exchange *x, const struct answer *a, struct page_list *v)
{
	size_t n = a->signed_out.n_frames;
	struct page_vars *rows = arena_array(x->q->mem, struct page_vars, n);
	struct page_var *cells = arena_array(x->q->mem, struct page_var, n);
	struct page_rows *out = arena_new(x->q->mem, struct page_rows);
	struct buf sources;

	if (n == 0 || rows == NULL || cells == NULL || out == NULL)
		return;
	buf_init(&sources, x->q->mem, SOURCES_MAX);
	buf_put(&sources, S("; frame-src"));
	for (size_t i = 0; i < n; i++) {
		size_t before = sources.n;

		if (!source_put(&sources, a->signed_out.frames[i])) {
			log_warn("a frame that should tell of a logout is left out: too many of them, or no address of the web");
			sources.n = before;
			sources.full = false;
			continue;
		}
		cells[out->n] = (struct page_var){ .name = "src", .value = a->signed_out.frames[i] };
		rows[out->n] = (struct page_vars){ &cells[out->n], 1 };
		out->n++;
	}
	out->at = rows;
	page_put_rows(v, "frames", out);
	v->csp = buf_str(&sources);
}

/* An address that finds no room in the head is a link alone. */
static void
speak_frames(struct exchange *x, const struct answer *a, struct http_reply *r, struct str location)
{
	struct page_list v = { .n = 0 };

	if (str_given(location)) {
		v.at[v.n++] = (struct page_var){ .name = "href", .value = location, .application = true };
		page_put(&v, "redirect_host", host_shown(location));
	} else
		page_put(&v, "login_href", local_href(x, x->w->places[PLACE_LOGIN]));
	put_frames(x, a, &v);
	put_page(x, r, 200, HS_GENERIC, PAGE_LOGGED_OUT, &v);
	if (str_given(location) && !onward_is_long(x, location))
		http_reply_header(r, "Refresh", ARENA_CAT(x->q->mem, FRAMES_S, refresh_address(x, location)));
}

void
speak_signed_out(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	struct str location = location_of(x, a);

	if (a->signed_out.n_frames > 0 || !str_given(a->signed_out.uri))
		speak_frames(x, a, r, location);
	else
		speak_onward(x, r, &(struct onward){ location, x->w->go_status, HS_GENERIC, .to_client = true });
}

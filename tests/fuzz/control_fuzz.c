/* tests/fuzz/control_fuzz.c - any bytes as a command on the control socket: one JSON object comes back, "ok" with 200, "error" with 400. */
#include "admin/admin.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct str
issuers(void *ctx, struct arena *mem)
{
	(void)ctx, (void)mem;
	return S("one two");
}

static bool
key_do(void *ctx, const struct key_order *o, struct arena *mem, struct str *out)
{
	(void)ctx, (void)mem;
	*out = str_given(o->issuer) ? S("kid") : S("no issuer");
	return str_given(o->issuer);
}

static bool
not_here(void *ctx, struct arena *mem, struct str *why)
{
	(void)ctx, (void)mem;
	*why = S("not here");
	return false;
}

static struct str
introspect(void *ctx, struct arena *mem, struct str issuer, struct str token)
{
	(void)ctx, (void)mem, (void)issuer, (void)token;
	return S("{\"active\":false}");
}

static bool
revoke(void *ctx, struct arena *mem, struct str issuer, struct str token, struct str *why)
{
	(void)issuer, (void)token;
	return not_here(ctx, mem, why);
}

static bool
nothing_to_reload(void *ctx, struct arena *mem, struct reloaded *told, struct str *why)
{
	(void)told;
	return not_here(ctx, mem, why);
}

/* One store for all inputs: what they create is theirs to find again. Removed by the system with its temporary folder. */
static struct store *
store_once(void)
{
	static struct store *s;
	static char dir[] = "/tmp/hufu-fuzz-XXXXXX";
	struct str why = STR_ABSENT;
	struct arena mem;

	if (s != NULL)
		return s;
	log_level_set(LOG_ERROR);
	arena_init(&mem, 1 << 20);
	if (mkdtemp(dir) == NULL || (s = store_open(&(struct store_conf){ .path = str_of(dir), .readers = 1 }, &mem, &why)) == NULL)
		abort();
	arena_free(&mem);
	return s;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct office o = { .store = store_once(), .reload = nothing_to_reload, .refresh = not_here, .key_do = key_do, .issuers = issuers, .introspect = introspect,
		.revoke = revoke, .ready = not_here };
	struct http_reply r = { 0 };
	struct http_req q = { .method = M_POST, .path = S("/control"), .body = str_span(data, size) };
	struct arena mem;
	json_t *answer;

	arena_init(&mem, 8u << 20);
	q.mem = &mem;
	office_serve(&o, &q, &r, true);
	answer = json_loadb(r.body.p, r.body.n, 0, NULL);
	if (!json_is_object(answer) || (r.status != 200 && r.status != 400) || (r.status == 200) != json_is_true(json_object_get(answer, "ok"))
	    || (r.status == 400) != json_is_string(json_object_get(answer, "error")))
		abort();
	json_decref(answer);
	arena_free(&mem);
	return 0;
}

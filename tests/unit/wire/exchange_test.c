/* The two halves of a token answer: spoken before the commit, taken back when that fails. */
#include "desk.h"

static struct exchange *
service(struct desk *d, struct arena *mem)
{
	struct exchange *x = desk_begin(d, mem, M_POST, "/token");

	x->c.grant = &grant_client_credentials;
	x->c.evidence.basic_sent = true;
	x->c.evidence.basic_id = S("cc");
	x->c.evidence.basic_secret = S("secret");
	return x;
}

static struct desk *
opaque(void)
{
	struct desk *d = desk_new(&wire_modern, "https://id.example");

	d->policy.token.access_shape = SHAPE_ROW_ID;
	return d;
}

TEST(what_is_committed_leaves_as_it_was_spoken)
{
	struct desk *d = opaque();
	struct exchange *x = service(d, mem);
	struct http_reply r = { 0 };
	const struct store_op *ops;
	size_t n;

	EXPECT_INT(wire_lane(x), LANE_WRITER);
	EXPECT_INT(wire_prepare(x, &r, &ops, &n), WIRE_COMMIT);
	EXPECT_INT(store_commit(d->store, ops, n, NULL), STORE_DONE);
	wire_settle(x, STORE_DONE, &r);
	EXPECT_INT(r.status, 200);
	EXPECT(has(r.body, "\"access_token\""));
	desk_free(d);
}

TEST(a_failed_commit_takes_the_tokens_back)
{
	struct desk *d = opaque();
	struct exchange *x = service(d, mem);
	struct http_reply r = { 0 };
	struct wire_facts facts;
	const struct store_op *ops;
	size_t n;

	EXPECT_INT(wire_prepare(x, &r, &ops, &n), WIRE_COMMIT);
	wire_settle(x, STORE_FAILED, &r);
	wire_facts(x, &facts);
	EXPECT_INT(r.status, 503);
	EXPECT(!has(r.body, "access_token"));
	EXPECT_INT(facts.why, R_STORE);
	EXPECT(facts.error_id != NULL);
	for (size_t i = 0; i < r.n_headers; i++)
		EXPECT(i == 0 || strcmp(r.headers[i].name, "Content-Type") != 0);
	desk_free(d);
}

TEST(a_refusal_needs_no_commit)
{
	struct desk *d = opaque();
	struct exchange *x = service(d, mem);
	struct http_reply r = { 0 };
	const struct store_op *ops;
	size_t n;

	x->c.evidence.basic_secret = S("wrong");
	EXPECT_INT(wire_prepare(x, &r, &ops, &n), WIRE_ANSWERED);
	EXPECT_INT(r.status, 401);
	desk_free(d);
}

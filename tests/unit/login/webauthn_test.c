/* What create() and get() give, right and wrong (L20). */
#include "../test.h"
#include "login/webauthn.h"

struct made { const char *name; enum webauthn_fault fault; const char *client_data, *object; };
enum signer { KEY_ES, KEY_ED, KEY_RS };
struct asserted {
	const char *name;
	enum webauthn_fault fault;
	enum signer key;
	uint32_t known;
	bool named;
	const char *id, *client_data, *auth_data, *signature, *handle;
};
#include "webauthn_vectors.h"

#define HANDLE "handle-of-alice!"
static const char challenge[] = "\0\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20\21\22\23\24\25\26\27\30\31\32\33\34\35\36\37";

static struct webauthn_asked
asked(void)
{
	return (struct webauthn_asked){ .challenge = str_span(challenge, 32), .origin = S("https://id.example.com"),
		.rp_id = S("id.example.com"), .verified = true };
}

static struct str
bytes(struct arena *mem, const char *hex)
{
	struct str out = S("");

	if (*hex != '\0' && !hex_decode(mem, str_of(hex), &out))
		test_fail(__FILE__, __LINE__, "no hex");
	return out;
}

static enum webauthn_fault
put(struct arena *mem, const struct webauthn_asked *a, const struct made *m, struct webauthn_credential *out)
{
	return webauthn_register(mem, a, bytes(mem, m->client_data), bytes(mem, m->object), out);
}

/* Of a name, for a message. */
static void
is_fault(const char *name, enum webauthn_fault got, enum webauthn_fault want)
{
	if (got != want)
		test_fail(__FILE__, __LINE__, "%s: %d (%s), not %d", name, got, webauthn_fault_text(got), want);
}

static const struct made *
made_as(const char *name)
{
	for (size_t i = 0; i < COUNT(made); i++)
		if (strcmp(made[i].name, name) == 0)
			return &made[i];
	test_fail(__FILE__, __LINE__, "no vector %s", name);
	return &made[0];
}

TEST(each_registration_is_judged)
{
	struct webauthn_asked a = asked();

	for (size_t i = 0; i < COUNT(made); i++) {
		struct webauthn_credential new = { .count = 4711 };
		enum webauthn_fault f = put(mem, &a, &made[i], &new);

		is_fault(made[i].name, f, made[i].fault);
		EXPECT(f == WEBAUTHN_OK ? new.id.n == 16 && str_given(new.key) : new.count == 4711 && new.id.p == NULL);
	}
}

TEST(what_is_registered_is_told)
{
	struct webauthn_asked a = asked();
	struct webauthn_credential new;

	NEED(put(mem, &a, made_as("ES256, packed by itself"), &new) == WEBAUTHN_OK);
	EXPECT_STR(hex_encode(mem, new.id), S("6465666768696a6b6c6d6e6f70717273"));
	EXPECT_STR(hex_encode(mem, str_span(new.aaguid, 16)), S("101112131415161718191a1b1c1d1e1f"));
	EXPECT(new.alg == WEBAUTHN_ES256 && new.count == 7 && new.verified && !new.may_be_backed_up && !new.is_backed_up);
	NEED(put(mem, &a, made_as("one that may be backed up"), &new) == WEBAUTHN_OK);
	EXPECT(new.may_be_backed_up && new.is_backed_up);
	NEED(put(mem, &a, made_as("EdDSA, none"), &new) == WEBAUTHN_OK && new.alg == WEBAUTHN_EDDSA);
	NEED(put(mem, &a, made_as("RS256, none"), &new) == WEBAUTHN_OK && new.alg == WEBAUTHN_RS256);
	a.verified = false;
	NEED(put(mem, &a, made_as("nobody was verified"), &new) == WEBAUTHN_OK);
	EXPECT(!new.verified);
}

/* Where it is cut off it is nothing, wherever that is; nor with any one bit of its data turned, as far as a signature holds them. */
TEST(no_part_of_a_registration_counts)
{
	const struct made *m = made_as("ES256, packed by itself");
	struct webauthn_asked a = asked();
	struct str said = bytes(mem, m->client_data), whole = bytes(mem, m->object);
	struct webauthn_credential new;
	char *copy = arena_alloc(mem, whole.n);

	for (size_t n = 0; n < whole.n; n++)
		EXPECT(webauthn_register(mem, &a, said, str_sub(whole, 0, n), &new) != WEBAUTHN_OK);
	for (size_t i = 0; i < whole.n; i++) {
		memcpy(copy, whole.p, whole.n);
		copy[i] ^= 1;
		if (webauthn_register(mem, &a, said, str_span(copy, whole.n), &new) == WEBAUTHN_OK)
			test_fail(__FILE__, __LINE__, "byte %zu", i);
	}
}

/* A key of small order, for which anybody can sign: the x stands at the end of the object. */
TEST(no_key_that_binds_nobody)
{
	const struct made *m = made_as("EdDSA, none");
	struct webauthn_asked a = asked();
	struct str said = bytes(mem, m->client_data), whole = bytes(mem, m->object);
	struct webauthn_credential new;
	char *copy = arena_alloc(mem, whole.n);

	memcpy(copy, whole.p, whole.n);
	copy[whole.n - 1] ^= 1;
	EXPECT(webauthn_register(mem, &a, said, str_span(copy, whole.n), &new) == WEBAUTHN_OK);
	memset(copy + whole.n - 32, 0, 32);
	EXPECT(webauthn_register(mem, &a, said, str_span(copy, whole.n), &new) != WEBAUTHN_OK);
}

TEST(what_is_too_long_is_not_looked_at)
{
	struct webauthn_asked a = asked();
	const struct made *m = made_as("ES256, none");
	struct webauthn_credential new;
	char *much = arena_alloc(mem, WEBAUTHN_ATTESTATION_MAX + 1);

	NEED(much != NULL);
	memset(much, ' ', WEBAUTHN_ATTESTATION_MAX + 1);
	EXPECT(webauthn_register(mem, &a, str_span(much, WEBAUTHN_CLIENT_DATA_MAX + 1), bytes(mem, m->object), &new)
	    == WEBAUTHN_SIZE);
	EXPECT(webauthn_register(mem, &a, bytes(mem, m->client_data), str_span(much, WEBAUTHN_ATTESTATION_MAX + 1), &new)
	    == WEBAUTHN_SIZE);
	EXPECT(webauthn_register(mem, &a, bytes(mem, m->client_data), STR_ABSENT, &new) == WEBAUTHN_SIZE);
}

/* --- asserting -------------------------------------------------------------------------------- */

static struct webauthn_credential
known(struct arena *mem, enum signer s)
{
	static const char *const names[] = { "ES256, none", "EdDSA, none", "RS256, none" };
	struct webauthn_asked a = asked();
	struct webauthn_credential c = { .count = 0 };

	if (put(mem, &a, made_as(names[s]), &c) != WEBAUTHN_OK)
		test_fail(__FILE__, __LINE__, "not registered");
	c.handle = S(HANDLE);
	return c;
}

static struct webauthn_answer
answer_of(struct arena *mem, const struct asserted *v)
{
	return (struct webauthn_answer){ bytes(mem, v->id), bytes(mem, v->client_data), bytes(mem, v->auth_data),
		bytes(mem, v->signature), bytes(mem, v->handle) };
}

TEST(each_assertion_is_judged)
{
	struct webauthn_asked a = asked();

	for (size_t i = 0; i < COUNT(asserted); i++) {
		const struct asserted *v = &asserted[i];
		struct webauthn_credential c = known(mem, v->key);
		struct webauthn_answer answer = answer_of(mem, v);
		struct webauthn_seen seen = { .count = 4711 };
		enum webauthn_fault f;

		c.count = v->known;
		f = webauthn_assert(mem, &a, &c, &answer, v->named, &seen);
		is_fault(v->name, f, v->fault);
		EXPECT(f == WEBAUTHN_OK ? seen.count >= v->known && seen.verified : seen.count == 4711);
	}
}

static const struct asserted *
asserted_as(const char *name)
{
	for (size_t i = 0; i < COUNT(asserted); i++)
		if (strcmp(asserted[i].name, name) == 0)
			return &asserted[i];
	test_fail(__FILE__, __LINE__, "no vector %s", name);
	return &asserted[0];
}

TEST(no_bit_of_an_assertion_may_turn)
{
	struct webauthn_asked a = asked();
	struct webauthn_credential c = known(mem, KEY_ES);
	struct webauthn_answer good = answer_of(mem, asserted_as("ES256"));
	struct str *const parts[] = { &good.client_data, &good.auth_data, &good.signature };
	struct webauthn_seen seen;

	for (size_t k = 0; k < COUNT(parts); k++) {
		char *copy = arena_alloc(mem, parts[k]->n);
		struct str whole = *parts[k];

		for (size_t i = 0; i < whole.n; i++) {
			memcpy(copy, whole.p, whole.n);
			copy[i] ^= 1;
			*parts[k] = str_span(copy, whole.n);
			if (webauthn_assert(mem, &a, &c, &good, true, &seen) == WEBAUTHN_OK)
				test_fail(__FILE__, __LINE__, "part %zu byte %zu", k, i);
		}
		*parts[k] = whole;
	}
	EXPECT(webauthn_assert(mem, &a, &c, &good, true, &seen) == WEBAUTHN_OK);
}

/* A stored key of another algorithm verifies nothing, whatever its row says. */
TEST(the_algorithm_is_the_keys)
{
	static const enum webauthn_alg algs[] = { WEBAUTHN_ES256, WEBAUTHN_EDDSA, WEBAUTHN_RS256 };
	static const char *const names[] = { "ES256", "EdDSA", "RS256" };
	struct webauthn_asked a = asked();
	struct webauthn_seen seen;

	for (int s = KEY_ES; s <= KEY_RS; s++)
		for (size_t k = 0; k < COUNT(algs); k++) {
			struct webauthn_credential c = known(mem, (enum signer)s);
			struct webauthn_answer answer = answer_of(mem, asserted_as(names[s]));

			c.alg = algs[k];
			is_fault(names[s], webauthn_assert(mem, &a, &c, &answer, true, &seen),
			    k == (size_t)s ? WEBAUTHN_OK : WEBAUTHN_SIGNATURE);
		}
}

TEST(a_challenge_is_found_again)
{
	struct str got, said = bytes(mem, asserted_as("ES256")->client_data);

	NEED(webauthn_challenge_read(mem, said, &got));
	EXPECT_STR(got, str_span(challenge, 32));
	EXPECT(!webauthn_challenge_read(mem, S("{}"), &got));
	EXPECT(!webauthn_challenge_read(mem, S("{\"challenge\":\"AAAA\"}"), &got));
	EXPECT(!webauthn_challenge_read(mem, S("[]"), &got));
	EXPECT(!webauthn_challenge_read(mem, STR_ABSENT, &got));
}

TEST(an_rp_id_is_the_host_or_above_it)
{
	static const struct { const char *host, *rp_id; bool fits; } all[] = {
		{ "id.example.com", "id.example.com", true }, { "id.example.com", "example.com", true },
		{ "id.example.com", "com", false }, { "id.example.com", "ple.com", false },
		{ "id.example.com", "example.com.", false }, { "id.example.com", ".example.com", false },
		{ "id.example.com", "other.com", false }, { "id.example.com", "a.id.example.com", false },
		{ "id.example.com", "", false }, { "localhost", "localhost", true }, { "localhost", "host", false },
		{ "127.0.0.1", "127.0.0.1", false }, { "127.0.0.1", "0.1", false }, { "[::1]", "[::1]", false },
	};

	for (size_t i = 0; i < COUNT(all); i++)
		if (webauthn_rp_id_fits(str_of(all[i].host), str_of(all[i].rp_id)) != all[i].fits)
			test_fail(__FILE__, __LINE__, "%s for %s", all[i].rp_id, all[i].host);
}

/* Where there is no room nothing counts, and nothing else is said of the answer. */
TEST(without_memory_nothing_is_judged)
{
	struct webauthn_asked a = asked();
	const struct made *m = made_as("ES256, packed by itself");
	struct str said = bytes(mem, m->client_data), object = bytes(mem, m->object);
	enum webauthn_fault f = WEBAUTHN_MEMORY;
	int refused = 0;

	for (size_t max = 0; max < 8192 && f == WEBAUTHN_MEMORY; max += 32) {
		struct webauthn_credential new = { .count = 4711 };
		struct arena little;

		arena_init(&little, max);
		f = webauthn_register(&little, &a, said, object, &new);
		refused += f == WEBAUTHN_MEMORY && new.count == 4711;
		arena_free(&little);
	}
	EXPECT(f == WEBAUTHN_OK && refused > 3);
}

TEST(each_fault_has_a_text)
{
	for (int f = WEBAUTHN_OK + 1; f < WEBAUTHN_COUNT; f++)
		EXPECT(webauthn_fault_text((enum webauthn_fault)f)[0] != '\0');
	EXPECT(webauthn_fault_text(WEBAUTHN_OK)[0] == '\0');
}

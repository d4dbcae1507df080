/* tests/unit/http/client_cert_test.c - the certificate that a proxy names, in the ways of several proxies. */
#include "../test.h"
#include "http/http_int.h"

#define HEAD "-----BEGIN CERTIFICATE-----"
#define TAIL "-----END CERTIFICATE-----"

/* "der", or "der+more+more"; "none"; "bad". */
static struct str
told(struct arena *mem, enum http_cert_format format, const char *field)
{
	struct http_cert cert;
	struct str out;

	if (!client_cert_read(mem, format, str_of(field), &cert))
		return str_given(cert.der) ? S("bad, but there") : S("bad");
	if (!str_given(cert.der))
		return S("none");
	out = cert.der;
	for (size_t i = 0; i < cert.n_chain; i++)
		out = ARENA_CAT(mem, out, S("+"), cert.chain[i]);
	return out;
}

TEST(rfc_9440)
{
	EXPECT_STR(told(mem, CERT_RFC9440, ":b25l:"), S("one"));
	EXPECT_STR(told(mem, CERT_RFC9440, "  :dHdvMg==: "), S("two2"));
	EXPECT_STR(told(mem, CERT_RFC9440, ""), S("none"));
	EXPECT_STR(told(mem, CERT_RFC9440, ":b25l:, :dHdv:"), S("bad"));
	EXPECT_STR(told(mem, CERT_RFC9440, "b25l"), S("bad"));
	EXPECT_STR(told(mem, CERT_RFC9440, ":b25l"), S("bad"));
	EXPECT_STR(told(mem, CERT_RFC9440, "::"), S("bad"));
	EXPECT_STR(told(mem, CERT_RFC9440, ":"), S("bad"));
	EXPECT_STR(told(mem, CERT_RFC9440, ":b2 5l:"), S("bad"));
	EXPECT_STR(told(mem, CERT_RFC9440, ":b25l:;a=1"), S("bad"));
}

TEST(chain_of_rfc_9440)
{
	struct http_cert cert;

	NEED(client_cert_read(mem, CERT_RFC9440, S(":b25l:"), &cert));
	EXPECT(client_chain_read(mem, STR_ABSENT, &cert) && cert.n_chain == 0);
	NEED(client_chain_read(mem, S(":dHdv:, :dHdv:"), &cert));
	EXPECT_STR(cert.der, S("one"));
	EXPECT_INT(cert.n_chain, 2);
	EXPECT_STR(cert.chain[1], S("two"));
	EXPECT(!client_chain_read(mem, S(":dHdv:,:dHdv:,:dHdv:,:dHdv:,:dHdv:,:dHdv:,:dHdv:,:dHdv:"), &cert));
	EXPECT(!client_chain_read(mem, S(":dHdv:,"), &cert));
}

TEST(pem_of_nginx_and_apache)
{
	EXPECT_STR(told(mem, CERT_PEM, "-----BEGIN%20CERTIFICATE-----%0Ab25l%0A-----END%20CERTIFICATE-----%0A"), S("one"));
	EXPECT_STR(told(mem, CERT_PEM, HEAD " b2 5l " TAIL " "), S("one"));
	EXPECT_STR(told(mem, CERT_PEM, HEAD " b25l " TAIL " " HEAD " dHdv " TAIL), S("one+two"));
	EXPECT_STR(told(mem, CERT_PEM, "(null)"), S("none"));
	EXPECT_STR(told(mem, CERT_PEM, HEAD " b25l"), S("bad"));
	EXPECT_STR(told(mem, CERT_PEM, "b25l " TAIL), S("bad"));
	EXPECT_STR(told(mem, CERT_PEM, TAIL HEAD), S("bad"));
	EXPECT_STR(told(mem, CERT_PEM, HEAD TAIL), S("bad"));
	EXPECT_STR(told(mem, CERT_PEM, "Bag Attributes " HEAD " b25l " TAIL), S("bad"));
	EXPECT_STR(told(mem, CERT_PEM, HEAD "%0Ab25l%0" TAIL), S("bad"));
}

TEST(base64_of_haproxy_and_traefik)
{
	EXPECT_STR(told(mem, CERT_BASE64, "b25l"), S("one"));
	EXPECT_STR(told(mem, CERT_BASE64, "b25l,dHdv"), S("one+two"));
	EXPECT_STR(told(mem, CERT_BASE64, "dHdvMg%3D%3D"), S("two2"));
	EXPECT_STR(told(mem, CERT_BASE64, "b25l,"), S("bad"));
	EXPECT_STR(told(mem, CERT_BASE64, "b25l!"), S("bad"));
}

TEST(envoy)
{
	EXPECT_STR(told(mem, CERT_XFCC, "By=spiffe://a;Hash=00;Cert=\"" HEAD "%0Ab25l%0A" TAIL "%0A\";Subject=\"CN=a,O=\\\"b\\\"\""), S("one"));
	EXPECT_STR(told(mem, CERT_XFCC, "Cert=\"" HEAD "b25l" TAIL "\";Chain=\"" HEAD "b25l" TAIL HEAD "dHdv" TAIL "\""), S("one+two"));
	EXPECT_STR(told(mem, CERT_XFCC, "Chain=\"" HEAD "b25l" TAIL HEAD "dHdv" TAIL "\""), S("one+two"));
	EXPECT_STR(told(mem, CERT_XFCC, "By=a;Hash=b"), S("none"));
	EXPECT_STR(told(mem, CERT_XFCC, "Cert=\"" HEAD "b25l" TAIL "\",Cert=\"" HEAD "dHdv" TAIL "\""), S("bad"));
	EXPECT_STR(told(mem, CERT_XFCC, "Cert=\"" HEAD "b25l" TAIL "\";Cert=\"" HEAD "dHdv" TAIL "\""), S("bad"));
	EXPECT_STR(told(mem, CERT_XFCC, "Cert=\"" HEAD "b25l" TAIL "\";Chain=\"" HEAD "dHdv" TAIL "\""), S("bad"));
	EXPECT_STR(told(mem, CERT_XFCC, "Cert=\"" HEAD "b25l" TAIL), S("bad"));
	EXPECT_STR(told(mem, CERT_XFCC, "Cert=\"" HEAD "b25l" TAIL "\"x;By=a"), S("bad"));
	EXPECT_STR(told(mem, CERT_XFCC, "Cert"), S("bad"));
}

/* 16 KiB and no byte more. */
TEST(too_large)
{
	size_t n = (CERT_MAX + 2) / 3 * 4 + 8;
	char *text = arena_alloc(mem, n + 2);
	struct http_cert cert;

	memset(text, 'A', n + 2);
	text[0] = ':';
	text[1 + CERT_MAX / 3 * 4 + 2] = ':';
	NEED(client_cert_read(mem, CERT_RFC9440, str_span(text, CERT_MAX / 3 * 4 + 4), &cert));
	EXPECT_INT(cert.der.n, CERT_MAX);
	text[1 + CERT_MAX / 3 * 4 + 2] = 'A';
	text[1 + CERT_MAX / 3 * 4 + 3] = ':';
	EXPECT(!client_cert_read(mem, CERT_RFC9440, str_span(text, CERT_MAX / 3 * 4 + 5), &cert));
}

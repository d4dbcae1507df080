/* wire/endpoint.c - what the rows of endpoints.def say of an endpoint. */
#include "wire/wire_int.h"

const struct endpoint_row endpoint_rows[EP_COUNT] = {
#define ENDPOINT(id, name, ask, lane, speak, flags, member) [EP_##id] = { name, flags, member },
#include "wire/endpoints.def"
#undef ENDPOINT
};

bool
endpoint_is(enum endpoint e, unsigned flags)
{
	return e < EP_COUNT && (endpoint_rows[e].flags & flags) != 0;
}

bool
endpoint_asks_client(enum endpoint e)
{
	static const enum oauth_endpoint calls[EP_COUNT] = {
#define ENDPOINT(id, name, ask, call, speak, flags, member) [EP_##id] = OE_##call,
#include "wire/endpoints.def"
#undef ENDPOINT
	};

	return calls[e] != OE_COUNT && call_asks_client(calls[e]);
}

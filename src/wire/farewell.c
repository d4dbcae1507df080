/* wire/farewell.c - an issuer that is to end: fields that say so, and hours at which it gives nothing new. */
#include "wire/wire_int.h"

#define DAY_S 86400

int64_t
brownout_left_s(const struct farewell *f, int64_t now_s)
{
	int64_t days = now_s / DAY_S, second = now_s % DAY_S;
	int day = (int)((days + 4) % 7);                /* 1970-01-01 was a Thursday */

	for (size_t i = 0; i < f->n; i++) {
		const struct brownout *b = &f->at[i];

		if ((b->day < 0 || b->day == day) && second >= b->from_s && second < b->to_s)
			return b->to_s - second;
	}
	return 0;
}

/* What is out goes on: its keys, what is asked about tokens, its renewal's end and every logout. */
static bool
gives_something_new(enum endpoint e)
{
	return e == EP_AUTHORIZE || e == EP_PAR || e == EP_CHALLENGE || e == EP_TOKEN || e == EP_DEVICE_AUTHORIZATION
	    || e == EP_BC_AUTHORIZE || e == EP_SMS_CODE || e == EP_REGISTER;
}

void
farewell_look(struct exchange *x)
{
	int64_t left_s = brownout_left_s(&x->mount->farewell, x->c.now_s);

	if (left_s == 0 || x->route == NULL || x->early != R_NONE || !gives_something_new(exchange_endpoint(x)))
		return;
	x->early = R_BROWNOUT;
	x->c.retry_after_s = left_s;
}

void
farewell_headers(struct exchange *x, struct http_reply *r)
{
	const struct farewell *f = &x->mount->farewell;

	if (str_given(f->deprecation))
		http_reply_header(r, "Deprecation", f->deprecation);
	if (str_given(f->sunset))
		http_reply_header(r, "Sunset", f->sunset);
	if (str_given(f->link))
		http_reply_header(r, "Link", f->link);
}

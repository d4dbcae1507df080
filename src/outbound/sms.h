/*
 * outbound/sms.h - text messages with one-time codes: gateways as they are configured, the requests
 * that reach them, and an outbox of their own, so that a slow gateway slows nobody but itself.
 *
 * L10: a code is told to the gateway and to nobody else: no log, no answer holds one. The gateway
 *      "log" prints it on standard output and exists in the demonstration only.
 */
#ifndef HUFU_SMS_H
#define HUFU_SMS_H

#include "base/base.h"
#include "outbound/outbox.h"

/* In the order of the setting's words. */
enum sms_kind { SMS_LOG, SMS_WEBHOOK, SMS_HTTP, SMS_ALIYUN, SMS_TENCENT };
struct sms_gateway {
	struct str    name;
	enum sms_kind kind;
	struct str    url, method, body;        /* body: a template; {phone}, {code} and {minutes} are filled in */
	/*
	 * of kind http: what the answer to a message that was taken holds; empty: any answer of 2xx
	 */
	struct str    success;
	const struct str *headers; size_t n_headers;
	struct str    access_key, secret, region, sign_name, template_code, app_id, country;
	struct outbound_rules rules;
};
struct sms_message { struct str phone, code; int64_t minutes; };        /* phone and code: digits */

/* --- sms_sign.c: how the two clouds want requests signed -------------------------------------- */

/*
 * Alibaba Cloud, signature version 3: ACS3-HMAC-SHA256. headers: "name:value", lower case, sorted.
 * The value of Authorization.
 */
struct str acs3_authorization(struct arena *mem, struct str key_id, struct str secret,
    struct str method, struct str path, struct str query,
    const struct str *headers, size_t n, struct str body);
/* Tencent Cloud, signature version 3: TC3-HMAC-SHA256. */
struct str tc3_authorization(struct arena *mem, struct str key_id, struct str secret, struct str service, int64_t now_s,
    const struct str *headers, size_t n, struct str body);

/* --- sms_request.c ---------------------------------------------------------------------------- */

/* The request that carries the message; nonce: any text that was not used before. False when mem is full. */
bool sms_request(struct arena *mem, const struct sms_gateway *g, const struct sms_message *m,
    int64_t now_s, struct str nonce, struct outbound_ask *out);
/* Did the gateway take it? Reads the vendor's answer; NULL, or a sentence. */
const char *sms_refusal(struct arena *mem, const struct sms_gateway *g, const struct outbound_answer *a);

/* --- sms_sender.c ----------------------------------------------------------------------------- */

/*
 * Outbox of text messages: sent at most once each (L12); one that surely nobody has heard is tried
 * again while its code lives.
 */
extern const struct outbox_kind sms_outbox;
/* outbox_prepare for a message by the gateway. NULL: as there, or o is NULL. mem is for the work alone. */
struct errand *sms_prepare(struct arena *mem, struct outbox *o, struct str issuer,
    const struct sms_gateway *g, const struct sms_message *m,
    int64_t not_after_s);
#endif

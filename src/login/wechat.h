/*
 * login/wechat.h - who is it, by WeChat: a code of wx.login or of the web page with the QR code,
 * exchanged for the user's openid. A code is proof, for it is used once and only together with the
 * app's secret; an openid alone proves nothing.
 */
#ifndef HUFU_LOGIN_WECHAT_H
#define HUFU_LOGIN_WECHAT_H

#include "base/base.h"
#include "outbound/outbound.h"

#include <stdatomic.h>

enum wechat_kind { WECHAT_MINI /* sns/jscode2session */, WECHAT_WEB /* sns/oauth2/access_token */ };
struct wechat_app {
	struct str       app_id, secret, url;   /* url: without a query */
	enum wechat_kind kind;
	bool             create;                /* make a user at the first login */
	struct outbound_rules rules;
	_Atomic int64_t *rests_until_ms;        /* by clock_now_ms; 0: it answered. NULL: it is always asked */
};
#define WECHAT_REST_MS 5000             /* one that gave no answer is left alone for so long; then one caller tries */
#define WECHAT_CODE_MAX 256

/* The request for a code. False when mem is full. */
bool wechat_request(struct arena *mem, const struct wechat_app *a, struct str code, struct outbound_ask *out);
/*
 * What the answer says. OK: *open_id is set, 1 to 128 of [0-9A-Za-z_-]. WRONG: the code is invalid,
 * used or of a blocked user. DOWN: anything else, *trouble is a sentence for the log.
 */
enum wechat_result { WECHAT_OK, WECHAT_WRONG, WECHAT_DOWN };
enum wechat_result wechat_answer(
    struct arena *mem, const struct outbound_answer *a, struct str *open_id, const char **trouble);
/* Both, with the request between them; blocks for at most rules.total_ms. */
enum wechat_result wechat_exchange(struct arena *mem, const struct wechat_app *a, struct str code, struct str *open_id);
#endif

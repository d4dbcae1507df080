/* login/wechat.c - WeChat's code exchange: sns/jscode2session and sns/oauth2/access_token. */
#include "login/wechat.h"

#define REQUEST_URL_MAX     2048
#define OPEN_ID_MAX 128

bool
wechat_request(struct arena *mem, const struct wechat_app *a, struct str code, struct outbound_ask *out)
{
	struct buf b;

	buf_init(&b, mem, REQUEST_URL_MAX);
	buf_put(&b, a->url);
	buf_put(&b, S("?appid="));
	pct_encode(&b, a->app_id, S(""));
	buf_put(&b, S("&secret="));
	pct_encode(&b, a->secret, S(""));
	buf_put(&b, a->kind == WECHAT_MINI ? S("&js_code=") : S("&code="));
	pct_encode(&b, code, S(""));
	buf_put(&b, S("&grant_type=authorization_code"));
	*out = (struct outbound_ask){ .method = S("GET"), .url = buf_str(&b) };
	return !b.full;
}

static bool
open_id_is_sound(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-'
			|| c == '_'))
			return false;
	}
	return s.n > 0 && s.n <= OPEN_ID_MAX;
}

/* WeChat answers 200 to everything; what went wrong is a number. */
static enum wechat_result
refusal(int64_t code, const char **trouble)
{
	switch (code) {
	/* invalid, used, missing, blocked user */
	case 40029: case 40163: case 41008: case 40226: return WECHAT_WRONG;
	case 40013:
	case 40125:
	case 41002:
	case 41004:
	case 40001:
		*trouble = say("the app id or its secret is refused; check wechat_app_id and wechat_secret");
		break;
	case 45011: *trouble = say("WeChat's limit of requests is reached"); break;
	case -1: *trouble = say("WeChat is busy"); break;
	default: *trouble = say("WeChat answers an error that is not known here"); break;
	}
	return WECHAT_DOWN;
}

enum wechat_result
wechat_answer(struct arena *mem, const struct outbound_answer *a, struct str *open_id, const char **trouble)
{
	json_t *o = a->status == 200 ? json_read(mem, a->body) : NULL;
	int64_t code = 0;
	struct str id;

	*trouble = say("the answer is not WeChat's");
	if (!json_is_object(o))
		return WECHAT_DOWN;
	if (json_object_get(o, "errcode") != NULL && !json_member_int(o, "errcode", &code))
		return WECHAT_DOWN;             /* what went wrong is a number, or this is not WeChat */
	if (code != 0)
		return refusal(code, trouble);
	id = json_member_str(o, "openid");
	if (!open_id_is_sound(id))
		return WECHAT_DOWN;
	*open_id = arena_dup(mem, id);
	return str_given(*open_id) ? WECHAT_OK : WECHAT_DOWN;
}

enum wechat_result
wechat_exchange(struct arena *mem, const struct wechat_app *a, struct str code, struct str *open_id)
{
	struct outbound_answer answer;
	struct outbound_ask ask;
	const char *trouble = say("memory is exhausted");
	enum wechat_result r = WECHAT_DOWN;

	if (code.n == 0 || code.n > WECHAT_CODE_MAX)
		return WECHAT_WRONG;
	if (a->rests_until_ms != NULL && clock_rests(a->rests_until_ms, WECHAT_REST_MS, a->rules.total_ms))
		return WECHAT_DOWN;             /* it gave no answer a moment ago: nobody waits for it */
	if (wechat_request(mem, a, code, &ask)) {
		bool heard = outbound_do(mem, &a->rules, &ask, &answer);

		if (heard)
			r = wechat_answer(mem, &answer, open_id, &trouble);
		else
			trouble = answer.trouble;
		if (a->rests_until_ms != NULL)
			atomic_store(a->rests_until_ms,
			    heard && answer.status < 500 ? 0 : clock_now_ms() + WECHAT_REST_MS);
	}
	if (r == WECHAT_DOWN && log_is_due_about(a->app_id, str_of(trouble), 60))
		log_warn("WeChat app %.*s: %s", STR_ARG(a->app_id), trouble);
	return r;
}

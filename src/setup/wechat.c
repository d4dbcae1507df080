/* setup/wechat.c - an issuer's WeChat app from the settings. */
#include "setup/setup_int.h"

#include "login/wechat.h"

#define ANSWER_MAX (16 * 1024)
#define CONNECT_MS 3000

static const struct conf_value *
value_of(const struct conf *c, struct str issuer, const char *key)
{
	return conf_get(c, SEC_ISSUER, issuer, key);
}

const struct wechat_app *
wechat_of(const struct conf *c, struct str issuer, struct arena *mem)
{
	struct str url = value_of(c, issuer, "wechat_url")->text;
	struct wechat_app *a =
	    str_empty(value_of(c, issuer, "wechat_app_id")->text) ? NULL : arena_new(mem, struct wechat_app);

	if (a == NULL)
		return NULL;
	*a = (struct wechat_app){
		.app_id = arena_dup(mem, value_of(c, issuer, "wechat_app_id")->text),
		.secret = arena_dup(mem, value_of(c, issuer, "wechat_secret")->text),
		.kind = (enum wechat_kind)value_of(c, issuer, "wechat_kind")->number,
		.create = value_of(c, issuer, "wechat_first_time")->number == 1,
		.rules = { .allow_private = value_of(c, issuer, "wechat_allow_private")->number != 0,
		    .connect_ms = CONNECT_MS,
		    .total_ms = value_of(c, issuer, "wechat_timeout")->number * 1000,
		    .answer_max = ANSWER_MAX },
	};
	a->rests_until_ms = (_Atomic int64_t *)arena_calloc(mem, 1, sizeof *a->rests_until_ms);
	if (str_empty(url))
		url = a->kind == WECHAT_MINI ? S("https://api.weixin.qq.com/sns/jscode2session")
					     : S("https://api.weixin.qq.com/sns/oauth2/access_token");
	a->url = arena_dup(mem, url);
	return a;
}

void
wechat_is_consistent(const struct conf *c, struct str issuer, struct findings *f)
{
	const struct wechat_app *a = wechat_of(c, issuer, f->mem);
	const char *wrong;
	struct url url;

	if (a == NULL)
		return;
	if (str_empty(a->secret))
		complain(f, conf_where(c, SEC_ISSUER, issuer, "wechat_secret"),
		    "issuer %.*s: wechat_secret: the app's secret is needed", STR_ARG(issuer));
	wrong = outbound_url_trouble(a->url, &a->rules);
	if (wrong == NULL && url_read(a->url, &url) == NULL && (str_given(url.query) || str_given(url.fragment)))
		wrong = say("must have no query");
	if (wrong != NULL)
		complain(f, conf_where(c, SEC_ISSUER, issuer, "wechat_url"), "issuer %.*s: wechat_url: %s",
		    STR_ARG(issuer), wrong);
}

/*
 * wire/agent.c - what a User-Agent names, for people: a browser and a system. Browsers name others they are like,
 * so the more particular word comes first; what is not known is shown as it was sent.
 */
#include "wire/wire_int.h"

struct word { const char *sent, *shown; };
static const struct word browsers[] = {
	{ "MicroMessenger/", "WeChat" }, { "DingTalk/", "DingTalk" }, { "Lark/", "Feishu" },
	{ "AlipayClient/", "Alipay" },
	{ "QQBrowser/", "QQ Browser" }, { "UCBrowser/", "UC Browser" }, { "HuaweiBrowser/", "Huawei Browser" },
	{ "MiuiBrowser/", "Mi Browser" }, { "Edg/", "Edge" }, { "EdgA/", "Edge" }, { "EdgiOS/", "Edge" },
	{ "OPR/", "Opera" }, { "SamsungBrowser/", "Samsung Internet" }, { "Firefox/", "Firefox" },
	{ "FxiOS/", "Firefox" }, { "CriOS/", "Chrome" }, { "Chrome/", "Chrome" }, { "Safari/", "Safari" }, { "curl/", "curl" },
};
static const struct word systems[] = {
	{ "HarmonyOS", "HarmonyOS" }, { "OpenHarmony", "HarmonyOS" }, { "Android", "Android" }, { "iPhone", "iPhone" },
	{ "iPad", "iPad" }, { "Windows", "Windows" }, { "Mac OS X", "macOS" }, { "CrOS", "ChromeOS" },
	{ "Linux", "Linux" },
};

static struct str
named(const struct word *words, size_t n, struct str agent)
{
	for (size_t i = 0; i < n; i++)
		if (str_contains(agent, str_of(words[i].sent)))
			return str_of(words[i].shown);
	return STR_ABSENT;
}

struct str
agent_shown(struct arena *mem, struct str agent)
{
	struct str browser = named(browsers, COUNT(browsers), agent), system = named(systems, COUNT(systems), agent);

	if (!str_given(browser) || !str_given(system))
		return str_given(browser) ? browser : system;
	return ARENA_CAT(mem, browser, S(" · "), system);
}

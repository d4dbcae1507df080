/* conf/manual.c - the reference manual of all settings, Markdown, made of the rows. */
#include "conf/conf_int.h"

enum { EN, ZH, LANGS };
static const struct words {
	const char *title, *intro, *top, *maps[SEC_COUNT], *head;
	const char *types[SET_MAP + 1];
	const char *own, *base, *required, *at_start, *at_reload, *realms;
} words[LANGS] = {
	{
	    .title = "Configuration of hufu",
	    .intro = "One YAML file, `/etc/hufu/hufu.yaml` unless `--config FILE` or `HUFU_CONFIG` says "
		     "otherwise. Unknown keys are errors. `hufu config check` opens\n"
		     "all that the file names as the start does, certificates, keys, paths, addresses and "
		     "the store among it, and names file and line of everything\n"
		     "that would keep hufud from starting, and of what is only doubtful (`warning:`); it "
		     "makes and changes nothing. Every key can also be an environment variable, which stands "
		     "above the file: `HUFU_` and the upper-cased\n"
		     "key with `__` for the dot, such as `HUFU_HTTP__BODY_MAX`; `HUFU_ISSUERS__NAME__URL` "
		     "for an item of a named map, `-` in its name as `_`.\n"
		     "With `_FILE` appended the variable names a file that holds the value, which suits "
		     "secrets. Relative paths in the file are relative to the\n"
		     "file's directory. Times are seconds or have a unit: `90s`, `15m`, `12h`, `30d`, `2w`; "
		     "sizes are bytes or `64k`, `1m`.\n"
		     "`hufu reload` (or SIGHUP) puts a changed file in force without a restart, but for the "
		     "settings marked *start*. It\n"
		     "says of each changed setting whether it took effect or waits for a restart; when "
		     "something is wrong, the file with the mistake is refused whole, what\n"
		     "was in force stays, and every reason has its line. Connections of a removed listener "
		     "end after the request under way.\n"
		     "This page is made by `hufu config manual`.\n",
	    .top = "At the top",
	    .maps = { "", "`listeners:` a map of names, each with", "`issuers:` a map of names, each with",
		"`sms_gateways:` a map of names, each with", "`directories:` a map of names, each with",
		"`user_tables:` a map of names, each with", "`dialects:` a map of names, each with",
		"`trusted_issuers:` a map of names, each with", "`identity_providers:` a map of names, each with", "`realms:` a map of names" },
	    .head = "| key | value | default | takes effect | meaning |\n|---|---|---|---|---|\n",
	    .types = { "text", "number", "time", "size", "true or false", "one of", "words", "path", "secret",
		"map" },
	    .own = "the dialect's",
	    .base = "as `based_on`",
	    .required = "required",
	    .at_start = "*start*",
	    .at_reload = "reload",
	    .realms = "An item is named like a realm that some issuer has, and takes any of the rules of an issuer, the first and last of which are below. They hold\n"
		      "at each issuer of the realm that does not say otherwise, whatever its dialect has; so what every door to the same people should keep\n"
		      "stands once.\n",
	},
	{
	    .title = "hufu 的配置",
	    .intro = "一个 YAML 文件，默认 `/etc/hufu/hufu.yaml`，可用 `--config FILE` 或 `HUFU_CONFIG` "
		     "指定。未知的键是错误。`hufu config check` 像启动时一样打开文件提到的一切\n"
		     "（证书、密钥、路径、地址和存储），对每个会妨碍启动的问题给出文件、行号和处理办法，只是"
		     "可疑的标为“警告：”；它不创建也不改动任何东西。每个键也可以用环境变量给出，优先于文件：`"
		     "HUFU_` 加大写的键，点写成 `__`，例如 `HUFU_HTTP__BODY_MAX`；\n"
		     "命名项用 `HUFU_ISSUERS__NAME__URL`，名称中的 `-` 写成 `_`。变量名加 `_FILE` "
		     "则表示存放该值的文件，适合密钥。\n"
		     "文件中的相对路径相对于该文件所在目录。时间以秒计或带单位：`90s`、`15m`、`12h`、`30d`、`"
		     "2w`；大小以字节计或写 `64k`、`1m`。\n"
		     "修改文件后执行 `hufu reload`（或发送 "
		     "SIGHUP）即可生效，无需重启；标为“启动”的设置除外。它逐项说明已改动的设置是已生效还是等"
		     "待重启；\n"
		     "文件有错时整个拒绝，原有设置继续有效，每个原因都带行号。被移除的监听器，其连接在处理完"
		     "当前请求后关闭。\n"
		     "本页由 `hufu --lang zh config manual` 生成。\n",
	    .top = "顶层",
	    .maps = { "", "`listeners:` 以名称为键，每项包含", "`issuers:` 以名称为键，每项包含",
		"`sms_gateways:` 以名称为键，每项包含", "`directories:` 以名称为键，每项包含",
		"`user_tables:` 以名称为键，每项包含", "`dialects:` 以名称为键，每项包含",
		"`trusted_issuers:` 以名称为键，每项包含", "`identity_providers:` 以名称为键，每项包含", "`realms:` 以名称为键" },
	    .head = "| 键 | 值 | 默认 | 生效 | 含义 |\n|---|---|---|---|---|\n",
	    .types = { "文本", "整数", "时间", "大小", "true 或 false", "以下之一", "若干词", "路径", "密钥",
		"映射" },
	    .own = "由方言决定",
	    .base = "同 `based_on`",
	    .required = "必填",
	    .at_start = "*启动*",
	    .at_reload = "重新加载",
	    .realms = "每项以某个签发方所用的域命名，可写签发方的任何一条规则（首尾两条见下）。对该域中自己没有写明的每个签发方生效，\n"
		      "优先于其方言的默认值；同一批用户的所有入口都应遵守的规则，只需写一次。\n",
	},
};

static void
put_type(struct buf *b, const struct words *w, const struct setting *row)
{
	struct str rest = str_of(row->choices);

	buf_put(b, str_of(w->types[row->type]));
	if (row->type == SET_CHOICE)
		while (str_given(rest)) {
			struct str word = str_cut(&rest, '|');
			buf_printf(b, " `%.*s`", STR_ARG(word));
		}
	else if (row->type == SET_INT || row->type == SET_SECONDS || row->type == SET_SIZE)
		buf_printf(b, " %lld–%lld", (long long)row->min, (long long)row->max);
	if (row->unit[0] != '\0')
		buf_printf(b, " %s", row->unit);
}

static void
put_row(struct buf *b, int lang, const struct setting *row)
{
	const struct words *w = &words[lang];
	bool textual = row->type == SET_TEXT || row->type == SET_WORDS || row->type == SET_PATH;

	buf_printf(b, "| `%s` | ", row->name);
	put_type(b, w, row);
	if (row->fallback[0] != '\0')
		buf_printf(b, " | `%s` | ", row->fallback);
	else if (row->section != SEC_TOP && textual && row->min > 0)
		buf_printf(b, " | %s | ", w->required);
	else
		buf_printf(b, " | %s | ",
		    row->section == SEC_DIALECT                  ? w->base
			: row->section == SEC_ISSUER && !textual ? w->own
								 : "");
	buf_printf(b, "%s | ", row->at_start ? w->at_start : w->at_reload);
	buf_put(b, str_of(lang == ZH ? row->help_zh : row->help));
	buf_put(b, S(" |\n"));
}

static void
put_heading(struct buf *b, const char *text, const struct words *w)
{
	buf_printf(b, "\n## %s\n\n%s", text, w->head);
}

/* Its rows are those of an issuer: from row on to the end. */
static void
put_realms(struct buf *b, const struct words *w, const struct setting *row)
{
	const struct setting *last = row;

	while (last[1].name != NULL)
		last++;
	buf_printf(b, "\n## %s\n\n", w->maps[SEC_REALM]);
	buf_printf(b, "%s\n`%s` … `%s`\n", w->realms, row->name, last->name);
}

static struct str
manual(struct arena *mem, int lang)
{
	const struct words *w = &words[lang];
	const struct setting *before = NULL;
	struct buf b;

	buf_init(&b, mem, 512 * 1024);
	buf_printf(&b, "# %s\n\n%s", w->title, w->intro);
	for (const struct setting *row = settings; row->name != NULL; before = row++) {
		if (row->section == SEC_REALM) {
			put_realms(&b, w, row);
			break;
		}
		bool same = before != NULL && row->section == before->section && strcmp(row->group, before->group) == 0;
		if (!same)
			put_heading(&b,
			    row->section != SEC_TOP     ? w->maps[row->section]
				: row->group[0] != '\0' ? row->group
							: w->top,
			    w);
		put_row(&b, lang, row);
	}
	return b.full ? STR_ABSENT : buf_str(&b);
}

struct str
conf_manual(struct arena *mem)
{
	return manual(mem, EN);
}

struct str
conf_manual_zh(struct arena *mem)
{
	return manual(mem, ZH);
}

/* tests/unit/base/json_schema_test.c - schemas that can be used, and what they take. */
#include "../test.h"
#include "base/json_schema.h"

static const char *
said(struct arena *mem, const char *schema, const char *value, struct str *at)
{
	const json_t *s = json_read(mem, str_of(schema)), *v = json_read(mem, str_of(value));

	if (json_schema_wrong(mem, s, at) != NULL)
		return "the schema";
	return v == NULL ? "no JSON" : json_schema_judge(mem, s, v, "type", at);
}

TEST(a_value_is_as_the_schema_wants_it)
{
	static const struct { const char *schema, *value, *at, *wrong; } rows[] = {
		{ "{}", "1", "", NULL },
		{ "true", "{\"a\":1}", "", NULL },
		{ "false", "1", "", "is no member that may stand there" },
		{ "{\"type\":\"string\"}", "\"x\"", "", NULL },
		{ "{\"type\":\"string\"}", "1", "", "is of another type" },
		{ "{\"type\":[\"string\",\"null\"]}", "null", "", NULL },
		{ "{\"type\":\"integer\"}", "1.0", "", NULL },
		{ "{\"type\":\"integer\"}", "1.5", "", "is of another type" },
		{ "{\"type\":\"integer\"}", "1e300", "", "is of another type" },
		{ "{\"type\":\"number\"}", "1", "", NULL },
		{ "{\"type\":\"boolean\"}", "0", "", "is of another type" },
		{ "{\"type\":\"array\"}", "{}", "", "is of another type" },
		{ "{\"enum\":[\"a\",1]}", "1.0", "", NULL },
		{ "{\"enum\":[\"a\",1]}", "\"b\"", "", "is none of the values that may stand there" },
		{ "{\"const\":{\"a\":[1]}}", "{\"a\":[1]}", "", NULL },
		{ "{\"const\":{\"a\":[1]}}", "{\"a\":[2]}", "", "is another value than the one that may stand there" },
		{ "{\"required\":[\"a\"]}", "{\"a\":null}", "", NULL },
		{ "{\"required\":[\"a\"]}", "{}", "", "lacks a member" },
		{ "{\"required\":[\"a\"]}", "[]", "", NULL },
		{ "{\"properties\":{\"a\":{\"type\":\"string\"}}}", "{\"a\":\"x\",\"type\":1}", "", NULL },
		{ "{\"properties\":{\"a\":{\"type\":\"string\"}}}", "{\"b\":1}", "b", "is no member that may stand there" },
		{ "{\"properties\":{\"a\":{\"properties\":{}}}}", "{\"a\":{\"type\":1}}", "a.type", "is no member that may stand there" },
		{ "{\"properties\":{\"type\":{\"const\":\"x\"}}}", "{\"type\":\"y\"}", "type", "is another value than the one that may stand there" },
		{ "{\"properties\":{},\"additionalProperties\":true}", "{\"b\":1}", "", NULL },
		{ "{\"additionalProperties\":{\"type\":\"string\"}}", "{\"b\":1}", "b", "is of another type" },
		{ "{\"additionalProperties\":false}", "{\"b\":1}", "b", "is no member that may stand there" },
		{ "{\"minProperties\":1}", "{}", "", "has too few members" },
		{ "{\"maxProperties\":1}", "{\"a\":1,\"b\":1}", "", "has too many members" },
		{ "{\"minItems\":1}", "[]", "", "has too few items" },
		{ "{\"maxItems\":1}", "[1,2]", "", "has too many items" },
		{ "{\"items\":{\"type\":\"string\"}}", "[\"a\",1]", "1", "is of another type" },
		{ "{\"minLength\":2}", "\"\xe9\x87\x91\"", "", "is too short" },
		{ "{\"maxLength\":1}", "\"\xe9\x87\x91\"", "", NULL },
		{ "{\"maxLength\":1}", "\"ab\"", "", "is too long" },
		{ "{\"minimum\":1}", "0.5", "", "is too small" },
		{ "{\"maximum\":9007199254740993}", "9007199254740994", "", "is too large" },
		{ "{\"exclusiveMinimum\":1}", "1", "", "is too small" },
		{ "{\"exclusiveMaximum\":1}", "1", "", "is too large" },
		{ "{\"minimum\":1}", "\"a\"", "", NULL },
		{ "{\"properties\":{\"a\":{\"items\":{\"properties\":{\"b\":{\"minimum\":0}}}}}}", "{\"a\":[{\"b\":1},{\"b\":-1}]}", "a.1.b", "is too small" },
		{ "{\"title\":\"t\",\"description\":\"d\",\"$comment\":\"c\",\"$schema\":\"s\",\"$id\":\"i\",\"examples\":[],\"default\":1}", "1", "", NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str at;
		const char *wrong = said(mem, rows[i].schema, rows[i].value, &at);

		EXPECT_STR(str_of(wrong), str_of(rows[i].wrong));
		EXPECT_STR(at, str_of(rows[i].at));
	}
}

TEST(a_schema_that_cannot_be_used)
{
	static const struct { const char *schema, *at; } rows[] = {
		{ "1", "" }, { "[]", "" }, { "{\"pattern\":\"^a$\"}", "pattern" }, { "{\"$ref\":\"#\"}", "$ref" }, { "{\"oneOf\":[]}", "oneOf" },
		{ "{\"format\":\"date\"}", "format" }, { "{\"type\":\"text\"}", "type" }, { "{\"type\":[]}", "type" }, { "{\"type\":[\"string\",1]}", "type" },
		{ "{\"enum\":[]}", "enum" }, { "{\"required\":\"a\"}", "required" }, { "{\"required\":[1]}", "required" }, { "{\"minItems\":-1}", "minItems" },
		{ "{\"minLength\":1.5}", "minLength" }, { "{\"minimum\":\"1\"}", "minimum" }, { "{\"items\":[]}", "items" }, { "{\"properties\":[]}", "properties" },
		{ "{\"properties\":{\"a\":1}}", "properties" }, { "{\"properties\":{\"a\":{\"items\":{\"uniqueItems\":true}}}}", "properties.a.items.uniqueItems" },
		{ "{\"additionalProperties\":{\"x\":1}}", "additionalProperties.x" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str at;

		EXPECT(json_schema_wrong(mem, json_read(mem, str_of(rows[i].schema)), &at) != NULL);
		EXPECT_STR(at, str_of(rows[i].at));
	}
}

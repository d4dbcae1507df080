/* Requests to gateways, and what their answers mean. */
#include "../test.h"
#include "outbound/sms.h"

static const struct sms_message message = { S("13812345678"), S("123456"), 5 };

static bool
has_header(const struct outbound_ask *a, struct str start)
{
	for (size_t i = 0; i < a->n_headers; i++)
		if (str_starts(a->headers[i], start))
			return true;
	return false;
}

TEST(a_template_is_filled_in)
{
	const struct str headers[] = { S("Content-Type: text/plain") };
	struct sms_gateway g = { .kind = SMS_HTTP, .url = S("https://sms.example/send?to={phone}"), .method = S("PUT"), .headers = headers, .n_headers = 1,
		.body = S("{code} for {phone}, {minutes} minutes {unknown} {code}") };
	struct outbound_ask a;

	EXPECT(sms_request(mem, &g, &message, 1, S("n"), &a));
	EXPECT_STR(a.method, S("PUT"));
	EXPECT_STR(a.url, S("https://sms.example/send?to=13812345678"));
	EXPECT_STR(a.body, S("123456 for 13812345678, 5 minutes {unknown} 123456"));
	EXPECT(has_header(&a, S("Content-Type: text/plain")));
}

TEST(a_webhook_is_signed)
{
	struct sms_gateway g = { .kind = SMS_WEBHOOK, .url = S("https://sms.example/hook"), .secret = S("k") };
	struct outbound_ask a;

	EXPECT(sms_request(mem, &g, &message, 1700000000, S("n"), &a));
	EXPECT_STR(a.body, S("{\"phone\":\"13812345678\",\"code\":\"123456\",\"minutes\":5}"));
	EXPECT(has_header(&a, S("X-Hufu-Signature: t=1700000000,v1=")));
	g.secret = STR_ABSENT;
	EXPECT(sms_request(mem, &g, &message, 1700000000, S("n"), &a));
	EXPECT(!has_header(&a, S("X-Hufu-Signature")));
}

TEST(the_clouds_get_what_they_document)
{
	struct sms_gateway g = { .kind = SMS_ALIYUN, .url = S("https://dysmsapi.aliyuncs.com"), .access_key = S("id"), .secret = S("key"), .sign_name = S("阿里"),
		.template_code = S("SMS_1"), .app_id = S("1400006666") };
	struct outbound_ask a;

	EXPECT(sms_request(mem, &g, &message, 1700000000, S("n1"), &a));
	EXPECT_STR(a.url, S("https://dysmsapi.aliyuncs.com/?PhoneNumbers=13812345678&SignName=%E9%98%BF%E9%87%8C&TemplateCode=SMS_1&TemplateParam=%7B%22code%22%3A%22123456%22%7D"));
	EXPECT(has_header(&a, S("x-acs-action:SendSms")) && has_header(&a, S("x-acs-date:2023-11-14T22:13:20Z")) && has_header(&a, S("Authorization: ACS3-HMAC-SHA256 Credential=id,")));
	g.kind = SMS_TENCENT;
	g.url = S("https://sms.tencentcloudapi.com");
	EXPECT(sms_request(mem, &g, &message, 1700000000, S("n1"), &a));
	EXPECT_STR(a.body, S("{\"PhoneNumberSet\":[\"+8613812345678\"],\"SmsSdkAppId\":\"1400006666\",\"SignName\":\"阿里\",\"TemplateId\":\"SMS_1\",\"TemplateParamSet\":[\"123456\",\"5\"]}"));
	EXPECT(has_header(&a, S("X-TC-Action: SendSms")) && has_header(&a, S("Authorization: TC3-HMAC-SHA256 Credential=id/2023-11-14/sms/tc3_request,")));
}

static bool
taken(struct arena *mem, enum sms_kind kind, int status, struct str body)
{
	struct outbound_answer a = { .status = status, .body = body };
	struct sms_gateway g = { .kind = kind, .success = kind == SMS_HTTP ? S("\"code\":0") : S("") };

	return sms_refusal(mem, &g, &a) == NULL;
}

TEST(answers)
{
	EXPECT(taken(mem, SMS_WEBHOOK, 204, S("")));
	EXPECT(!taken(mem, SMS_WEBHOOK, 302, S("")));
	EXPECT(!taken(mem, SMS_HTTP, 500, S("\"code\":0")));
	EXPECT(taken(mem, SMS_HTTP, 200, S("{\"code\":0,\"msg\":\"ok\"}")));
	EXPECT(!taken(mem, SMS_HTTP, 200, S("{\"code\":4,\"msg\":\"no balance\"}")) && !taken(mem, SMS_HTTP, 200, S("")));
	EXPECT(taken(mem, SMS_ALIYUN, 200, S("{\"Code\":\"OK\",\"Message\":\"OK\"}")));
	EXPECT(!taken(mem, SMS_ALIYUN, 200, S("{\"Code\":\"isv.BUSINESS_LIMIT_CONTROL\"}")));
	EXPECT(!taken(mem, SMS_ALIYUN, 200, S("OK")));
	EXPECT(taken(mem, SMS_TENCENT, 200, S("{\"Response\":{\"SendStatusSet\":[{\"Code\":\"Ok\"}]}}")));
	EXPECT(!taken(mem, SMS_TENCENT, 200, S("{\"Response\":{\"Error\":{\"Code\":\"AuthFailure\"}}}")));
	EXPECT(!taken(mem, SMS_TENCENT, 200, S("{\"Response\":{\"SendStatusSet\":[]}}")));
}

/* Known answers: the examples that the two vendors publish with their signing rules. */
#include "../test.h"
#include "outbound/sms.h"

/* Alibaba Cloud, "request syntax and signature method V3", fixed parameters example. */
TEST(acs3_known_answer)
{
	static const struct str headers[] = {
		S("host:ecs.cn-shanghai.aliyuncs.com"), S("x-acs-action:RunInstances"),
		S("x-acs-content-sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"), S("x-acs-date:2023-10-26T10:22:32Z"),
		S("x-acs-signature-nonce:3156853299f313e23d1673dc12e1703d"), S("x-acs-version:2014-05-26"),
	};

	EXPECT_STR(acs3_authorization(mem, S("YourAccessKeyId"), S("YourAccessKeySecret"), S("POST"), S("/"),
	    S("ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai"), headers, COUNT(headers), S("")),
	    S("ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;"
	      "x-acs-version,Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"));
}

/* Tencent Cloud, "signature v3", the DescribeInstances example. */
TEST(tc3_known_answer)
{
	static const struct str headers[] = { S("content-type:application/json; charset=utf-8"), S("host:cvm.tencentcloudapi.com") };

	EXPECT_STR(tc3_authorization(mem, S("AKIDz8krbsJ5yKBZQpn74WFkmLPx3*******"), S("Gu5t9xGARNpq86cd98joQYCN3*******"), S("cvm"), 1551113065, headers,
	    COUNT(headers), S("{\"Limit\": 1, \"Filters\": [{\"Values\": [\"\\u672a\\u547d\\u540d\"], \"Name\": \"instance-name\"}]}")),
	    S("TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3*******/2019-02-25/cvm/tc3_request, SignedHeaders=content-type;host, "
	      "Signature=2230eefd229f582d8b1b891af7107b91597240707d778ab3738f756258d7652c"));
}

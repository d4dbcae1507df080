"""tests/upstreams.py - stand-ins for identity providers on loopback: each asks and answers as its documentation says, errors included. Standard
library and the openssl command only; nothing of the product's own."""
import base64, contextlib, hashlib, html, http.server, json, pathlib, secrets, subprocess, tempfile, threading, time, urllib.parse

import talker_jwt

SECRET = "upstream-secret-of-32-bytes-or-more"
CLIENT = "hufu-there"
HOSTS = {
    "openid": ["https://idp.example"],
    "google": ["https://accounts.google.com", "https://oauth2.googleapis.com", "https://www.googleapis.com", "https://openidconnect.googleapis.com"],
    "microsoft": ["https://login.microsoftonline.com", "https://graph.microsoft.com"],
    "apple": ["https://appleid.apple.com"],
    "github": ["https://github.com", "https://api.github.com"],
    "wechat": ["https://open.weixin.qq.com", "https://api.weixin.qq.com"],
    "wecom": ["https://login.work.weixin.qq.com", "https://qyapi.weixin.qq.com"],
    "dingtalk": ["https://login.dingtalk.com", "https://api.dingtalk.com"],
    "feishu": ["https://accounts.feishu.cn", "https://open.feishu.cn"],
    "qq": ["https://graph.qq.com"],
    "alipay": ["https://openauth.alipay.com", "https://openapi.alipay.com"],
    "oauth2": ["https://seventh.example"],
}
TENANT = "9188040d-6c67-4c5b-b112-36a304b66dad"


class Refused(Exception):
    """(status, body, content type) of an answer that is an error."""


def openssl(*args, input=None):
    return subprocess.run(["openssl", *args], input=input, capture_output=True, check=True).stdout


class Keys:
    """What the operator has: an RSA key and one of P-256, as files, and the public one of a provider that signs its answers."""
    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.rsa, self.ec, self.answers, self.answers_public = (str(pathlib.Path(self.folder.name) / n) for n in ("rsa.pem", "ec.p8", "answers.pem", "answers.pub"))
        openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", self.answers)
        openssl("pkey", "-in", self.answers, "-pubout", "-out", self.answers_public)
        openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", self.rsa)
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", self.ec)
        self.rsa_public, self.ec_public = (openssl("pkey", "-in", f, "-pubout").decode() for f in (self.rsa, self.ec))

    def rsa_holds(self, text, signature):
        with tempfile.TemporaryDirectory() as d:
            pub, sig = pathlib.Path(d, "pub"), pathlib.Path(d, "sig")
            pub.write_text(self.rsa_public)
            sig.write_bytes(signature)
            return subprocess.run(["openssl", "dgst", "-sha256", "-verify", str(pub), "-signature", str(sig)], input=text.encode(), capture_output=True).returncode == 0


    def signed(self, text, key):
        return base64.b64encode(openssl("dgst", "-sha256", "-sign", key, input=text.encode())).decode()


EXTENSIONS = "[req]\ndistinguished_name=dn\n[dn]\n[ca]\nbasicConstraints=critical,CA:true\nkeyUsage=keyCertSign\n[leaf]\nbasicConstraints=CA:false\nkeyUsage=digitalSignature\n"


class Certificates:
    """Alipay's mode of certificates: those of an application and of Alipay, by one in between, and a file of roots, one of which is of another algorithm."""
    def __init__(self, keys):
        self.keys, self.folder = keys, pathlib.Path(keys.folder.name)
        self.at("cnf").write_text(EXTENSIONS)
        self.root, self.other_root = self.make("root", "/C=CN/O=Ant Test/OU=证书/CN=Test Root R1", "ca"), self.make("root2", "/CN=Another Root", "ca", algorithm="EC")
        self.between = self.make("between", "/C=CN/O=Ant Test/CN=Class 2 R1", "ca", "root")
        self.own = self.make("own", "/CN=hufu-there", "leaf", "between", keys.rsa)
        self.answers = self.make("answers-1", "/CN=Alipay", "leaf", "between", keys.answers)
        self.next = self.make("answers-2", "/CN=Alipay", "leaf", "between", algorithm="RSA")
        self.stranger = self.make("stranger", "/CN=Alipay", "leaf", "root2", algorithm="RSA")
        self.over = self.make("over", "/CN=Alipay", "leaf", "between", days=1)
        self.roots = self.join("roots.crt", self.other_root, self.root)
        self.known = self.join("known.crt", self.answers, self.between, self.next)

    def at(self, name):
        return self.folder / name

    def key_of(self, cert):
        return self.keys.answers if cert == self.answers else str(self.at(pathlib.Path(cert).stem + ".key"))

    def make(self, name, subject, ext, by=None, key=None, algorithm="RSA", days=10):
        if key is None:
            key = str(self.at(name + ".key"))
            openssl("genpkey", "-algorithm", algorithm, "-pkeyopt", "rsa_keygen_bits:2048" if algorithm == "RSA" else "ec_paramgen_curve:P-256", "-out", key)
        signed = ["-CA", str(self.at(by + ".crt")), "-CAkey", str(self.at(by + ".key"))] if by else []
        openssl("req", "-x509", "-utf8", "-config", str(self.at("cnf")), "-extensions", ext, "-subj", subject, "-key", key, "-set_serial", "0x" + secrets.token_hex(16), "-days", str(days), *signed,
                "-out", str(self.at(name + ".crt")))
        return str(self.at(name + ".crt"))

    def join(self, name, *certs):
        self.at(name).write_text("".join(pathlib.Path(c).read_text() for c in certs))
        return str(self.at(name))

    @staticmethod
    def sn(cert):
        """As the open platform's own library has it: MD5 of the issuer, its last part first, and the serial number in decimal."""
        said = openssl("x509", "-in", cert, "-noout", "-issuer", "-serial", "-nameopt", "RFC2253,-esc_msb").decode()
        issuer, serial = (line.split("=", 1)[1].strip() for line in said.strip().split("\n"))
        return hashlib.md5((issuer + str(int(serial, 16))).encode()).hexdigest()

    def settings(self):
        return {"certificate_file": self.own, "answer_certificate_file": self.known, "root_certificate_file": self.roots, "answer_key_file": None}


class Request:
    def __init__(self, handler, body):
        u = urllib.parse.urlsplit(handler.path)
        self.method, self.path, self.headers, self.body = handler.command, u.path, handler.headers, body
        self.query = dict(urllib.parse.parse_qsl(u.query, keep_blank_values=True))
        kind = handler.headers.get("Content-Type", "")
        self.form = dict(urllib.parse.parse_qsl(body.decode())) if "urlencoded" in kind else {}
        self.json = json.loads(body) if "json" in kind and body else {}


def oauth_error(word, status=400):
    return Refused(status, {"error": word, "error_description": "it is so"})


class Stand:
    """All of them. faults: {(provider, step): (status, body)}; twist(claims) changes an ID token before it is signed."""
    def __init__(self):
        self.keys, self.signer, self.other = Keys(), talker_jwt.Signer("up1"), talker_jwt.Signer("up1")
        self.traces = []                    # (path, traceparent, tracestate) of each request
        self.codes, self.tokens, self.faults, self.asked, self.twist, self.sign, self.lock = {}, {}, {}, [], None, None, threading.Lock()
        self.userinfo_sub = None
        self.corp_token, self.vouch = "corp-token", None
        self.iss_told, self.walker, self.turned = False, None, 0                      # turned: the clock of who asks, seconds
        self.certificates, self.signs_by = None, None                                # with the first, Alipay answers by certificates: by the second, a file

    def certificates_of(self):
        if not hasattr(self, "made"):
            self.made = Certificates(self.keys)
        return self.made

    # --- what a browser does there ---

    def go(self, provider, location, person=None, deny=False):
        """Whoever comes with that address logs in there: where it leads back, as a URL, or (URL, fields) of a POST."""
        u = urllib.parse.urlsplit(location)
        q = dict(urllib.parse.parse_qsl(u.query))
        names = {"alipay": "app_id", "wechat": "appid", "wecom": "appid"}
        assert q[names.get(provider, "client_id")] == CLIENT, q
        code = secrets.token_hex(12)
        with self.lock:
            self.codes[code] = {"provider": provider, "person": person or {}, "q": q, "used": False}
        back = {"state": q["state"], {"dingtalk": "authCode", "alipay": "auth_code"}.get(provider, "code"): code}
        if deny:
            back = {"state": q["state"], **{"wechat": {}, "wecom": {}, "qq": {"usercancel": "1"}, "alipay": {}}.get(provider, {"error": "access_denied"})}
            back = {"state": q["state"], "error": "user_cancelled_authorize"} if provider == "apple" else back
        if self.iss_told:
            back["iss"] = "https://idp.example"
        if q.get("response_mode") == "form_post":
            if (person or {}).get("first"):
                back["user"] = json.dumps({"name": {"firstName": person["first"], "lastName": person["last"]}, "email": "forged@elsewhere.example"})
            return q["redirect_uri"], back
        return q["redirect_uri"] + "?" + urllib.parse.urlencode(back)

    def walks(self, person):
        """Its login pages are shown to a browser: whoever presses #go-back is that person, by provider."""
        self.walker = person

    def page(self, provider, rq):
        back = self.go(provider, "http://stand/?" + urllib.parse.urlencode(rq.query), self.walker[provider])
        if isinstance(back, str):
            inside = '<a id="go-back" href="%s">%s</a>' % (html.escape(back), provider)
        else:
            inside = '<form method="post" action="%s">%s<button id="go-back">%s</button></form>' % (
                html.escape(back[0]), "".join('<input type="hidden" name="%s" value="%s">' % (k, html.escape(v)) for k, v in back[1].items()), provider)
        return "<!DOCTYPE html><html lang=en><title>%s</title><body>%s" % (provider, inside)

    # --- common parts ---

    def redeem(self, provider, code, verifier=None, error=None):
        error = error or oauth_error("invalid_grant")
        with self.lock:
            c = self.codes.get(code)
            if c is None or c["used"] or c["provider"] != provider:
                raise error
            c["used"] = True
            challenge = c["q"].get("code_challenge")
            if challenge is not None and talker_jwt.text(hashlib.sha256((verifier or "").encode()).digest()) != challenge:
                raise error
            token = secrets.token_hex(12)
            self.tokens[token] = c
        return token, c

    def of_token(self, token, error):
        c = self.tokens.get(token)
        if c is None:
            raise error
        return c

    # --- OpenID Connect ---

    def discovery(self, provider):
        issuer, urls = {
            "openid": ("https://idp.example", ("https://idp.example/auth", "https://idp.example/token", "https://idp.example/jwks", "https://idp.example/userinfo")),
            "google": ("https://accounts.google.com", ("https://accounts.google.com/o/oauth2/v2/auth", "https://oauth2.googleapis.com/token",
                                                       "https://www.googleapis.com/oauth2/v3/certs", "https://openidconnect.googleapis.com/v1/userinfo")),
            "microsoft": ("https://login.microsoftonline.com/{tenantid}/v2.0",
                          tuple("https://login.microsoftonline.com/common/" + p for p in ("oauth2/v2.0/authorize", "oauth2/v2.0/token", "discovery/v2.0/keys")) + ("https://graph.microsoft.com/oidc/userinfo",)),
            "apple": ("https://appleid.apple.com", tuple("https://appleid.apple.com/auth/" + p for p in ("authorize", "token", "keys")) + (None,)),
        }[provider]
        doc = {"issuer": issuer, **dict(zip(("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"), urls))}
        if self.iss_told and provider == "openid":
            doc["authorization_response_iss_parameter_supported"] = True
        return {k: v for k, v in doc.items() if v}

    def id_token(self, provider, c, token):
        now = int(time.time())
        p = c["person"]
        claims = {"iss": self.discovery(provider)["issuer"].replace("{tenantid}", TENANT), "sub": p["sub"], "aud": CLIENT, "iat": now, "exp": now + 3600,
                  "nonce": c["q"].get("nonce"), "at_hash": talker_jwt.text(hashlib.sha256(token.encode()).digest()[:16]),
                  **{k: p[k] for k in ("email", "email_verified", "auth_time", "amr", "groups", "name", "xms_edov", "preferred_username") if k in p}}
        if provider == "microsoft":
            claims["tid"] = TENANT
        if self.twist:
            claims = self.twist(dict(claims))
        return (self.sign or self.signer.sign)({k: v for k, v in claims.items() if v is not None})

    def client_is_known(self, provider, rq):
        f = rq.form
        if provider == "apple":
            jwt = f["client_secret"]
            assert talker_jwt.verify_pem(jwt, self.keys.ec_public, "ES256"), "signature"
            said, head = talker_jwt.claims(jwt), talker_jwt.header(jwt)
            assert (said["iss"], said["sub"], said["aud"], head["kid"], f["client_id"]) == ("TEAM123456", CLIENT, "https://appleid.apple.com", "KEY7654321", CLIENT)
            assert 0 < said["exp"] - said["iat"] <= 15777000
            return
        if f.get("client_assertion"):
            said = talker_jwt.claims(f["client_assertion"])
            assert f["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
            assert said["iss"] == said["sub"] == CLIENT and said["aud"] == self.discovery(provider)["token_endpoint"] and said["exp"] > time.time() and said["jti"]
            if talker_jwt.header(f["client_assertion"])["alg"] == "HS256":
                head, body, mac = f["client_assertion"].split(".")
                import hmac
                assert hmac.new(SECRET.encode(), (head + "." + body).encode(), hashlib.sha256).digest() == talker_jwt.b64(mac)
            else:
                assert talker_jwt.verify_pem(f["client_assertion"], self.keys.rsa_public, "RS256")
            return
        if "Authorization" in rq.headers:
            id, secret = base64.b64decode(rq.headers["Authorization"].split()[1]).decode().split(":")
            assert "client_secret" not in f
        else:
            id, secret = f["client_id"], f["client_secret"]
        if (id, urllib.parse.unquote(secret)) != (CLIENT, SECRET):
            raise oauth_error("invalid_client", 401)

    def openid(self, provider, rq):
        last = rq.path.rsplit("/", 1)[1]
        if last == "openid-configuration":
            return self.discovery(provider)
        if last in ("jwks", "certs", "keys"):
            return {"keys": [self.signer.jwk]}
        if last == "token":
            self.client_is_known(provider, rq)
            assert rq.form["grant_type"] == "authorization_code"
            token, c = self.redeem(provider, rq.form["code"], rq.form.get("code_verifier"))
            assert rq.form["redirect_uri"] == c["q"]["redirect_uri"]
            return {"access_token": token, "token_type": "Bearer", "expires_in": 3600, "id_token": self.id_token(provider, c, token)}
        c = self.of_token(rq.headers.get("Authorization", "").replace("Bearer ", ""), oauth_error("invalid_token", 401))
        return {"sub": self.userinfo_sub or c["person"]["sub"], "name": c["person"].get("name", "Somebody"), "locale": "de"}

    # --- the others ---

    def github(self, rq):
        if rq.path == "/login/oauth/access_token":
            assert "application/json" in rq.headers["Accept"]           # else it answers with pairs
            if rq.form.get("client_secret") != SECRET:
                raise Refused(200, {"error": "incorrect_client_credentials", "error_description": "The client_id and/or client_secret passed are incorrect."})
            token, _ = self.redeem("github", rq.form["code"], rq.form.get("code_verifier"),
                                   Refused(200, {"error": "bad_verification_code", "error_description": "The code passed is incorrect or expired."}))
            return {"access_token": token, "scope": "read:user,user:email", "token_type": "bearer"}
        assert rq.headers["User-Agent"]
        p = self.of_token(rq.headers.get("Authorization", "").replace("Bearer ", ""), Refused(401, {"message": "Bad credentials"}))["person"]
        if rq.path == "/user":
            return {"login": p["login"], "id": p["id"], "name": p.get("name"), "email": "public@elsewhere.example", "avatar_url": "https://avatars.example/1"}
        assert rq.path == "/user/emails"
        return [{"email": "old@old.example", "primary": False, "verified": True}, {"email": p["email"], "primary": True, "verified": p.get("verified", True)}]

    def wechat(self, rq):
        q = rq.query
        if rq.path == "/sns/oauth2/access_token":
            if (q["appid"], q["secret"], q["grant_type"]) != (CLIENT, SECRET, "authorization_code"):
                raise Refused(200, {"errcode": 40125, "errmsg": "invalid appsecret"})
            token, c = self.redeem("wechat", q["code"], error=Refused(200, {"errcode": 40029, "errmsg": "invalid code"}))
            return {"access_token": token, "expires_in": 7200, "openid": c["person"]["openid"], "unionid": c["person"]["unionid"], "scope": "snsapi_login"}
        c = self.of_token(q["access_token"], Refused(200, {"errcode": 40001, "errmsg": "invalid credential"}))
        if q["openid"] != c["person"]["openid"]:
            raise Refused(200, {"errcode": 40003, "errmsg": "invalid openid"})
        return {"openid": q["openid"], "nickname": c["person"]["nickname"], "sex": 1, "headimgurl": "https://thirdwx.example/0", "unionid": c["person"]["unionid"]}

    def wecom(self, rq):
        q = rq.query
        if rq.path == "/cgi-bin/gettoken":
            if (q["corpid"], q["corpsecret"]) != (CLIENT, SECRET):
                raise Refused(200, {"errcode": 40001, "errmsg": "invalid credential"})
            return {"errcode": 0, "errmsg": "ok", "access_token": self.corp_token, "expires_in": 7200}
        if q["access_token"] != self.corp_token:
            raise Refused(200, {"errcode": 40014, "errmsg": "invalid access_token"})
        if rq.path == "/cgi-bin/auth/getuserinfo":
            _, c = self.redeem("wecom", q["code"], error=Refused(200, {"errcode": 40029, "errmsg": "invalid code"}))
            assert c["q"]["agentid"] == "1000002" and c["q"]["login_type"] == "CorpApp"
            return {"errcode": 0, "errmsg": "ok", **({"userid": c["person"]["userid"]} if "userid" in c["person"] else {"openid": "oid-of-a-stranger"})}
        if q.get("userid") is None:
            raise Refused(200, {"errcode": 41009, "errmsg": "missing userid"})
        return {"errcode": 0, "errmsg": "ok", "userid": q["userid"], "name": "成员 " + q["userid"]}

    def dingtalk(self, rq):
        if rq.path == "/v1.0/oauth2/userAccessToken":
            j = rq.json
            if (j["clientId"], j["clientSecret"], j["grantType"]) != (CLIENT, SECRET, "authorization_code"):
                raise Refused(400, {"code": "invalidClientIdOrSecret", "requestid": "1", "message": "无效的clientId或者clientSecret"})
            token, _ = self.redeem("dingtalk", j["code"], error=Refused(400, {"code": "invalidParameter.authCode.notFound", "requestid": "1", "message": "不存在的临时授权码"}))
            return {"accessToken": token, "refreshToken": "r", "expireIn": 7200, "corpId": "corp"}
        p = self.of_token(rq.headers.get("x-acs-dingtalk-access-token"), Refused(401, {"code": "InvalidAuthentication", "message": "不合法的access_token"}))["person"]
        return {"nick": p["nick"], "unionId": p["unionId"], "openId": p["openId"], "email": p.get("email"), "mobile": "138", "stateCode": "86"}

    def feishu(self, rq):
        if rq.path == "/open-apis/authen/v2/oauth/token":
            j = rq.json
            if (j["client_id"], j["client_secret"], j["grant_type"]) != (CLIENT, SECRET, "authorization_code"):
                raise Refused(400, {"code": 20002, "error": "invalid_client", "error_description": "The client secret is invalid."})
            token, _ = self.redeem("feishu", j["code"], j.get("code_verifier"), Refused(400, {"code": 20003, "error": "invalid_grant", "error_description": "The authorization code is not found."}))
            return {"code": 0, "access_token": token, "expires_in": 7200, "token_type": "Bearer", "scope": "auth:user.id:read"}
        p = self.of_token(rq.headers.get("Authorization", "").replace("Bearer ", ""), Refused(400, {"code": 20005, "msg": "invalid access_token"}))["person"]
        return {"code": 0, "msg": "success", "data": {"name": p["name"], "open_id": p["open_id"], "union_id": "on_" + p["open_id"], "email": p.get("email"), "tenant_key": "t"}}

    def qq(self, rq):
        q = rq.query
        in_call = lambda o: "callback( %s );\n" % json.dumps(o)
        if rq.path == "/oauth2.0/token":
            if (q["client_id"], q["client_secret"]) != (CLIENT, SECRET):
                raise Refused(200, in_call({"error": 100009, "error_description": "client secret is illegal"}))
            token, _ = self.redeem("qq", q["code"], error=Refused(200, in_call({"error": 100019, "error_description": "code to access token error"})))
            return "access_token=%s&expires_in=7776000&refresh_token=88E4BE14" % token
        c = self.of_token(q["access_token"], Refused(200, in_call({"error": 100016, "error_description": "access token check failed"})))
        if rq.path == "/oauth2.0/me":
            return in_call({"client_id": CLIENT, "openid": c["person"]["openid"]})
        if q["openid"] != c["person"]["openid"] or q["oauth_consumer_key"] != CLIENT:
            raise Refused(200, {"ret": -1, "msg": "client request's parameters are invalid"})
        return {"ret": 0, "msg": "", "nickname": c["person"]["nickname"], "figureurl_qq_1": "https://thirdqq.example/1", "gender": "男"}

    def alipay_said(self, name, said):
        """Signed over the very text; vouch(text, signature) makes another answer of it."""
        text = json.dumps(said, ensure_ascii=False).replace("/", "\\/")
        if self.certificates is not None:
            return self.alipay_by_certificate(name, text)
        sign = self.keys.signed(text, self.keys.answers)
        return self.vouch(name, text, sign) if self.vouch else '{"%s":%s,"sign":"%s"}' % (name, text, sign)

    def alipay_by_certificate(self, name, text):
        cert = self.signs_by or self.certificates.answers
        number, sign = self.certificates.sn(cert), self.keys.signed(text, self.certificates.key_of(cert))
        return self.vouch(name, text, sign, number) if self.vouch else '{"%s":%s,"alipay_cert_sn":"%s","sign":"%s"}' % (name, text, number, sign)

    def alipay_numbers(self, f, refused):
        """An application that has certificates must name its own and the roots, and one that has none must not."""
        if self.certificates is None:
            assert "app_cert_sn" not in f and "alipay_root_cert_sn" not in f
            return
        if "app_cert_sn" not in f:
            raise refused("40002", "isv.missing-app-cert-sn")
        if f["app_cert_sn"] != self.certificates.sn(self.certificates.own):
            raise refused("40002", "isv.invalid-app-cert-sn")
        if f.get("alipay_root_cert_sn") != self.certificates.sn(self.certificates.root):       # that of the other algorithm is none
            raise refused("40002", "isv.invalid-alipay-root-cert-sn")

    def alipay(self, rq):
        f = dict(rq.form)
        assert rq.path == "/gateway.do" and rq.method == "POST"
        signature = base64.b64decode(f.pop("sign"))
        text = "&".join("%s=%s" % kv for kv in sorted(f.items()))
        refused = lambda code, sub: Refused(200, {"error_response": {"code": code, "msg": "Invalid Arguments", "sub_code": sub, "sub_msg": "it is so"}, "sign": "x"})
        if not self.keys.rsa_holds(text, signature):
            raise refused("40002", "isv.invalid-signature")
        self.alipay_numbers(f, refused)
        assert f["app_id"] == CLIENT and f["sign_type"] == "RSA2" and f["version"] == "1.0" and f["charset"] == "utf-8"
        at = time.mktime(time.strptime(f["timestamp"], "%Y-%m-%d %H:%M:%S"))
        assert abs(at - self.turned - time.mktime(time.gmtime(time.time() + 8 * 3600))) < 90, f["timestamp"]
        if f["method"] == "alipay.system.oauth.token":
            token, c = self.redeem("alipay", f["code"], error=refused("40002", "isv.code-invalid"))
            return self.alipay_said("alipay_system_oauth_token_response", {"access_token": token, "open_id": c["person"]["open_id"], "expires_in": 1296000})
        assert f["method"] == "alipay.user.info.share"
        c = self.of_token(f["auth_token"], refused("20001", "aop.invalid-auth-token"))
        return self.alipay_said("alipay_user_info_share_response", {"code": "10000", "msg": "Success", "avatar": "https://tfs.example/a\"}", "open_id": c["person"]["open_id"],
                                                                    "nick_name": c["person"]["nick_name"]})

    def oauth2(self, rq):
        """One that nobody has a row for: the worked page of the documents."""
        if rq.path == "/oauth/token":
            assert rq.headers["X-App"] == CLIENT
            token, _ = self.redeem("oauth2", rq.json["grant"], rq.json.get("verifier"), Refused(200, {"status": "E42"}))
            return {"status": "OK", "result": {"token": token}}
        p = self.of_token(rq.query["t"], Refused(200, {"status": "E7"}))["person"]
        return {"status": "OK", "people": [{"me": False, "id": 1}, {"me": True, "id": p["id"], "called": p["called"], "mail": p.get("mail")}]}

    def answer(self, provider, rq):
        self.asked.append((provider, rq.path))
        self.traces.append((rq.path, rq.headers.get("traceparent"), rq.headers.get("tracestate")))
        if self.walker is not None and "state" in rq.query and rq.method == "GET" and "response_type" in rq.query:
            return self.page(provider, rq)
        fault = self.faults.get((provider, rq.path.rsplit("/", 1)[1]))
        if fault is not None:
            raise Refused(*fault)
        if provider in ("openid", "google", "microsoft", "apple"):
            return self.openid(provider, rq)
        return getattr(self, provider)(rq)


def settings(base, provider, keys, **more):
    """An item of identity_providers."""
    row = {"kind": provider, "client_id": CLIENT, "client_secret": SECRET, "create_users": True, "addresses": ["%s=%s/%s" % (h, base, provider) for h in HOSTS[provider]]}
    row.update({"openid": {"issuer": "https://idp.example"}, "microsoft": {"parameters": ["tenant=common"]}, "wecom": {"parameters": ["agentid=1000002"]},
                "apple": {"private_key_file": keys.ec, "team_id": "TEAM123456", "key_id": "KEY7654321"}, "alipay": {"private_key_file": keys.rsa, "answer_key_file": keys.answers_public}}.get(provider, {}))
    if provider == "oauth2":
        row.update(authorize_url="https://seventh.example/oauth/login", subject="{me.people.[me].id}", name="{me.people.[me].called}", email="{me.people.[me].mail}", email_verified="true",
                   requests={"token": {"url": "https://seventh.example/oauth/token", "json": {"grant": "{code}", "verifier": "{verifier}"}, "headers": {"X-App": "{client_id}"},
                                       "error": "status", "fine": "OK", "expired": "E42"},
                             "me": {"url": "https://seventh.example/people", "query": {"t": "{token.result.token}"}, "error": "status", "fine": "OK"}})
    row.update(more)
    return {k: v for k, v in row.items() if v is not None}


def top(rows):
    return "identity_providers:\n" + "".join("  %s:\n%s" % (name, "".join("    %s: %s\n" % (k, json.dumps(v, ensure_ascii=False)) for k, v in row.items())) for name, row in rows.items())


@contextlib.contextmanager
def providers():
    """(base URL, Stand)"""
    stand = Stand()

    class Handler(http.server.BaseHTTPRequestHandler):
        def serve(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.path == "/favicon.ico":
                self.send_response(204)
                self.end_headers()
                return
            _, provider, rest = self.path.split("/", 2)
            self.path = "/" + rest
            status = 200
            try:
                said = stand.answer(provider, Request(self, body))
            except Refused as e:
                status, said = e.args[0], e.args[1]
            except Exception as e:
                status, said = 500, {"stand": "%s: %r" % (type(e).__name__, e)}
                stand.asked.append((provider, "broken", repr(e)))
            data = (said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.send_header("Content-Type", "application/json" if not isinstance(said, str) else "text/html")
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = serve

        def log_message(self, *a):
            pass

    s = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=s.serve_forever, daemon=True).start()
    try:
        yield "http://127.0.0.1:%d" % s.server_port, stand
    finally:
        s.shutdown()
        s.server_close()

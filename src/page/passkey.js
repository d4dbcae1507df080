(function () {
"use strict";
/* Asks the authenticator what the form #passkey-form says, and sends the form with the answer. Web Authentication Level 2, 5.1. */
var form = document.getElementById("passkey-form"), said = form.dataset, pending = null;
var none = document.getElementById("passkey-none");

/* base64url without padding (RFC 4648 section 5) */
function bytes(text) {
	var raw = window.atob(text.replace(/-/g, "+").replace(/_/g, "/")), out = new Uint8Array(raw.length), i;

	for (i = 0; i < raw.length; i++)
		out[i] = raw.charCodeAt(i);
	return out;
}
function text(buffer) {
	var raw = "", all = new Uint8Array(buffer), i;

	for (i = 0; i < all.length; i++)
		raw += String.fromCharCode(all[i]);
	return window.btoa(raw).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}
function credentials() {
	return (said.credentials || "").split(" ").filter(Boolean).map(function (id) {
		return { type: "public-key", id: bytes(id) };
	});
}
function created() {
	return {
		challenge: bytes(said.challenge),
		rp: { id: said.rp, name: said.rpName },
		user: { id: bytes(said.user), name: said.userName, displayName: said.userName },
		pubKeyCredParams: [-8, -7, -257].map(function (alg) { return { type: "public-key", alg: alg }; }),
		excludeCredentials: credentials(),
		authenticatorSelection: {
			residentKey: said.resident, requireResidentKey: said.resident === "required", userVerification: said.verification
		},
		attestation: "none"
	};
}
function asked() {
	return { challenge: bytes(said.challenge), rpId: said.rp, allowCredentials: credentials(), userVerification: said.verification };
}
function options() {
	return { publicKey: said.passkey === "create" ? created() : asked() };
}
function send(credential) {
	var r = credential.response, out = { id: text(credential.rawId), clientDataJSON: text(r.clientDataJSON) };

	if (r.attestationObject) {
		out.attestationObject = text(r.attestationObject);
	} else {
		out.authenticatorData = text(r.authenticatorData);
		out.signature = text(r.signature);
		out.userHandle = r.userHandle ? text(r.userHandle) : "";
	}
	form.elements.passkey.value = JSON.stringify(out);
	form.submit();
}
function failed() {
	document.getElementById("passkey-failed").hidden = false;
	document.getElementById("passkey-submit").disabled = false;
}
/* The list of passkeys in the field of the user name, where the browser has one. */
function offer() {
	var o = options();

	pending = new AbortController();
	o.mediation = "conditional";
	o.signal = pending.signal;
	navigator.credentials.get(o).then(send, function () {});
}

if (!window.PublicKeyCredential || !navigator.credentials) {
	if (none !== null)
		none.hidden = false;
	return;
}
form.hidden = false;
form.addEventListener("submit", function (e) {
	e.preventDefault();
	document.getElementById("passkey-failed").hidden = true;
	document.getElementById("passkey-submit").disabled = true;
	if (pending !== null)
		pending.abort();
	pending = null;
	navigator.credentials[said.passkey](options()).then(send, failed);
});
if (said.conditional && PublicKeyCredential.isConditionalMediationAvailable)
	PublicKeyCredential.isConditionalMediationAvailable().then(function (can) {
		if (can)
			offer();
	});
}());

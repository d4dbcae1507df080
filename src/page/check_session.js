(function () {
"use strict";
var name = document.documentElement.getAttribute("data-cookie") + "=";

/* SHA-256 (FIPS 180-4) of ASCII text in hex. Pages without TLS have no crypto.subtle. */
function primes(n, power) {
	var found = [], i, k;

	for (i = 2; found.length < n; i++) {
		for (k = 2; k * k <= i && i % k !== 0; k++)
			;
		if (k * k > i)
			found.push(i);
	}
	return found.map(function (p) { var r = Math.pow(p, power); return (r - Math.floor(r)) * 4294967296 | 0; });
}
function turn(x, n) {
	return x >>> n | x << 32 - n;
}
function words(text) {
	var w = [], i, n = (text.length + 8 >> 6) * 16 + 16;

	for (i = 0; i < n; i++)
		w.push(0);
	for (i = 0; i < text.length; i++)
		w[i >> 2] |= text.charCodeAt(i) << 24 - i % 4 * 8;
	w[i >> 2] |= 128 << 24 - i % 4 * 8;
	w[n - 1] = text.length * 8;
	return w;
}
function sha256(text) {
	var h = primes(8, 1 / 2), k = primes(64, 1 / 3), all = words(text), at, i, w, v, a, b;

	for (at = 0; at < all.length; at += 16) {
		w = all.slice(at, at + 16);
		v = h.slice();
		for (i = 0; i < 64; i++) {
			if (i >= 16) {
				a = w[i - 15];
				b = w[i - 2];
				w[i] = w[i - 16] + (turn(a, 7) ^ turn(a, 18) ^ a >>> 3) + w[i - 7]
				    + (turn(b, 17) ^ turn(b, 19) ^ b >>> 10) | 0;
			}
			a = v[7] + (turn(v[4], 6) ^ turn(v[4], 11) ^ turn(v[4], 25)) + (v[4] & v[5] ^ ~v[4] & v[6]) + k[i] + w[i] | 0;
			b = (turn(v[0], 2) ^ turn(v[0], 13) ^ turn(v[0], 22)) + (v[0] & v[1] ^ v[0] & v[2] ^ v[1] & v[2]) | 0;
			v = [a + b | 0, v[0], v[1], v[2], v[3] + a | 0, v[4], v[5], v[6]];
		}
		for (i = 0; i < 8; i++)
			h[i] = h[i] + v[i] | 0;
	}
	return h.map(function (x) { return ("0000000" + (x >>> 0).toString(16)).slice(-8); }).join("");
}

function state() {
	var all = document.cookie.split("; "), i;

	for (i = 0; i < all.length; i++)
		if (all[i].indexOf(name) === 0)
			return all[i].slice(name.length);
	return "";
}
/* "CLIENT_ID SESSION_STATE", the latter a hash and its salt: Session Management 1.0 section 3.2. */
function judge(data, origin) {
	var blank = data.lastIndexOf(" "), said = data.slice(blank + 1).split(".");

	if (blank < 1 || said.length !== 2 || !/^[0-9a-f]{64}$/.test(said[0]) || said[1] === "" || !/^[ -~]+$/.test(data))
		return "error";
	return said[0] === sha256([data.slice(0, blank), origin, state(), said[1]].join(" ")) ? "unchanged" : "changed";
}
window.addEventListener("message", function (e) {
	if (typeof e.data === "string" && e.source && e.origin !== "null")
		e.source.postMessage(judge(e.data, e.origin), e.origin);
}, false);
}());

/* http/method.c - request methods by name, case-sensitive (RFC 9110 section 9.1). */
#include "http/http.h"

bool
http_method_read(struct str name, enum http_method *out)
{
	static const struct { const char *name; enum http_method method; } rows[] = {
		{ "GET", M_GET }, { "POST", M_POST }, { "HEAD", M_HEAD }, { "OPTIONS", M_OPTIONS }, { "PUT", M_PUT },
		{ "PATCH", M_PATCH }, { "DELETE", M_DELETE },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		if (str_is(name, rows[i].name)) {
			*out = rows[i].method;
			return true;
		}
	return false;
}

/* wire/client_name.c - what a page calls an application: in its own language where the client has told it. */
#include "oauth/client_metadata.h"
#include "wire/wire_int.h"

struct str
client_shown(const struct exchange *x, const struct client *k)
{
	struct str names = client_metadata(k)->client_names;
	int lang;

	while (str_given(names)) {
		struct str name = str_cut(&names, '\n'), tag = str_cut(&name, '=');

		if (page_lang_read(x->mount->pages, tag, &lang) && lang == x->lang)
			return name;
	}
	return str_empty(k->name) ? k->id : k->name;
}

/* setup/complain.c - what a lower room found in the settings, with the place in the file; what no issuer names. */
#include "setup/setup_int.h"

void
complain_of(struct findings *f, const struct conf *c, enum setting_section s, struct str item, struct str prefix,
    const struct findings *found)
{
	for (size_t i = 0; i < found->n; i++) {
		const struct config_finding *one = &found->at[i];

		findings_put(f, one->weight, conf_where_named(c, s, item, one->where),
		    ARENA_CAT(f->mem, prefix, one->said));
	}
	f->n_left_out += found->n_left_out;
}

bool
issuer_names(const struct conf *c, const char *setting, struct str word)
{
	const struct str *issuers;
	size_t n = conf_names(c, SEC_ISSUER, &issuers);

	for (size_t i = 0; i < n; i++) {
		const struct conf_value *v = conf_get(c, SEC_ISSUER, issuers[i], setting);

		for (size_t w = 0; w < v->n_words; w++)
			if (str_eq(v->words[w], word))
				return true;
	}
	return false;
}

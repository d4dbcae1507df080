/* setup/complain.c - what a lower room found in the settings, with the place in the file. */
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

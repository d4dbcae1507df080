/* upstream/kinds.c - the rows of kinds.def. */
#include "upstream/upstream.h"

const char upstream_oauth2_pairs[] = "response_type=code&client_id={client_id}&redirect_uri={redirect_uri}&scope={scope}"
	"&state={state}&code_challenge={challenge}&code_challenge_method={challenge_method}";

const struct upstream_kind upstream_kinds[] = {
#define KIND(id, ...) { .name = #id, __VA_ARGS__ },
#include "upstream/kinds.def"
#undef KIND
	{ .name = NULL },
};

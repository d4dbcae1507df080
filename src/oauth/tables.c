/* oauth/tables.c - the .def lists as arrays. */
#include "oauth/oauth_int.h"

const char *const param_names[P_COUNT] = {
#define PARAM(id, name, flags) [P_##id] = name,
#include "oauth/params.def"
#undef PARAM
};

const unsigned param_flags[P_COUNT] = {
#define PARAM(id, name, flags) [P_##id] = flags,
#include "oauth/params.def"
#undef PARAM
};

const struct reason_row reason_rows[R_COUNT] = {
#define REASON(id, status, code, text) [R_##id] = { #id, status, code, text },
#include "oauth/reasons.def"
#undef REASON
};

const struct habit_row habit_rows[HABIT_COUNT] = {
#define HABIT(id, word, instead, zh) [HABIT_##id] = { word, instead, zh },
#include "oauth/habits.def"
#undef HABIT
};

const struct response_row response_rows[RESPONSE_COUNT] = {
#define RESPONSE(id, type, gives, mode, grants) [RESPONSE_##id] = { type, gives, mode, grants },
#include "oauth/responses.def"
};

const char *const response_modes[MODE_COUNT] = {
#define RESPONSE_MODE(id, word, way, jwt) [MODE_##id] = word,
#include "oauth/responses.def"
};

bool
policy_takes_method(const struct policy *p, enum method m)
{
	return p->client.methods == 0 || (p->client.methods & BIT(m)) != 0;
}

const struct method_row method_rows[METHOD_COUNT] = {
#define METHOD(id, name, proves, sent, holds) [METHOD_##id] = { name, proves },
#include "oauth/methods.def"
#undef METHOD
};

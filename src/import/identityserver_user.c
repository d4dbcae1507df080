/* import/identityserver_user.c - the users of ASP.NET Core Identity: AspNetUsers, AspNetRoles, AspNetUserRoles. */
#include "import/identityserver.h"
#include "import/spring_state.h"
#include "import/user.h"
#include "import/when.h"

#define USERS "AspNetUsers"

/* Read here by its own rule, or of no meaning to anybody else. */
static const struct str own[] = { S("lockoutend"), S("lockoutenabled"), S("twofactorenabled"), S("accessfailedcount") };
#define KNOWN S("id normalizedusername normalizedemail emailconfirmed phonenumberconfirmed securitystamp " \
	"concurrencystamp lockoutend " \
	"lockoutenabled twofactorenabled accessfailedcount")

/* --- roles ------------------------------------------------------------------------------------ */

/* Role ids of user ids become authorities, by the names of the roles. */
static void
roles_take(struct identityserver *s, const json_t *roles, const json_t *links)
{
	json_t *names = json_object();
	const json_t *row;
	size_t i;

	json_array_foreach(roles, i, row)
		if (!str_empty(cell(row, "id")))
			json_object_set(names, arena_z(s->x.mem, cell(row, "id")), json_object_get(row, "name"));
	json_array_foreach(links, i, row) {
		struct str user = json_member_str(s->names, arena_z(s->x.mem, cell(row, "userid")));
		struct str role = json_member_str(names, arena_z(s->x.mem, cell(row, "roleid")));
		json_t *record = str_given(user) ? json_object_get(s->x.plan->names, arena_z(s->x.mem, user)) : NULL;

		if (record == NULL || str_empty(role))
			continue;
		if (str_index(role, ' ') >= 0)
			finding_add(s->x.plan, FIND_ROLE, ARENA_CAT(s->x.mem, S("user "), user), role);
		else
			user_authority(record, role);
	}
	json_decref(names);
}

static bool
roles_read(struct identityserver *s)
{
	json_t *roles, *links;
	enum table_result found = table_try(&s->x, S("AspNetRoles"), &roles);

	if (found == TABLE_READ)
		found = table_try(&s->x, S("AspNetUserRoles"), &links);
	if (found == TABLE_READ)
		roles_take(s, roles, links);
	return found != TABLE_FAILED;
}

/* --- claims ----------------------------------------------------------------------------------- */

/* Of ASP.NET's older names for what OpenID Connect names otherwise. */
static struct str
claim_named(struct str type)
{
	static const struct { const char *last, *claim; } names[] = {
		{ "givenname", "given_name" }, { "surname", "family_name" }, { "dateofbirth", "birthdate" },
		{ "gender", "gender" }, { "webpage", "website" }, { "country", "address.country" },
		{ "locality", "address.locality" }, { "stateorprovince", "address.region" },
		{ "postalcode", "address.postal_code" }, { "streetaddress", "address.street_address" },
	};
	const struct str space = S("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/");

	for (size_t i = 0; i < COUNT(names) && str_starts(type, space); i++)
		if (str_is(str_from(type, space.n), names[i].last))
			return str_of(names[i].claim);
	return type;
}

/* AspNetUserClaims: one row a claim; what a user's own columns say stands. */
static bool
claims_read(struct identityserver *s)
{
	json_t *rows, *record;
	const json_t *row;
	size_t i;
	enum table_result found = table_try(&s->x, S("AspNetUserClaims"), &rows);

	if (found != TABLE_READ)
		return found != TABLE_FAILED;
	json_array_foreach(rows, i, row) {
		struct str user = json_member_str(s->names, arena_z(s->x.mem, cell(row, "userid"))), type = cell(row, "claimtype");

		record = str_given(user) ? json_object_get(s->x.plan->names, arena_z(s->x.mem, user)) : NULL;
		if (record == NULL || str_empty(type))
			continue;
		if (str_is(type, "name") && str_empty(json_member_str(record, "display_name")))
			user_text(record, "display_name", cell(row, "claimvalue"));
		user_claim(s->x.mem, record, claim_named(type), cell(row, "claimvalue"));
	}
	return true;
}

/* --- what the general reader of users does not know ------------------------------------------- */

/* Locked for a while, or for ever by a time far away; only users for whom locking was on. */
static void
lockout_read(struct identityserver *s, const json_t *row, json_t *record, struct str of)
{
	struct str until = cell(row, "lockoutend");
	int64_t until_s;

	if (str_empty(until) || !identityserver_flag(row, "lockoutenabled", true))
		return;
	if (when_read(until, s->x.options->zone_s, &until_s) && until_s <= clock_now_s())
		return;
	json_object_set_new(record, "locked", json_true());
	finding_add(s->x.plan, FIND_LOCKED_UNTIL, of, until);
}

/* Of an address that there is. */
static struct str
mark_of(const json_t *record, const json_t *row, const char *member, const char *column)
{
	if (str_empty(json_member_str(record, member)) || str_empty(cell(row, column)))
		return STR_ABSENT;
	return identityserver_flag(row, column, false) ? S("true") : S("false");
}

static void
user_finish(struct identityserver *s, const json_t *row, struct str name, int64_t *unconfirmed)
{
	struct str id = cell(row, "id"), of = ARENA_CAT(s->x.mem, S("user "), name);
	json_t *record = json_object_get(s->x.plan->names, arena_z(s->x.mem, name));

	if (record == NULL || str_empty(id))
		return;
	json_put_str(s->names, arena_z(s->x.mem, id), name);
	user_id(record, id);
	lockout_read(s, row, record, of);
	if (identityserver_flag(row, "twofactorenabled", false))
		finding_add(s->x.plan, FIND_SECOND_FACTOR, of, S("TwoFactorEnabled"));
	user_claim(s->x.mem, record, S("email_verified"), mark_of(record, row, "email", "emailconfirmed"));
	user_claim(s->x.mem, record, S("phone_number_verified"), mark_of(record, row, "phone", "phonenumberconfirmed"));
	*unconfirmed += !identityserver_flag(row, "emailconfirmed", true);
}

static bool
rows_finish(struct identityserver *s)
{
	int64_t unconfirmed = 0;
	json_t *rows, *row;
	size_t i;

	if (table_try(&s->x, S(USERS), &rows) != TABLE_READ)
		return true;                            /* said already, or users stand elsewhere */
	json_array_foreach(rows, i, row)
		if (!str_empty(str_trim(cell(row, "username"))))
			user_finish(s, row, str_trim(cell(row, "username")), &unconfirmed);
	if (unconfirmed > 0)
		finding_add(s->x.plan, FIND_UNCONFIRMED, S("table " USERS),
		    arena_printf(s->x.mem, "%lld", (long long)unconfirmed));
	return roles_read(s) && claims_read(s);
}

bool
identityserver_users(struct identityserver *s)
{
	struct spring_options o = *s->x.options;
	struct spring x = s->x;

	x.options = &o;
	if (str_given(o.users_table))                   /* users of another kind, by the general rules */
		return spring_users(&x);
	o.users_table = S(USERS);
	o.user_states = states_ignoring(x.mem, &o.user_states, own, COUNT(own));
	o.user_known = KNOWN;
	return spring_users(&x) && rows_finish(s);
}

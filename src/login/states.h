/*
 * login/states.h - may somebody come in? What the state columns of an old server's table of users
 * or clients say: one reader for the import and for user tables.
 *
 * L9: a state is never guessed. A value is read by the name of its column, by the shape of a
 * product that is known, or by what the operator said of it; any other is STATE_UNKNOWN, which the
 * caller must not take for a yes.
 */
#ifndef HUFU_LOGIN_STATES_H
#define HUFU_LOGIN_STATES_H

#include "base/base.h"

enum state {
	STATE_FINE,             /* this column has nothing against it */
	STATE_DISABLED, STATE_LOCKED,
	STATE_EXPIRED,          /* the account */
	STATE_STALE,            /* its password: it must be changed before the next login */
	STATE_DELETED,          /* the row is kept for the books only */
	STATE_COUNT, STATE_UNKNOWN = STATE_COUNT,
};
enum state_of { STATES_OF_USERS, STATES_OF_CLIENTS };
extern const char *const state_words[STATE_COUNT + 1];         /* "fine", "disabled" ...; "unknown" */

/* How a column is read. Spans are the caller's or constant. */
enum state_by { BY_NAME, BY_TIME, BY_FAMILY, BY_VALUES, BY_WORDS };
struct state_rule {
	struct str column;              /* as the table spells it */
	enum state_by by;
	enum state yes, no;             /* BY_NAME */
	enum state named, others;       /* BY_VALUES: of those in values, and of any other, NULL too; BY_TIME: named */
	const struct str *values; size_t n_values;
	const char *family, *codes;     /* BY_FAMILY: its name, and its rules as states.def has them */
};

/*
 * What a column is by its name: BY_NAME or BY_TIME with *out filled; BY_WORDS for one whose codes
 * are a product's own, or that only smells of a state. False: it says nothing of the kind.
 */
bool state_column(struct str column, struct state_rule *out);
/* The family that has all these columns; NULL: none is known. columns: blank-separated, in any case of letters. */
struct state_family { const char *name, *columns, *codes; enum state_of of; };
const struct state_family *state_family(enum state_of of, struct str columns);
/* Has the family something to say of this column? Then *out is that rule. */
bool state_family_rule(const struct state_family *f, struct str column, struct state_rule *out);
/* What a value says; absent: NULL. BIT(1), 0x01, b'1' and CHAR padding are read as what they mean. */
enum state state_read(const struct state_rule *r, struct str value);
/*
 * What the operator said: of each state the column that has it (empty: found by its name) and the
 * values that mean it, for MAP_ENABLED those that let in (none: by the column's name); and columns
 * that say nothing of states, whatever they are called.
 */
enum state_map { MAP_ENABLED, MAP_LOCKED, MAP_EXPIRED, MAP_STALE, MAP_DELETED, MAP_COUNT };
struct state_mapping {
	struct str column[MAP_COUNT];
	const struct str *values[MAP_COUNT]; size_t n_values[MAP_COUNT];
	const struct str *ignored; size_t n_ignored;
};
/*
 * "0,1": each word without the blanks around it; an empty one is the empty value. In mem; NULL when
 * mem is exhausted.
 */
const struct str *states_list(struct arena *mem, struct str list, size_t *n);
/* The same as the values of a mapping; an absent list says nothing. */
void states_values(struct arena *mem, struct state_mapping *m, enum state_map which, struct str list);
/*
 * How one column of a table is read. columns: all names of the table, blank-separated. Of what the
 * operator said first; then as the family has it, if there is one; then by its name. False: it says
 * nothing of states.
 */
bool state_rule_of(const struct state_mapping *m, const struct state_family *f, struct str columns,
    struct str column, struct state_rule *out);
/*
 * Does the operator's word name a column that is not there, or values for which more than one could
 * be meant? Absent, or a sentence.
 */
struct str state_mapping_fault(struct arena *mem, const struct state_mapping *m, struct str columns);
/*
 * The state that a value which nobody named must be taken for, where a row cannot wait for an
 * answer: never STATE_FINE.
 */
enum state state_at_worst(const struct state_rule *r);
/*
 * Attributes of a directory's entry that speak of states: the i-th name, NULL behind the last; and
 * what a value of one says (any other attribute: STATE_FINE). Times are compared with now_s.
 */
const char *state_attribute(size_t i);
enum state state_of_attribute(struct str attribute, struct str value, int64_t now_s);
/* Of two columns that speak of the same row, what counts: deleted before anything, unknown before what lets in. */
enum state state_worse(enum state a, enum state b);
#endif

/* store/postgres/dialect.h - PostgreSQL's words where records/sql.def leaves them to the engine. */
#ifndef HUFU_STORE_POSTGRES_DIALECT_H
#define HUFU_STORE_POSTGRES_DIALECT_H

#define GREATER(a, b) "greatest(" a ", " b ")"
#define LESSER(a, b) "least(" a ", " b ")"
#define POSITION_IN(text, part) "strpos(" text ", " part ")"
#define JOINED(column) "string_agg(" column ", ' ')"
/* ids sort by the time at which they were made */
#define IN_ORDER_WRITTEN "id IS NOT NULL ORDER BY id"
/* n is 32: without an extension random bytes come as UUIDs, 122 bits each */
#define RANDOM_BYTES(n) \
	"sha256(decode(replace(concat(gen_random_uuid(), gen_random_uuid(), gen_random_uuid()), '-', ''), 'hex'))"
#define HABITS_SINCE_VERSION "1"
#define FOLDED "folded"
#define FOLDED_COLUMN ", folded"
#define FOLDED_VALUE(value) ", " value
#define FOLDED_SET(value) "folded = " value ", "
/* Other nodes write too. Many look at one client and few change it; what is a user's own is changed by who looks. */
#define HELD " FOR NO KEY UPDATE"
#define HELD_SHARED " FOR SHARE"
#define PASS_HELD " FOR UPDATE SKIP LOCKED"
#endif

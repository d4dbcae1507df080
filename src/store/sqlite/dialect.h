/* store/sqlite/dialect.h - SQLite's words where records/sql.def leaves them to the engine. */
#ifndef HUFU_STORE_SQLITE_DIALECT_H
#define HUFU_STORE_SQLITE_DIALECT_H

#define GREATER(a, b) "max(" a ", " b ")"
#define LESSER(a, b) "min(" a ", " b ")"
#define POSITION_IN(text, part) "instr(" text ", " part ")"
#define JOINED(column) "group_concat(" column ", ' ')"
#define IN_ORDER_WRITTEN "rowid > 0 ORDER BY rowid"
#define RANDOM_BYTES(n) "randomblob(" n ")"
#define HABITS_SINCE_VERSION "4"
#define FOLDED "name_fold(name)"
#define FOLDED_COLUMN ""
#define FOLDED_VALUE(value) ""
#define FOLDED_SET(value) ""
/* One writer: what a transaction has seen stays. */
#define HELD ""
#define HELD_SHARED ""
#define PASS_HELD ""
#endif

/* sql/sql_int.h - what the kinds of connections share. */
#ifndef HUFU_SQL_INT_H
#define HUFU_SQL_INT_H

#include "base/library.h"
#include "sql/sql.h"

#define SQL_COLUMNS_MAX 256

/* A kind's own functions; handle is its library's. */
struct sql_driver {
	bool (*load)(struct arena *mem, struct str *why);
	bool (*open)(struct sql_link *l, struct arena *mem, struct str *why);
	enum sql_result (*ask)(struct sql_link *l, const struct sql_question *q, struct arena *mem, struct str *why);
	void (*close)(struct sql_link *l);
};
extern const struct sql_driver sql_sqlite, sql_postgres, sql_mysql;

struct sql_link {
	const struct sql_driver *driver;
	const struct sql_address *address;      /* borrowed while it is opened only */
	struct sql_limits limits;
	void *handle;
	bool usable;
	int64_t until_ms;                       /* of the call under way, by clock_mono_us; 0: no end */
};

/* --- wait.c --- */
int64_t sql_now_ms(void);
void sql_deadline(struct sql_link *l, int64_t ms);      /* until_ms from now on */
/* Wait for the socket: events of poll(2); those that came, 0 when time is up. */
int sql_wait(const struct sql_link *l, int fd, int events);
#endif

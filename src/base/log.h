/*
 * base/log.h - what the operator reads on standard error (or the journal): one JSON line per event.
 * {"ts":"2026-01-02T03:04:05.678Z","level":"info","msg":"..."}; control characters are escaped, so a log line cannot be
 * forged. Thread-safe. Never pass a secret: see I-LOG in ARCHITECTURE.md.
 */
#ifndef HUFU_BASE_LOG_H
#define HUFU_BASE_LOG_H
#include <stdatomic.h>
#include "base/buf.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
void log_level_set(enum log_level least);
void log_fd_set(int fd);                                        /* 2 unless told */
void log_at(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
#define log_debug(...) log_at(LOG_DEBUG, __VA_ARGS__)
#define log_info(...)  log_at(LOG_INFO, __VA_ARGS__)
#define log_warn(...)  log_at(LOG_WARN, __VA_ARGS__)
#define log_error(...) log_at(LOG_ERROR, __VA_ARGS__)
/*
 * True at most once in every_s seconds for one place in the code: what an attacker can make happen
 * at will must not fill the log. last is that place's own static counter, 0 at first. Thread-safe.
 */
bool log_is_due(_Atomic int64_t *last, int64_t every_s);
/*
 * The same for one cause at one neighbour (a database, a gateway, a directory), so that what is
 * said of one hides nothing of another: at most once in every_s seconds for the pair. Of very many
 * pairs the oldest are forgotten, and said again. Thread-safe.
 */
bool log_is_due_about(struct str neighbour, struct str cause, int64_t every_s);
/* The beginning of a line of JSON: {"ts":"...", with the time of now. */
void log_stamp(struct buf *b);
/* Members trace_id and span of what this thread works for (base/trace.h); nothing where that is nobody's. */
void log_trace(struct buf *b);
/* Write one complete line (already JSON, without newline) in one write(2): audit lines. */
void log_line(struct str json);
/* Print the message and end the process with status 1: start-up only. */
void fatal(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
#endif

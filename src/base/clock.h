/* base/clock.h - the wall clock, which tests can turn by hand. */
#ifndef HUFU_BASE_CLOCK_H
#define HUFU_BASE_CLOCK_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

int64_t clock_now_s(void);          /* Unix time in seconds, plus what clock_turn added */
int64_t clock_now_ms(void);         /* the same in milliseconds */
int64_t clock_mono_us(void);        /* monotonic microseconds, for durations; never turned */
/*
 * Is a neighbour left alone that gave no answer? *until_ms (clock_now_ms; 0: it answers) is set by
 * whoever finds out, to now + rest_ms. When that time is over one caller gets false and tries, for
 * at most try_ms; the others still get true until *until_ms is set anew. Thread-safe.
 */
bool clock_rests(_Atomic int64_t *until_ms, int64_t rest_ms, int64_t try_ms);
/*
 * A period that a clock set back does not stop: true, and begun anew, when period_ms have gone by
 * either clock, or when the wall clock shows less than at the beginning. { 0 }: due at once.
 */
struct clock_due { int64_t wall_ms, mono_us; };
void    clock_due_begin(struct clock_due *d);
bool    clock_is_due(struct clock_due *d, int64_t period_ms);
int64_t clock_turned_ms(void);      /* by how much in all */
void    clock_turn_ms(int64_t by);  /* tests only: move the wall clock of this process; may be negative */
#endif

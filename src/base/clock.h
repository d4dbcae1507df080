/* base/clock.h - the wall clock, which tests can turn by hand. */
#ifndef HUFU_BASE_CLOCK_H
#define HUFU_BASE_CLOCK_H
#include <stdint.h>

int64_t clock_now_s(void);          /* Unix time in seconds, plus what clock_turn added */
int64_t clock_now_ms(void);         /* the same in milliseconds */
int64_t clock_mono_us(void);        /* monotonic microseconds, for durations; never turned */
void    clock_turn_ms(int64_t by);  /* tests only: move the wall clock of this process; may be negative */
#endif

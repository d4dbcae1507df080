/* base/rand.h - random bytes from the kernel, in blocks per thread. */
#ifndef HUFU_BASE_RAND_H
#define HUFU_BASE_RAND_H
#include <stddef.h>
#include <stdint.h>

/* n cryptographically random bytes. Never fails: a kernel without getrandom(2) ends the process. Fork-safe. */
void rand_bytes(void *out, size_t n);
/* A uniform number below limit (limit > 0), without modulo bias. */
uint32_t rand_below(uint32_t limit);
/* 16 bytes that sort by time: 48 bits of milliseconds (clock_now_ms), then 80 random ones. Row ids. */
void rand_id(uint8_t out[16]);
#endif

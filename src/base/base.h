/*
 * base/base.h - the ground: strings, buffers, the request arena, time, random bytes, text encodings, digests.
 * Knows nothing of any protocol. Include this one header; it pulls in the rest of the room.
 */
#ifndef HUFU_BASE_H
#define HUFU_BASE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/tree.h"
#include "base/hash_order.h"
#include "base/near.h"
#include "base/clock.h"
#include "base/rand.h"
#include "base/file.h"
#include "base/text.h"
#include "base/url.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/sentence.h"
#include "base/trace.h"
#include "base/record.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define BIT(x)   (UINT64_C(1) << (x))

/* NUL-terminated classics are for the edges with libraries only; inside, a string is a struct str. */
#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf gets strtok
#endif

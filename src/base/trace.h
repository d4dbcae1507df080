/*
 * base/trace.h - whose work this is, across servers: W3C Trace Context (Recommendation, level 1 and 2), the header fields
 * traceparent and tracestate of a request.
 *
 * None is begun here: a request that comes without a trace, or with one that is not well-formed, has none. One that has
 * gets a span of its own, drawn at random, which stands in the log beside the trace's id and is the parent-id of what
 * other servers are asked for it.
 */
#ifndef HUFU_BASE_TRACE_H
#define HUFU_BASE_TRACE_H
#include "base/arena.h"

#define TRACE_ID_SIZE     32            /* hexadecimal digits, lower case */
#define TRACE_SPAN_SIZE   16
#define TRACE_PARENT_SIZE 55            /* of a traceparent of version 00 */
#define TRACE_STATE_MAX   512           /* bytes of tracestate that are handed on; section 3.3.1.5 asks for so many */

struct trace {
	char id[TRACE_ID_SIZE + 1];             /* empty: there is none */
	char parent[TRACE_SPAN_SIZE + 1];       /* who asked */
	char span[TRACE_SPAN_SIZE + 1];         /* ours */
	uint8_t flags;                          /* sampled (1), random trace id (2) */
	struct str state;                       /* of tracestate, untouched; absent: none, or not to be handed on. Borrowed */
};
/*
 * One traceparent: VERSION "-" 32HEXDIGLC "-" 16HEXDIGLC "-" 2HEXDIGLC, neither id all zeros (section 3.2). Of a version
 * above 00 the first four fields are read and what follows a further "-" is passed over; ff is no version. False: out has
 * no trace. out->span is drawn, out->state absent.
 */
bool trace_read(struct str traceparent, struct trace *out);
/* Of at most TRACE_STATE_MAX visible characters and blanks: handed on untouched, otherwise left out. */
bool trace_state_read(struct str tracestate, struct trace *t);
/* Text of 32 digits as above, for who looks for one. */
bool trace_id_is_sane(struct str id);
/* A traceparent of version 00 with our span; TRACE_PARENT_SIZE characters and a NUL. */
void trace_write(const struct trace *t, char out[TRACE_PARENT_SIZE + 1]);

/* What this thread works for from now on: t is borrowed until another one is said. NULL, or one without id: nobody's. */
void trace_here(const struct trace *t);
const struct trace *trace_now(void);    /* NULL: nobody's */
#endif

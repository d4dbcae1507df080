/* import/java_int.h - what the files of the Java reader share. */
#ifndef HUFU_IMPORT_JAVA_INT_H
#define HUFU_IMPORT_JAVA_INT_H

#include "import/java.h"

/* Modified UTF-8 as UTF-8, in mem. False when malformed: a lone surrogate, a cut sequence. */
bool java_utf(struct arena *mem, struct str raw, struct str *out);
#endif

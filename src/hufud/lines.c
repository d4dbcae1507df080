/* hufud/lines.c - complaints and warnings, a line of the log each. */
#include "hufud/daemon_int.h"

void
log_lines(enum log_level level, const char *before, struct str lines)
{
	for (struct str line; str_given(lines) && (line = str_cut(&lines, '\n')).p; )
		if (line.n > 0)
			log_at(level, "%s%.*s", say(before), STR_ARG(line));
}

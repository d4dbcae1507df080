/* admin/trail_targets.c - lines of the audit file for syslog, journald and standard output too: see A4. */
#include "admin/trail.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define HOST_MAX  255
#define VALUE_MAX 1024                  /* bytes of one member as a field of the journal */

const char *const trail_target_names[TARGET_COUNT] = { "file", "syslog", "journald", "stdout" };

void
targets_begin(struct trail_targets *t)
{
	for (int i = 0; i < TARGET_COUNT; i++)
		t->way[i].fd = -1;
}

static void
way_close(struct trail_way *w)
{
	if (w->fd >= 0)
		close(w->fd);
	w->fd = -1;
}

void
targets_end(struct trail_targets *t)
{
	for (int i = 0; i < TARGET_COUNT; i++)
		way_close(&t->way[i]);
}

void
targets_set(struct trail_targets *t, enum trail_target which, struct str socket)
{
	struct trail_way *w = &t->way[which];

	if (str_is(socket, w->path) || socket.n > TRAIL_SOCKET_MAX)
		return;
	way_close(w);
	w->from = 0;
	memset(w->path, 0, sizeof w->path);
	if (socket.n > 0)
		memcpy(w->path, socket.p, socket.n);
}

/* --- one message to a socket --------------------------------------------------------------------- */

static bool
way_connect(struct trail_way *w)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int error;

	way_close(w);
	memcpy(a.sun_path, w->path, sizeof w->path);
	w->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (w->fd >= 0 && connect(w->fd, (const struct sockaddr *)(const void *)&a, sizeof a) == 0)
		return true;
	error = errno;
	way_close(w);
	errno = error;
	return false;
}

static bool
way_send(struct trail_way *w, struct str message)
{
	if (w->fd >= 0 && send(w->fd, message.p, message.n, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		return true;
	if (w->fd >= 0 && (errno == EAGAIN || errno == EMSGSIZE || errno == ENOBUFS))
		return false;                   /* it is there */
	return way_connect(w) && send(w->fd, message.p, message.n, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

/* What follows a loss begins on a line of its own: the last one may have been written in part. */
static bool
standard_output_put(const struct trail_way *w, struct str line)
{
	struct str whole = str_span(line.p, line.n + 1);        /* its line feed stands behind it */

	if (w->from != 0 && !file_write_all(STDOUT_FILENO, "\n", 1))
		return false;
	return file_write_all(STDOUT_FILENO, whole.p, whole.n);
}

/* --- as syslog has it: RFC 5424 ------------------------------------------------------------------ */

static struct str
level_of(struct str line)
{
	static const char member[] = ",\"level\":\"";
	const char *at = line.p != NULL ? memmem(line.p, line.n, member, sizeof member - 1) : NULL;
	struct str rest = at != NULL ? str_from(line, (size_t)(at - line.p) + sizeof member - 1) : STR_ABSENT;

	return str_given(rest) ? str_cut(&rest, '"') : STR_ABSENT;
}

static struct str
syslog_message(struct arena *mem, struct str line)
{
	char host[HOST_MAX + 1] = "";
	struct str level = level_of(line);

	if (gethostname(host, HOST_MAX) != 0 || !str_is_visible(str_of(host)))
		snprintf(host, sizeof host, "-");
	return ARENA_CAT(mem, arena_printf(mem, "<86>1 %.*s %s hufud %ld %.*s - ", STR_ARG(str_sub(line, 7, 24)), host,
	    (long)getpid(), STR_ARG(str_empty(level) ? S("-") : level)), line);
}

/* --- as the journal has it ----------------------------------------------------------------------- */

/* The form for any bytes: name, line feed, 64 bits of length in little endian, value, line feed. */
static void
field_put(struct buf *b, struct str name, struct str value)
{
	char size[8];

	for (int i = 0; i < 8; i++)
		size[i] = (char)((uint64_t)value.n >> (8 * i) & 255);
	buf_put(b, name);
	buf_putc(b, '\n');
	buf_put(b, str_span(size, sizeof size));
	buf_put(b, value);
	buf_putc(b, '\n');
}

static struct str
journal_message(struct arena *mem, struct str line)
{
	static const struct { const char *member, *field; } rows[] = {
		{ "level", "HUFU_LEVEL" }, { "event", "HUFU_EVENT" }, { "issuer", "HUFU_ISSUER" }, { "endpoint", "HUFU_ENDPOINT" },
		{ "realm", "HUFU_REALM" }, { "client", "HUFU_CLIENT" }, { "user", "HUFU_USER" }, { "operator", "HUFU_OPERATOR" },
		{ "result", "HUFU_RESULT" }, { "reason", "HUFU_REASON" }, { "error_id", "HUFU_ERROR_ID" }, { "trace_id", "HUFU_TRACE_ID" },
	};
	const json_t *v = json_read(mem, line);
	struct trail_line l;
	struct buf b;

	buf_init(&b, mem, 2 * TRAIL_LINE_MAX);
	buf_put(&b, S("PRIORITY=6\nSYSLOG_FACILITY=10\nSYSLOG_IDENTIFIER=hufud\n"));
	field_put(&b, S("MESSAGE"), line);
	if (trail_line_read(line, &l))
		buf_printf(&b, "HUFU_SEQ=%lld\n", (long long)l.seq);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str value = json_is_object(v) ? json_member_str(v, rows[i].member) : STR_ABSENT;

		if (!str_empty(value))
			field_put(&b, str_of(rows[i].field), str_sub(value, 0, VALUE_MAX));
	}
	return b.full ? STR_ABSENT : buf_str(&b);
}

/* --- all of them --------------------------------------------------------------------------------- */

static void
lost_one(struct trail_targets *t, enum trail_target which, int64_t seq)
{
	struct trail_way *w = &t->way[which];
	int error = errno;

	atomic_fetch_add(&t->lost[which], 1);
	if (w->from == 0)
		w->from = seq;
	w->to = seq;
	if (log_is_due(&w->told, 60))
		log_error("audit: %s does not take lines: %s; from line %lld on they are in the audit file alone, and counted",
		    trail_target_names[which], say_errno(error), (long long)w->from);
}

static void
taken(struct trail_way *w, enum trail_target which)
{
	if (w->from > 0)
		log_warn("audit: %s takes lines again; lines %lld to %lld of the audit file are missing there, or some of them",
		    trail_target_names[which], (long long)w->from, (long long)w->to);
	w->from = 0;
}

static bool
line_send(struct trail_way *w, enum trail_target which, struct arena *mem, struct str line)
{
	struct str message;

	if (which == TARGET_STDOUT)
		return standard_output_put(w, line);
	message = which == TARGET_SYSLOG ? syslog_message(mem, line) : journal_message(mem, line);
	errno = ENOMEM;
	return str_given(message) && way_send(w, message);
}

static void
line_put(struct trail_targets *t, enum trail_target which, struct str line)
{
	struct trail_way *w = &t->way[which];
	struct trail_line l = { .seq = 0 };
	struct arena mem;

	arena_init(&mem, 8 * TRAIL_LINE_MAX);
	(void)trail_line_read(line, &l);
	if (line_send(w, which, &mem, line))
		taken(w, which);
	else
		lost_one(t, which, l.seq);
	arena_free(&mem);
}

void
targets_put(struct trail_targets *t, struct str lines)
{
	for (int i = TARGET_SYSLOG; i < TARGET_COUNT; i++) {
		struct str rest = lines, line;

		while (t->way[i].path[0] != '\0' && rest.n > 0 && (line = str_cut(&rest, '\n')).n > 0)
			line_put(t, (enum trail_target)i, line);
	}
}

/* hufud/main.c - the command line of the daemon, and the signals it lives by. */
#include "hufud/daemon_int.h"

#include <errno.h>
#include <getopt.h>
#include <malloc.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#define BOOT_MEM_MAX (64u * 1024 * 1024)
#define USUAL_CONFIG "/etc/hufu/hufu.yaml"

static const struct option long_options[] = {
#define DAEMON_OPTION(letter, name, arg, help) { name, arg[0] != '\0' ? required_argument : no_argument, NULL, letter },
#include "setup/hufud.def"
	{ NULL, 0, NULL, 0 },
};

static void
print_option(const char *name, const char *arg, const char *help)
{
	printf("  --%s %-*s%s\n", name, 13 - (int)strlen(name), arg, say(help));
}

static void
print_help(void)
{
	printf("hufud - %s\n\n%s\n", say("OAuth 2.0 and OpenID Connect server"),
	    say("usage: hufud [--config FILE] [--check]\n"
		"       hufud --demo DIR\n"));
#define DAEMON_OPTION(letter, name, arg, help) print_option(name, arg, help);
#include "setup/hufud.def"
	printf("\n%s\n",
	    say("SIGTERM and SIGINT finish what is in flight and stop; SIGHUP reads the settings again; SIGUSR2 upgrades (hufu upgrade)."));
}

static void __attribute__((noreturn))
usage_exit(const char *option)
{
	fprintf(stderr, say("hufud: \"%s\" is no option, or its value is wrong; hufud --help lists them\n"), option);
	exit(2);
}

static void
option_take(int c, const char *shown, struct options *o)
{
	enum language l;

	switch (c) {
	case 'c': o->config = str_of(optarg); break;
	case 'd': o->demo = str_of(optarg); break;
	case 't': o->test_clock = true; break;
	case 'k': o->check = true; break;
	case 'l':
		if (!language_read(str_of(optarg), &l))
			usage_exit(shown);
		language_set(l);
		break;
	case 'v': o->version = true; break;
	case 'h': o->help = true; break;
	default: usage_exit(shown);
	}
}

/* --lang may stand behind --help. */
static void
options_read(int argc, char **argv, struct options *o)
{
	int c, at = 1;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "c:hv", long_options, NULL)) != -1) {
		option_take(c, argv[at < argc ? at : argc - 1], o);
		at = optind;
	}
	if (optind < argc)
		usage_exit(argv[optind]);
	if (!o->help && !o->version)
		return;
	if (o->help)
		print_help();
	else
		printf("hufud %s\n", HUFU_VERSION);
	exit(0);
}

static struct str
config_path(const struct options *o)
{
	const char *env = getenv("HUFU_CONFIG");

	if (str_given(o->config))
		return o->config;
	if (env != NULL && *env != '\0')
		return str_of(env);
	return access(USUAL_CONFIG, F_OK) == 0 ? S(USUAL_CONFIG) : STR_ABSENT;
}

/* Little memory is kept for little use: two heaps are enough for threads that work in their requests' own arenas. */
static void
memory_tune(void)
{
	mallopt(M_ARENA_MAX, 2);
	mallopt(M_TRIM_THRESHOLD, 256 * 1024);
	mallopt(M_MMAP_THRESHOLD, 128 * 1024);
}

/* By its name at the start: an upgrade means what has that name then, and the file of this one may be gone. */
static void
exe_note(struct daemon *d)
{
	ssize_t n = readlink("/proc/self/exe", d->exe, sizeof d->exe - 1);

	d->exe[n > 0 ? n : 0] = '\0';
}

/* Blocked before the first thread starts, so that only the main thread takes them. */
static sigset_t
signals_block(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	return set;
}

/* by: who sent the signal. */
static void
signal_record(enum event e, const siginfo_t *by, const char *result)
{
	struct record r;

	record_begin(&r, e);
	act_who(&r, by->si_uid, by->si_pid);
	record_text(&r, "signal", str_of(sigabbrev_np(by->si_signo)));
	if (result != NULL)
		record_text(&r, "result", str_of(result));
	record_end(&r);
}

static void
reload(struct daemon *d, const siginfo_t *by)
{
	struct arena mem;
	struct str why = STR_ABSENT;
	struct reloaded told;

	arena_init(&mem, BOOT_MEM_MAX);
	service_reloading();                    /* the log says how it went */
	signal_record(EV_reload, by, daemon_reload(d, &mem, &told, &why) ? "done" : "failed");
	service_notify("READY=1");
	arena_free(&mem);
}

/* The next signal; meanwhile the service manager hears that all is well. */
static int
signal_wait(struct daemon *d, const sigset_t *set, int64_t every_us, siginfo_t *by)
{
	struct timespec t = { (time_t)(every_us / 1000000), (long)(every_us % 1000000 * 1000) };
	int sig;

	if (every_us == 0)
		return sigwaitinfo(set, by);
	while ((sig = sigtimedwait(set, by, &t)) < 0 && errno == EAGAIN)
		daemon_lives(d, every_us);
	return sig;
}

/* Until it is told to stop, or another process has its place. */
static void
run(struct daemon *d, const sigset_t *set)
{
	int64_t every_us = service_watchdog_us();
	siginfo_t by;
	int sig;

	do {
		sig = signal_wait(d, set, every_us, &by);
		if (sig == SIGHUP)
			reload(d, &by);
		if (sig == SIGUSR2 && daemon_hands_over(d))
			return;
	} while (sig != SIGTERM && sig != SIGINT);
	signal_record(EV_daemon_stopping, &by, NULL);
	log_info("stopping: requests in flight are finished first");
	service_notify("STOPPING=1");
}

static void
plain_record(enum event e)
{
	struct record r;

	record_begin(&r, e);
	record_text(&r, "version", S(HUFU_VERSION));
	record_end(&r);
}

int
main(int argc, char **argv)
{
	struct daemon d = { .argc = argc, .argv = argv, .before = { .fd = -1, .other = { .lock_fd = -1 } } };
	int64_t begun_us = clock_mono_us();
	sigset_t set;

	memory_tune();
	exe_note(&d);
	arena_init(&d.mem, BOOT_MEM_MAX);
	language_set(language_of_environment());
	options_read(argc, argv, &d.opt);
	if (str_given(d.opt.demo))
		demo_prepare(&d.opt, &d.mem);
	d.config_path = config_path(&d.opt);
	set = signals_block();
	daemon_start(&d);
	if (str_given(d.opt.demo))
		demo_print(&d);
	malloc_trim(0);
	log_info("ready after %lld ms, hufud %s", (long long)((clock_mono_us() - begun_us) / 1000), HUFU_VERSION);
	plain_record(EV_daemon_ready);
	if (!d.before.took_over)                /* else it is so already, and the other one says whose process it is */
		service_notify("READY=1");
	fd_store_tell(&d);
	run(&d, &set);
	daemon_stop(&d);
	log_info("stopped");
	if (!d.upgrade.left)                    /* else another line has said it */
		plain_record(EV_daemon_stopped);
	daemon_trail_end(&d);
	return 0;
}

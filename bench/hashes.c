/*
 * bench/hashes.c - what a password costs by itself: Argon2id as the daemon's users have it, and no server around it.
 *
 *   hashes make PASSWORD                      an encoded hash: 19 MiB, two passes
 *   hashes verify SECONDS PASSWORD ENCODED    verifications a second, on as many threads as there are cores
 */
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"

#define KIB         19456
#define PASSES      2
#define THREADS_MAX 64

static const char *password, *encoded;
static double until;

static void *
verify(void *count)
{
	long *n = count;

	while (now() < until) {
		if (crypto_pwhash_str_verify(encoded, password, strlen(password)) != 0)
			abort();
		++*n;
	}
	return NULL;
}

static void
verify_for(double seconds)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN), counts[THREADS_MAX] = { 0 }, all = 0;
	pthread_t threads[THREADS_MAX];
	double begun = now();

	if (cores > THREADS_MAX)
		cores = THREADS_MAX;
	until = begun + seconds;
	for (long i = 0; i < cores; i++)
		pthread_create(&threads[i], NULL, verify, &counts[i]);
	for (long i = 0; i < cores; i++) {
		pthread_join(threads[i], NULL);
		all += counts[i];
	}
	printf("%.2f\n", (double)all / (now() - begun));
}

int
main(int argc, char **argv)
{
	char made[crypto_pwhash_STRBYTES];

	if (sodium_init() < 0)
		return 1;
	if (argc == 3 && strcmp(argv[1], "make") == 0) {
		if (crypto_pwhash_str_alg(made, argv[2], strlen(argv[2]), PASSES, KIB * 1024ul, crypto_pwhash_ALG_ARGON2ID13) != 0)
			return 1;
		return puts(made) < 0;
	}
	if (argc != 5 || strcmp(argv[1], "verify") != 0) {
		fprintf(stderr, "usage: hashes make PASSWORD | hashes verify SECONDS PASSWORD ENCODED\n");
		return 1;
	}
	password = argv[3];
	encoded = argv[4];
	verify_for(atof(argv[2]));
	return 0;
}

/* tests/fuzz/driver.c - runs a fuzz target over the files named as arguments: the corpora are replayed without libFuzzer. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
main(int argc, char **argv)
{
	static uint8_t data[1 << 20];

	for (int i = 1; i < argc; i++) {
		FILE *f = fopen(argv[i], "rb");
		uint8_t *exact;
		size_t n;

		if (f == NULL)
			return 1;
		n = fread(data, 1, sizeof data, f);
		fclose(f);
		exact = malloc(n ? n : 1);      /* its own block, so that a read past the end is seen */
		for (size_t k = 0; exact != NULL && k < n; k++)
			exact[k] = data[k];
		LLVMFuzzerTestOneInput(exact, n);
		free(exact);
	}
	printf("%d inputs\n", argc - 1);
	return 0;
}

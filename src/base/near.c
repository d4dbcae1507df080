/* base/near.c - edit distance, for "did you mean". */
#include "base/base.h"

/* Levenshtein's; names longer than the row of cells are never near. */
static size_t
distance(struct str a, struct str b)
{
	size_t cell[65];

	if (a.n > 64 || b.n > 64)
		return SIZE_MAX;
	for (size_t j = 0; j <= b.n; j++)
		cell[j] = j;
	for (size_t i = 1; i <= a.n; i++) {
		size_t corner = cell[0];
		cell[0] = i;
		for (size_t j = 1; j <= b.n; j++) {
			size_t best = corner + (a.p[i - 1] != b.p[j - 1]);
			corner = cell[j];
			if (cell[j] + 1 < best)
				best = cell[j] + 1;
			if (cell[j - 1] + 1 < best)
				best = cell[j - 1] + 1;
			cell[j] = best;
		}
	}
	return cell[b.n];
}

struct nearest
nearest_to(struct str wrong)
{
	return (struct nearest){ wrong, STR_ABSENT, wrong.n / 3 + 2 };
}

void
nearest_try(struct nearest *n, struct str candidate)
{
	size_t far = distance(candidate, n->wrong);

	if (far < n->far) {
		n->far = far;
		n->name = candidate;
	}
}

// Runs allocation patterns of the malloc it is linked with: a line "pattern size count"
// on standard input is answered with the nanoseconds that count allocations and their
// releases took.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { batch = 64, live = 1000 };

static double now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

// get is malloc whose result the compiler must assume to be used.
static void *get(size_t size) {
	void *p = malloc(size);
	if (!p) {
		fprintf(stderr, "malloc of %zu bytes failed\n", size);
		exit(1);
	}
	__asm__ volatile("" : : "r"(p) : "memory");
	return p;
}

int main(void) {
	char pattern[16];
	size_t size;
	long count;
	while (scanf("%15s %zu %ld", pattern, &size, &count) == 3) {
		double start = now();
		if (!strcmp(pattern, "pair")) {
			for (long i = 0; i < count; i++)
				free(get(size));
		} else if (!strcmp(pattern, "batch")) {
			void *all[batch];
			for (long i = 0; i < count; i += batch) {
				for (int j = 0; j < batch; j++)
					all[j] = get(size);
				for (int j = 0; j < batch; j++)
					free(all[j]);
			}
		} else if (!strcmp(pattern, "churn")) {
			static void *all[live];
			for (int j = 0; j < live; j++)
				all[j] = get(size);
			start = now();
			for (long i = 0; i < count; i++) {
				free(all[i % live]);
				all[i % live] = get(size);
			}
			double taken = now() - start;
			for (int j = 0; j < live; j++)
				free(all[j]);
			start = now() - taken;
		} else {
			fprintf(stderr, "no pattern %s\n", pattern);
			return 1;
		}
		printf("%.0f\n", now() - start);
		fflush(stdout);
	}
	return 0;
}

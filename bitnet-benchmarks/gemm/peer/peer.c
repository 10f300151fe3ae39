// Multiplies float32 matrices with OpenBLAS. A line "threads m n k transposed count" on
// standard input, c (m, n) = a (m, k) · b (k, n), where b is stored as (n, k) if transposed
// is 1, is answered with the nanoseconds that count products took, those of processor time
// on all threads, and the sum of c's elements. "peak" is answered with the GFLOP/s of one thread that does nothing but
// multiply and add in registers, "name" with the kernels that OpenBLAS has chosen.
#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifdef __AVX512F__
typedef float vec __attribute__((vector_size(64)));
#elif defined(__AVX__)
typedef float vec __attribute__((vector_size(32)));
#else
typedef float vec __attribute__((vector_size(16)));
#endif

static double now(clockid_t clock) {
	struct timespec t;
	clock_gettime(clock, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

// peak keeps twelve sums going, more than two units with a latency of four cycles need.
// Its time is that of the thread, which other processes do not change.
static double peak(void) {
	enum { turns = 1 << 22 };
	struct timespec start, end;
	volatile float zero = 0;
	vec x = (vec){0} + zero + 0.5f, y = x + 0.5f;
	vec a = x, b = a + 1, c = b + 1, d = c + 1, e = d + 1, f = e + 1, g = f + 1, h = g + 1, i = h + 1, j = i + 1, k = j + 1, l = k + 1;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
	for (int t = 0; t < turns; t++) {
		a = a * x + y, b = b * x + y, c = c * x + y, d = d * x + y;
		e = e * x + y, f = f * x + y, g = g * x + y, h = h * x + y;
		i = i * x + y, j = j * x + y, k = k * x + y, l = l * x + y;
	}
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
	vec all = a + b + c + d + e + f + g + h + i + j + k + l;
	zero = all[0]; // so that the loop has a use
	return 2.0 * turns * 12 * (sizeof(vec) / 4) / ((end.tv_sec - start.tv_sec) * 1e9 + (end.tv_nsec - start.tv_nsec));
}

// matrix returns n values that follow from their position alone, multiples of 1/8.
static float *matrix(long n, int seed) {
	float *m = malloc(n * sizeof *m);
	if (!m) {
		fprintf(stderr, "no memory for %ld values\n", n);
		exit(1);
	}
	for (long i = 0; i < n; i++)
		m[i] = ((i * 7 + seed) % 13 - 6) / 8.0f;
	return m;
}

int main(void) {
	char line[128];
	while (fgets(line, sizeof line, stdin)) {
		int threads, m, n, k, transposed;
		long count;
		if (!strncmp(line, "peak", 4)) {
			printf("%f\n", peak());
		} else if (!strncmp(line, "name", 4)) {
			printf("%s\n", openblas_get_corename());
		} else if (sscanf(line, "%d %d %d %d %d %ld", &threads, &m, &n, &k, &transposed, &count) == 6) {
			float *a = matrix((long)m * k, 1), *b = matrix((long)k * n, 2), *c = matrix((long)m * n, 3);
			openblas_set_num_threads(threads);
			double start = now(CLOCK_MONOTONIC), cpu = now(CLOCK_PROCESS_CPUTIME_ID);
			for (long i = 0; i < count; i++)
				cblas_sgemm(CblasRowMajor, CblasNoTrans, transposed ? CblasTrans : CblasNoTrans,
					m, n, k, 1, a, k, b, transposed ? k : n, 0, c, n);
			double ns = now(CLOCK_MONOTONIC) - start, sum = 0;
			cpu = now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
			for (long i = 0; i < (long)m * n; i++)
				sum += c[i];
			printf("%.0f %.0f %.17g\n", ns, cpu, sum);
			free(a);
			free(b);
			free(c);
		} else {
			fprintf(stderr, "cannot read %s", line);
			return 1;
		}
		fflush(stdout);
	}
	return 0;
}

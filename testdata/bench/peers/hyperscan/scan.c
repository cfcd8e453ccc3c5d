/* Scans with Hyperscan for the comparison: hyperscan NEEDLES HAYSTACK...
 * NEEDLES holds one regular expression a line. Prints "ready SECONDS BYTES" of the compilation and the database; then, for every line of
 * standard input that names a haystack by its number, "NANOSECONDS MATCHES": the CPU time of the thread and how many matches there are.
 */
#include <errno.h>
#include <fcntl.h>
#include <hs/hs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static long long cpu(void) {
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void fail(const char *what) {
	perror(what);
	exit(1);
}

static int count(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *matches) {
	++*(unsigned long long *)matches;
	return 0;
}

int main(int argc, char **argv) {
	if (argc < 3) {
		fprintf(stderr, "usage: hyperscan NEEDLES HAYSTACK...\n");
		return 2;
	}
	FILE *f = fopen(argv[1], "r");
	if (!f)
		fail(argv[1]);
	char **expressions = NULL, *line = NULL;
	unsigned *ids = NULL, *flags = NULL, n = 0;
	size_t cap = 0;
	ssize_t len;
	while ((len = getline(&line, &cap, f)) > 0) {
		line[len - 1] = 0;
		if (n % 1024 == 0) {
			expressions = realloc(expressions, (n + 1024) * sizeof *expressions);
			ids = realloc(ids, (n + 1024) * sizeof *ids);
			flags = realloc(flags, (n + 1024) * sizeof *flags);
		}
		expressions[n] = strdup(line);
		ids[n] = n;
		flags[n] = 0;
		n++;
	}
	hs_database_t *db;
	hs_compile_error_t *error;
	long long t = cpu();
	if (hs_compile_multi((const char *const *)expressions, flags, ids, n, HS_MODE_BLOCK, NULL, &db, &error) != HS_SUCCESS) {
		fprintf(stderr, "hyperscan: %s: %s\n", error->expression >= 0 ? expressions[error->expression] : "", error->message);
		return 1;
	}
	t = cpu() - t;
	hs_scratch_t *scratch = NULL;
	size_t size;
	if (hs_alloc_scratch(db, &scratch) != HS_SUCCESS || hs_database_size(db, &size) != HS_SUCCESS)
		return 1;
	printf("ready %.3f %zu\n", t / 1e9, size);
	fflush(stdout);
	char in[32];
	while (fgets(in, sizeof in, stdin)) {
		int i = atoi(in) + 2;
		if (i < 2 || i >= argc)
			return 2;
		int fd = open(argv[i], O_RDONLY);
		struct stat st;
		if (fd < 0 || fstat(fd, &st))
			fail(argv[i]);
		char *data = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
		if (data == MAP_FAILED)
			fail(argv[i]);
		unsigned long long matches = 0;
		t = cpu();
		if (hs_scan(db, data, st.st_size, 0, scratch, count, &matches) != HS_SUCCESS)
			return 1;
		t = cpu() - t;
		printf("%lld %llu\n", t, matches);
		fflush(stdout);
		munmap(data, st.st_size);
		close(fd);
	}
	return 0;
}

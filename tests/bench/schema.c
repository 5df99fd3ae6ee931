/* schema SCHEMA DOCUMENT: microseconds that one validation takes, the median. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/buffer.h"
#include "base/file.h"
#include "contract/schema.h"

#define ROUNDS 2000

static int64_t now_ns(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static int compare(const void *left, const void *right)
{
	const int64_t *one = left;
	const int64_t *other = right;
	return (*one > *other) - (*one < *other);
}

int main(int argc, char **argv)
{
	static int64_t times[ROUNDS];
	struct buffer text = BUFFER_INIT;
	struct arena arena = {0};
	struct error error = {0};
	struct schema *schema;
	struct schema_verdict verdict = {0};
	json_t *document = NULL;
	if (argc != 3)
		return 2;
	const struct schema_source source = {.file = path_absolute(&arena, argv[1])};
	if (!schema_compile(&source, &schema, &error) ||
		!file_read(argv[2], (size_t)64 << 20, &text, &error) ||
		!(document = json_read(buffer_text(&text), text.size, &error))) {
		fprintf(stderr, "%s\n", error.text);
		return 1;
	}
	for (size_t i = 0; i < ROUNDS; i++) {
		int64_t start = now_ns();
		schema_validate(schema, document, 0, &arena, &verdict);
		times[i] = now_ns() - start;
		if (!verdict.is_valid)
			return 1;
	}
	qsort(times, ROUNDS, sizeof *times, compare);
	printf("%.2f\n", (double)times[ROUNDS / 2] / 1000);
	json_decref(document);
	schema_free(schema);
	buffer_release(&text);
	arena_release(&arena);
	return 0;
}

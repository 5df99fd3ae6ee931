#include "component/input_files.h"

#include "base/path_match.h"
#include "component/builtin.h"

static const char *const *read_patterns(
	const json_t *properties, const char *name, struct arena *arena)
{
	size_t count = 0;
	while (property_item(properties, name, count))
		count++;
	const char **patterns = ARENA_ARRAY(arena, const char *, count + 1);
	for (size_t i = 0; i < count; i++)
		patterns[i] = arena_copy_text(arena, property_item(properties, name, i));
	return patterns;
}

bool input_files_read(
	const char *type, const char *properties, struct arena *arena, struct input_files *files)
{
	struct error ignored;
	const struct builtin *builtin = builtin_find(type);
	json_t *object = builtin ? builtin_properties(builtin, properties, &ignored) : NULL;
	const char *path = object ? property_text(object, "path") : NULL;
	if (path)
		*files = (struct input_files){
			.path = arena_copy_text(arena, path),
			.include = read_patterns(object, "include", arena),
			.exclude = read_patterns(object, "exclude", arena),
		};
	json_decref(object);
	return path;
}

static bool matches(const char *const *patterns, const char *path, bool takes_hidden)
{
	for (; *patterns; patterns++) {
		if (path_matches(*patterns, path, takes_hidden))
			return true;
	}
	return false;
}

bool input_files_enter(const struct input_files *files, const char *path)
{
	return !matches(files->exclude, path, true);
}

bool input_files_take(const struct input_files *files, const char *path)
{
	return input_files_enter(files, path) &&
	       (!*files->include || matches(files->include, path, false));
}

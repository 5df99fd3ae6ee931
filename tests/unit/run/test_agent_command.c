#include "run/agent_command.h"

#include "folder_fixture.h"

/* One agent step, its persona and its adapter. */
struct world {
	struct place *place;
	struct arena arena;
	struct adapter adapter;
	struct persona persona;
	struct agent_use use;
	struct step step;
	struct pipeline pipeline;
	struct agent_request request;
	struct command command;
};

static void open_world(struct world *world, struct place *place)
{
	*world = (struct world){.place = place};
	put_folder(place, "attempt");
	put_folder(place, "work");
	put_folder(place, "pipeline");
	world->adapter = (struct adapter){.name = "claude", .separator = ","};
	world->persona = (struct persona){.name = "reviewer"};
	world->use = (struct agent_use){.persona_name = "reviewer", .task = "look"};
	world->step = (struct step){.id = "review", .agent = &world->use};
	world->pipeline = (struct pipeline){.folder = at(place, "pipeline"),
		.adapters = &world->adapter,
		.adapter_count = 1,
		.personas = &world->persona,
		.persona_count = 1};
	world->request = (struct agent_request){.pipeline = &world->pipeline,
		.step = &world->step,
		.own_program = "/usr/bin/wavetrain",
		.work_folder = at(place, "work"),
		.attempt_folder = at(place, "attempt")};
}

static void close_world(struct world *world)
{
	arena_release(&world->arena);
}

#define WORDS(...)                                                                                 \
	(const char *const[])                                                                      \
	{                                                                                          \
		__VA_ARGS__, NULL                                                                  \
	}

static void add_part(struct world *world, const char *const *words, bool is_optional)
{
	struct adapter *adapter = &world->adapter;
	struct adapter_part *parts =
		ARENA_ARRAY(&world->arena, struct adapter_part, adapter->part_count + 1);
	if (adapter->part_count)
		memcpy(parts, adapter->parts, adapter->part_count * sizeof *parts);
	struct adapter_part *part = &parts[adapter->part_count++];
	*part = (struct adapter_part){.arguments = words, .is_optional = is_optional};
	while (words[part->argument_count])
		part->argument_count++;
	adapter->parts = parts;
}

static struct text_list list_of(struct arena *arena, const char *const *words)
{
	struct text_list list = {0};
	while (words[list.count])
		list.count++;
	list.items = ARENA_ARRAY(arena, struct text_item, list.count);
	for (uint32_t i = 0; i < list.count; i++)
		list.items[i].text = words[i];
	return list;
}

/* The vector as one text: [a][b]. */
static const char *vector(struct world *world)
{
	struct buffer text = BUFFER_INIT;
	if (!agent_command_make(
		    &world->request, &world->arena, &world->command, &world->place->error))
		fail_msg("%s", world->place->error.text);
	for (uint32_t i = 0; i < world->command.argument_count; i++)
		buffer_printf(&text, "[%s]", world->command.arguments[i]);
	assert_null(world->command.arguments[world->command.argument_count]);
	const char *copy = arena_copy_text(&world->arena, buffer_text(&text));
	buffer_release(&text);
	return copy;
}

/* --- placeholders --- */

static void each_placeholder_stays_within_its_argument(void **state)
{
	struct world world;
	open_world(&world, *state);
	world.persona.model = "large one";
	world.persona.allow = list_of(&world.arena, WORDS("Read", "Bash(git *)"));
	world.persona.deny = list_of(&world.arena, WORDS("Write"));
	world.persona.system_prompt = "be kind";
	world.request.handoffs_file = "/run/notes/handoffs.md";
	world.use.task = "look at it";
	add_part(&world,
		WORDS("agent", "--task={task}!", "{model}", "{allow}", "{deny}", "{handoffs_file}",
			"{workspace}/x", "{task_file}", "{system_prompt_file}"),
		false);
	const char *folder = world.place->root;
	assert_string_equal(vector(&world),
		arena_format(&world.arena,
			"[agent][--task=look at it!][large one][Read,Bash(git *)][Write]"
			"[/run/notes/handoffs.md][%s/work/x][%s/attempt/task.md]"
			"[%s/attempt/system-prompt.md]",
			folder, folder, folder));
	assert_string_equal(content(*state, "attempt/task.md"), "look at it");
	assert_string_equal(content(*state, "attempt/system-prompt.md"), "be kind");
	close_world(&world);
}

static void an_optional_part_goes_when_something_in_it_has_no_value(void **state)
{
	struct world world;
	open_world(&world, *state);
	add_part(&world, WORDS("agent"), false);
	add_part(&world, WORDS("--model", "{model}"), true);
	add_part(&world, WORDS("--allow", "{allow}", "--deny", "{deny}"), true);
	add_part(&world, WORDS("--handoffs", "{handoffs_file}"), true);
	add_part(&world, WORDS("--system", "{system_prompt_file}"), true);
	add_part(&world, WORDS("--always"), true);
	add_part(&world, WORDS("{model}"), false);
	assert_string_equal(vector(&world), "[agent][--always][]");
	world.persona.model = "";
	world.persona.system_prompt = "";
	world.persona.allow = list_of(&world.arena, WORDS("Read"));
	world.request.handoffs_file = "h.md";
	assert_string_equal(vector(&world), "[agent][--handoffs][h.md][--always][]");
	world.persona.model = "m";
	world.persona.deny = list_of(&world.arena, WORDS("Write"));
	assert_string_equal(vector(&world),
		"[agent][--model][m][--allow][Read][--deny][Write][--handoffs][h.md][--always][m]");
	close_world(&world);
}

static void what_is_denied_is_not_allowed(void **state)
{
	struct world world;
	open_world(&world, *state);
	add_part(&world, WORDS("agent"), false);
	add_part(&world, WORDS("--allow", "{allow}"), true);
	add_part(&world, WORDS("--deny", "{deny}"), true);
	world.adapter.separator = " | ";
	world.persona.allow = list_of(&world.arena, WORDS("Read", "Bash", "Write"));
	world.persona.deny = list_of(&world.arena, WORDS("Bash", "Web"));
	assert_string_equal(vector(&world), "[agent][--allow][Read | Write][--deny][Bash | Web]");
	world.persona.deny = list_of(&world.arena, WORDS("Bash", "Read", "Write"));
	assert_string_equal(vector(&world), "[agent][--deny][Bash | Read | Write]");
	close_world(&world);
}

static void what_was_put_in_is_not_looked_at_again(void **state)
{
	struct world world;
	open_world(&world, *state);
	world.use.task = "write {model} and {task} and {task_file} and {workspace}";
	world.persona.model = "{task}";
	add_part(&world, WORDS("agent", "{task}", "{model}"), false);
	assert_string_equal(vector(&world),
		"[agent][write {model} and {task} and {task_file} and {workspace}][{task}]");
	/* The task only speaks of its file. */
	assert_false(there_is(*state, "attempt/task.md"));
	assert_false(agent_command_needs_folder(&world.request));
	close_world(&world);
}

static void other_braces_stay(void **state)
{
	struct world world;
	open_world(&world, *state);
	add_part(&world,
		WORDS("agent", "{\"a\": {task}}", "{Task}", "{task", "{{task}}", "{}", "}{"),
		false);
	assert_string_equal(
		vector(&world), "[agent][{\"a\": look}][{Task}][{task][{look}][{}][}{]");
	close_world(&world);
}

/* --- files --- */

static void files_are_written_only_for_who_asks(void **state)
{
	struct world world;
	open_world(&world, *state);
	world.persona.system_prompt = "be kind";
	add_part(&world, WORDS("agent", "{task}"), false);
	add_part(&world, WORDS("--model", "{model}", "{task_file}", "{system_prompt_file}"), true);
	assert_false(agent_command_needs_folder(&world.request));
	assert_string_equal(vector(&world), "[agent][look]");
	assert_false(there_is(*state, "attempt/task.md"));
	assert_false(there_is(*state, "attempt/system-prompt.md"));
	world.persona.model = "m";
	assert_true(agent_command_needs_folder(&world.request));
	vector(&world);
	assert_true(there_is(*state, "attempt/task.md"));
	assert_true(there_is(*state, "attempt/system-prompt.md"));
	close_world(&world);
}

static void a_system_prompt_that_was_not_read_is_named_where_it_lies(void **state)
{
	struct world world;
	open_world(&world, *state);
	world.persona.system_prompt_file = "prompts/kind.md";
	add_part(&world, WORDS("agent", "{system_prompt_file}"), false);
	assert_false(agent_command_needs_folder(&world.request));
	assert_string_equal(
		vector(&world), arena_format(&world.arena, "[agent][%s/pipeline/prompts/kind.md]",
					world.place->root));
	close_world(&world);
}

static void planted_links_are_replaced_and_not_written_through(void **state)
{
	struct world world;
	open_world(&world, *state);
	put(*state, "precious", "precious");
	put_link(*state, "attempt/task.md", "../precious");
	world.adapter.input = ADAPTER_STDIN_TASK;
	add_part(&world, WORDS("agent"), false);
	vector(&world);
	assert_string_equal(content(*state, "precious"), "precious");
	assert_string_equal(content(*state, "attempt/task.md"), "look");
	close_world(&world);
}

struct fault_case {
	const char *folder; /* of the attempt */
	const char *text;   /* %s: the test's folder */
};

static const struct fault_case fault_cases[] = {
	{"none", "cannot open '%s/none': No such file or directory"},
	{"link", "cannot open '%s/link': Not a directory"},
	{"taken", "cannot replace '%s/taken/task.md': Is a directory"},
};

static void files_that_cannot_be_written_are_told(void **state)
{
	struct world world;
	open_world(&world, *state);
	put_link(*state, "link", "attempt");
	put_folder(*state, "taken/task.md");
	add_part(&world, WORDS("agent", "{task_file}"), false);
	for (size_t i = 0; i < ARRAY_LENGTH(fault_cases); i++) {
		world.request.attempt_folder = at(*state, fault_cases[i].folder);
		assert_false(agent_command_make(
			&world.request, &world.arena, &world.command, &world.place->error));
		const char *before = strstr(fault_cases[i].text, "%s");
		assert_string_equal(world.place->error.text,
			arena_format(&world.arena, "%.*s%s%s", (int)(before - fault_cases[i].text),
				fault_cases[i].text, world.place->root, before + 2));
		assert_int_not_equal(world.place->error.number, 0);
	}
	close_world(&world);
}

/* --- stdin and result --- */

struct wrapper_case {
	enum adapter_stdin input;
	enum adapter_result result;
	const char *vector; /* %s: the attempt's folder */
};

static const struct wrapper_case wrapper_cases[] = {
	{ADAPTER_STDIN_NONE, ADAPTER_RESULT_NONE, "[agent][-p][look]"},
	{ADAPTER_STDIN_NONE, ADAPTER_RESULT_JSON,
		"[/usr/bin/wavetrain][component][run][--keep][result][--][agent][-p][look]"},
	{ADAPTER_STDIN_TASK, ADAPTER_RESULT_NONE,
		"[/usr/bin/wavetrain][component][run][--stdin][task.md][--][agent][-p][look]"},
	{ADAPTER_STDIN_TASK, ADAPTER_RESULT_JSON,
		"[/usr/bin/wavetrain][component][run][--keep][result][--stdin][task.md][--]"
		"[agent][-p][look]"},
};

static void a_task_as_input_and_a_result_take_our_own_program(void **state)
{
	struct world world;
	open_world(&world, *state);
	world.request.attempt_folder = at(*state, "attempt");
	add_part(&world, WORDS("agent", "-p", "{task}"), false);
	for (size_t i = 0; i < ARRAY_LENGTH(wrapper_cases); i++) {
		const struct wrapper_case *one = &wrapper_cases[i];
		world.adapter.input = one->input;
		world.adapter.result = one->result;
		assert_int_equal(
			path_remove(at(*state, "attempt/task.md"), &world.place->error), true);
		assert_int_equal(agent_command_needs_folder(&world.request),
			one->input == ADAPTER_STDIN_TASK);
		const char *made = vector(&world);
		const char *file = at(*state, "attempt/task.md");
		const char *found = strstr(made, file);
		if (found)
			made = arena_format(&world.arena, "%.*stask.md%s", (int)(found - made),
				made, found + strlen(file));
		assert_string_equal(made, one->vector);
		assert_int_equal(
			there_is(*state, "attempt/task.md"), one->input == ADAPTER_STDIN_TASK);
	}
	close_world(&world);
}

/* --- what is missing, what is too long --- */

static void a_missing_adapter_is_named_with_the_nearest_one(void **state)
{
	struct world world;
	open_world(&world, *state);
	world.use.adapter = INDEX_NONE;
	world.use.adapter_name = "cluade";
	assert_false(agent_command_needs_folder(&world.request));
	assert_false(agent_command_make(
		&world.request, &world.arena, &world.command, &world.place->error));
	assert_string_equal(world.place->error.text,
		"adapter 'cluade' of persona 'reviewer' is not declared (did you mean 'claude'?)");
	assert_string_equal(world.place->error.hint,
		"declare it under 'adapters:' in the pipeline file, or, for a table, in a "
		"wavetrain.yml beside it");
	world.use.adapter_name = "something-else";
	assert_false(agent_command_make(
		&world.request, &world.arena, &world.command, &world.place->error));
	assert_string_equal(world.place->error.text,
		"adapter 'something-else' of persona 'reviewer' is not declared");
	world.use.adapter_name = NULL;
	world.use.persona = INDEX_NONE;
	world.use.persona_name = "base";
	world.pipeline.adapter_count = 0;
	assert_false(agent_command_make(
		&world.request, &world.arena, &world.command, &world.place->error));
	assert_string_equal(
		world.place->error.text, "no adapter is declared that persona 'base' could use");
	assert_null(agent_environment(&world.pipeline, &world.step));
	close_world(&world);
}

static char *long_text(struct arena *arena, size_t size)
{
	char *text = arena_allocate(arena, size + 1);
	memset(text, 'x', size);
	return text;
}

static void a_task_that_is_too_long_is_told_with_what_helps(void **state)
{
	struct world world;
	size_t limit = AGENT_ARGUMENT_LIMIT_PAGES * (size_t)sysconf(_SC_PAGESIZE) - 1;
	open_world(&world, *state);
	add_part(&world, WORDS("agent", "{task}"), false);
	world.use.task = long_text(&world.arena, limit);
	vector(&world);
	world.use.task = long_text(&world.arena, limit + 1);
	assert_false(agent_command_make(
		&world.request, &world.arena, &world.command, &world.place->error));
	assert_string_equal(world.place->error.text,
		arena_format(&world.arena,
			"the task has %zu bytes, and the system takes %zu in one argument: adapter "
			"'claude' must have {task_file} instead of {task}, or 'stdin: task'",
			limit + 1, limit));
	world.persona.model = world.use.task;
	world.adapter.part_count = 0;
	add_part(&world, WORDS("agent", "--model={model}"), false);
	assert_false(agent_command_make(
		&world.request, &world.arena, &world.command, &world.place->error));
	assert_string_equal(world.place->error.text,
		arena_format(&world.arena,
			"an argument of adapter 'claude' has %zu bytes, 9 more than the system "
			"takes",
			limit + 9));
	world.adapter.part_count = 0;
	add_part(&world, WORDS("agent", "{task_file}"), false);
	vector(&world);
	assert_int_equal(strlen(content(*state, "attempt/task.md")), limit + 1);
	close_world(&world);
}

static void the_task_is_in_the_environment_where_it_fits(void **state)
{
	struct world world;
	size_t room = AGENT_ARGUMENT_LIMIT_PAGES * (size_t)sysconf(_SC_PAGESIZE) - 1 -
		      strlen("WAVETRAIN_TASK=");
	open_world(&world, *state);
	assert_string_equal(agent_task_variable(&world.step, &world.arena), "WAVETRAIN_TASK=look");
	world.use.task = long_text(&world.arena, room);
	assert_non_null(agent_task_variable(&world.step, &world.arena));
	world.use.task = long_text(&world.arena, room + 1);
	assert_null(agent_task_variable(&world.step, &world.arena));
	assert_ptr_equal(agent_environment(&world.pipeline, &world.step), &world.persona.env);
	world.step.agent = NULL;
	assert_null(agent_environment(&world.pipeline, &world.step));
	close_world(&world);
}

/* --- what a program really gets --- */

static const char *const hostile_tasks[] = {
	"plain",
	"",
	" ",
	"-rf",
	"--",
	"--model={model}",
	"'single' \"double\" `back`",
	"$(touch pwned) ${HOME} $PATH; touch pwned & | > pwned",
	"line\nline\r\n\ttab",
	"{model} {task} {task_file}",
	"* ? [a-z] ~ !history",
	"\\n \\ \\\\",
	"\xc3\xa4\xe2\x82\xac\xf0\x9f\x9a\x82 \xff\xfe",
	"\x01\x1b[31m\x7f",
};

/* Runs the vector in the working folder; what it prints is in the file "printed". */
static void run_vector(struct world *world)
{
	int status;
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		int out = open(at(world->place, "printed"), O_WRONLY | O_CREAT | O_TRUNC, 0666);
		if (out < 0 || dup2(out, 1) < 0 || chdir(world->request.work_folder))
			_exit(2);
		execv(world->command.arguments[0],
			(char *const *)(uintptr_t)world->command.arguments);
		_exit(3);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void a_program_gets_every_byte_and_no_shell_sees_any(void **state)
{
	struct world world;
	open_world(&world, *state);
	put(*state, "print", "#!/bin/sh\nfor a in \"$@\"; do printf '%s\\0' \"$a\"; done\n");
	assert_int_equal(chmod(at(*state, "print"), 0755), 0);
	world.persona.model = "the model";
	add_part(&world,
		WORDS(at(*state, "print"), "{task}", "-p", "a{task}b", "{model}", "{task_file}"),
		false);
	for (size_t i = 0; i < ARRAY_LENGTH(hostile_tasks); i++) {
		struct buffer printed = BUFFER_INIT, expected = BUFFER_INIT;
		const char *task = hostile_tasks[i];
		world.use.task = task;
		vector(&world);
		run_vector(&world);
		assert_true(
			file_read(at(*state, "printed"), 1 << 20, &printed, &world.place->error));
		buffer_printf(&expected, "%s%c-p%ca%sb%cthe model%c%s/attempt/task.md%c", task, 0,
			0, task, 0, 0, world.place->root, 0);
		assert_int_equal(printed.size, expected.size);
		assert_memory_equal(printed.bytes, expected.bytes, expected.size);
		assert_string_equal(content(*state, "attempt/task.md"), task);
		buffer_release(&printed);
		buffer_release(&expected);
	}
	assert_false(there_is(*state, "work/pwned"));
	close_world(&world);
}

int main(void)
{
#define PLACED(test) cmocka_unit_test_setup_teardown(test, place_open, place_close)
	static const struct CMUnitTest tests[] = {
		PLACED(each_placeholder_stays_within_its_argument),
		PLACED(an_optional_part_goes_when_something_in_it_has_no_value),
		PLACED(what_is_denied_is_not_allowed),
		PLACED(what_was_put_in_is_not_looked_at_again),
		PLACED(other_braces_stay),
		PLACED(files_are_written_only_for_who_asks),
		PLACED(a_system_prompt_that_was_not_read_is_named_where_it_lies),
		PLACED(planted_links_are_replaced_and_not_written_through),
		PLACED(files_that_cannot_be_written_are_told),
		PLACED(a_task_as_input_and_a_result_take_our_own_program),
		PLACED(a_missing_adapter_is_named_with_the_nearest_one),
		PLACED(a_task_that_is_too_long_is_told_with_what_helps),
		PLACED(the_task_is_in_the_environment_where_it_fits),
		PLACED(a_program_gets_every_byte_and_no_shell_sees_any),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

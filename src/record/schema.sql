-- The record of all runs of one state folder. Times are milliseconds since 1970 UTC, durations
-- milliseconds, states the words of model/state.c. A step keeps its number (step) for the whole
-- run; its place in the present plan (place) changes when a run is continued with another
-- pipeline. Tables that are written while steps run have no index besides their key, so that a
-- commit touches few pages; long texts that never change stand apart from the rows that do. Their
-- checks have no IN (…) of more than two: SQLite would build a table for the list at every row that
-- is written, which costs more than the row.

CREATE TABLE runs (
	run INTEGER PRIMARY KEY, -- in the order they began
	id TEXT NOT NULL UNIQUE CHECK (length(id) > 0),
	pipeline_name TEXT,
	pipeline_file TEXT,
	format TEXT NOT NULL,
	mode TEXT NOT NULL,
	jobs INTEGER NOT NULL CHECK (jobs >= 0),
	state TEXT NOT NULL CHECK (state IN
		('pending', 'running', 'done', 'failed', 'skipped', 'interrupted')),
	reason TEXT,
	started_ms INTEGER,
	ended_ms INTEGER,
	resume_count INTEGER NOT NULL DEFAULT 0 CHECK (resume_count >= 0),
	paused_ms INTEGER NOT NULL DEFAULT 0 CHECK (paused_ms >= 0),
	version TEXT,
	host TEXT,
	base_commit TEXT,
	branch TEXT,
	stage_count INTEGER NOT NULL CHECK (stage_count >= 0)
) STRICT;

-- What people call a phase: all steps of a wave may run at once.
CREATE TABLE waves (
	run INTEGER NOT NULL REFERENCES runs,
	wave INTEGER NOT NULL CHECK (wave >= 0),
	name TEXT,
	origin TEXT NOT NULL,
	stage INTEGER NOT NULL CHECK (stage >= 0),
	step_count INTEGER NOT NULL CHECK (step_count >= 0),
	state TEXT NOT NULL CHECK (
		state = 'pending' OR state = 'running' OR state = 'done' OR state = 'failed' OR
		state = 'skipped'),
	started_ms INTEGER,
	ended_ms INTEGER,
	PRIMARY KEY (run, wave)
) WITHOUT ROWID, STRICT;

-- Consecutive steps of one name within a wave.
CREATE TABLE groups (
	run INTEGER NOT NULL REFERENCES runs,
	group_number INTEGER NOT NULL CHECK (group_number >= 0),
	name TEXT NOT NULL,
	wave INTEGER NOT NULL CHECK (wave >= 0),
	first_place INTEGER NOT NULL CHECK (first_place >= 0),
	step_count INTEGER NOT NULL CHECK (step_count >= 0),
	state TEXT NOT NULL CHECK (
		state = 'pending' OR state = 'running' OR state = 'done' OR state = 'failed' OR
		state = 'skipped'),
	started_ms INTEGER,
	ended_ms INTEGER,
	PRIMARY KEY (run, group_number)
) WITHOUT ROWID, STRICT;

CREATE TABLE steps (
	run INTEGER NOT NULL REFERENCES runs,
	step INTEGER NOT NULL CHECK (step >= 0),
	place INTEGER NOT NULL CHECK (place >= 0), -- in the present plan; gone steps stand last
	id TEXT NOT NULL,
	state TEXT NOT NULL CHECK (
		state = 'pending' OR state = 'running' OR state = 'done' OR state = 'failed' OR
		state = 'skipped'),
	reason TEXT,
	started_ms INTEGER, -- of the first attempt
	ended_ms INTEGER,   -- of the last one
	wave INTEGER,         -- NULL: a serial step
	group_number INTEGER, -- NULL: none
	stage INTEGER NOT NULL CHECK (stage >= 0),
	estimate_ms INTEGER NOT NULL,
	critical INTEGER NOT NULL CHECK (critical IN (0, 1)),
	fingerprint TEXT NOT NULL,
	PRIMARY KEY (run, step)
) WITHOUT ROWID, STRICT;

-- The texts of a step that never change while it runs.
CREATE TABLE step_texts (
	run INTEGER NOT NULL REFERENCES runs,
	step INTEGER NOT NULL CHECK (step >= 0),
	name TEXT,
	command TEXT,
	base_id TEXT, -- of an instance of a fan-out: the step as written
	optional INTEGER NOT NULL DEFAULT 0 CHECK (optional IN (0, 1)),
	PRIMARY KEY (run, step)
) WITHOUT ROWID, STRICT;

-- What few steps leave behind when they are done.
CREATE TABLE step_results (
	run INTEGER NOT NULL REFERENCES runs,
	step INTEGER NOT NULL CHECK (step >= 0),
	cache_key TEXT, -- taken from the cache under this key
	tree TEXT,      -- object id: what its worktree held
	PRIMARY KEY (run, step)
) WITHOUT ROWID, STRICT;

-- Steps that wait, or waited, for approval.
CREATE TABLE gates (
	run INTEGER NOT NULL REFERENCES runs,
	step INTEGER NOT NULL CHECK (step >= 0),
	sequence INTEGER NOT NULL, -- of the event: the order in which they began to wait
	waiting_ms INTEGER NOT NULL,
	opened_ms INTEGER, -- NULL: it waits
	approved_by TEXT,
	PRIMARY KEY (run, step)
) WITHOUT ROWID, STRICT;

-- Step waits for need; both are numbers of steps.
CREATE TABLE edges (
	run INTEGER NOT NULL REFERENCES runs,
	step INTEGER NOT NULL CHECK (step >= 0),
	need INTEGER NOT NULL CHECK (need >= 0 AND need <> step),
	PRIMARY KEY (run, step, need)
) WITHOUT ROWID, STRICT;

CREATE TABLE attempts (
	run INTEGER NOT NULL REFERENCES runs,
	step INTEGER NOT NULL CHECK (step >= 0),
	number INTEGER NOT NULL CHECK (number >= 1),
	state TEXT NOT NULL CHECK (
		state = 'running' OR state = 'done' OR state = 'failed'),
	failure TEXT, -- why it did not succeed: the words of model/state.c; NULL: it runs or did
	started_ms INTEGER NOT NULL,
	ended_ms INTEGER, -- NULL: it runs
	queue_ms INTEGER NOT NULL DEFAULT 0,
	process_id INTEGER,
	exit_status INTEGER NOT NULL DEFAULT -1, -- -1: none
	signal INTEGER NOT NULL DEFAULT 0,       -- 0: none
	cpu_ms INTEGER NOT NULL DEFAULT 0,
	peak_rss_bytes INTEGER NOT NULL DEFAULT 0,
	log_bytes INTEGER NOT NULL DEFAULT 0,
	log_truncated INTEGER NOT NULL DEFAULT 0 CHECK (log_truncated IN (0, 1)),
	log_path TEXT, -- relative to the run's folder; NULL: it printed nothing
	reason TEXT,
	containment INTEGER NOT NULL DEFAULT 0, -- bits of model/containment.h; 0: not known
	PRIMARY KEY (run, step, number)
) WITHOUT ROWID, STRICT;

CREATE TABLE artifacts (
	run INTEGER NOT NULL REFERENCES runs,
	step INTEGER NOT NULL CHECK (step >= 0),
	name TEXT NOT NULL,
	path TEXT NOT NULL, -- relative to the run's artifacts folder
	file_count INTEGER NOT NULL CHECK (file_count >= 0),
	is_folder INTEGER NOT NULL CHECK (is_folder IN (0, 1)),
	size_bytes INTEGER NOT NULL,
	sha256 TEXT NOT NULL,
	PRIMARY KEY (run, step, name)
) WITHOUT ROWID, STRICT;

CREATE TABLE contracts (
	run INTEGER NOT NULL REFERENCES runs,
	step INTEGER NOT NULL CHECK (step >= 0),
	sequence INTEGER NOT NULL, -- of its event: the order of checking
	attempt INTEGER NOT NULL CHECK (attempt >= 0),
	passed INTEGER NOT NULL CHECK (passed IN (0, 1)),
	subject TEXT,
	reason TEXT, -- what was expected and found; NULL when passed
	duration_ms INTEGER NOT NULL,
	was_known INTEGER NOT NULL DEFAULT 0 CHECK (was_known IN (0, 1)),
	error_total INTEGER NOT NULL DEFAULT 0,
	PRIMARY KEY (run, step, sequence)
) WITHOUT ROWID, STRICT;

-- What a contract found wrong, as far as it was kept.
CREATE TABLE contract_errors (
	run INTEGER NOT NULL REFERENCES runs,
	step INTEGER NOT NULL CHECK (step >= 0),
	sequence INTEGER NOT NULL, -- of the contract
	place INTEGER NOT NULL CHECK (place >= 0),
	pointer TEXT,
	keyword TEXT,
	expected TEXT,
	actual TEXT,
	PRIMARY KEY (run, step, sequence, place)
) WITHOUT ROWID, STRICT;

-- Prepared: the commit exists, no reference points at it yet. Done: published.
CREATE TABLE checkpoints (
	run INTEGER NOT NULL REFERENCES runs,
	number INTEGER NOT NULL CHECK (number >= 0),
	state TEXT NOT NULL CHECK (
		state = 'prepared' OR state = 'done' OR state = 'failed'),
	trigger_name TEXT NOT NULL,
	wave INTEGER, -- NULL: none
	partial INTEGER NOT NULL CHECK (partial IN (0, 1)),
	time_ms INTEGER NOT NULL,
	duration_ms INTEGER NOT NULL,
	commit_id TEXT, -- NULL: nothing had changed, no commit
	parent_id TEXT,
	reference TEXT,
	files_changed INTEGER NOT NULL,
	bytes INTEGER NOT NULL,
	subject TEXT,
	reason TEXT, -- of failed
	PRIMARY KEY (run, number)
) WITHOUT ROWID, STRICT;

-- Everything that happened, in order. The rows above are what these add up to. One number is the
-- key, so that each row is appended at the end of the table.
CREATE TABLE events (
	event INTEGER PRIMARY KEY, -- run * 2^32 + sequence
	run INTEGER GENERATED ALWAYS AS (event >> 32),
	sequence INTEGER GENERATED ALWAYS AS (event & 4294967295), -- 1, 2, … within the run
	type TEXT NOT NULL,
	time_ms INTEGER NOT NULL,
	step INTEGER,
	wave INTEGER,
	group_number INTEGER,
	attempt INTEGER NOT NULL,
	duration_ms INTEGER NOT NULL,
	exit_status INTEGER NOT NULL,
	signal INTEGER NOT NULL,
	failure TEXT,
	delay_ms INTEGER NOT NULL,
	reason TEXT,
	subject TEXT,
	json TEXT NOT NULL -- the event as it is printed by --output-format json
) STRICT;

CREATE TRIGGER events_are_not_changed BEFORE UPDATE ON events BEGIN
	SELECT RAISE(ABORT, 'events are append-only');
END;

CREATE TRIGGER events_are_not_removed BEFORE DELETE ON events BEGIN
	SELECT RAISE(ABORT, 'events are append-only');
END;

-- One row for each transaction that added events, in which its events are. Row 0 tells the schema's
-- version, which else stands in the file's header alone.
CREATE TABLE seals (
	event INTEGER PRIMARY KEY, -- the last one
	digest TEXT NOT NULL, -- SHA-256 over the seal before and all events since; '': not sealed
	rows TEXT -- SHA-256 over what only a start writes, when this is one's
) STRICT;

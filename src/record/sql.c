#include "record/sql.h"

#include <assert.h>

#include "base/index.h"
#include "model/state.h"
#include "record/seal.h"

#define RUN_COLUMNS                                                                                \
	"id, pipeline_name, pipeline_file, format, mode, jobs, state, reason, started_ms, "        \
	"ended_ms, resume_count, paused_ms, version, host, base_commit, branch, stage_count, run"

#define CHECKPOINT_COLUMNS                                                                         \
	"number, trigger_name, wave, partial, time_ms, duration_ms, commit_id, parent_id, "        \
	"reference, files_changed, bytes, subject"

#define EVENTS_OF_RUN "WHERE event > ?1 << 32 AND event < (?1 + 1) << 32"

/*
 * Of runs that began at the same commit, with nothing unusual, and were never continued: nobody has
 * mended anything. Of them the attempts before their first own commit.
 */
#define EARLIER_ATTEMPTS                                                                           \
	"FROM (SELECT run, id, coalesce((SELECT min(time_ms) FROM checkpoints WHERE "              \
	"checkpoints.run = runs.run AND commit_id IS NOT NULL), 9223372036854775807) AS first_ms " \
	"FROM runs WHERE pipeline_name IS ?1 AND base_commit = ?2 AND run < "                      \
	"(SELECT run FROM runs WHERE id = ?3) AND resume_count = 0 AND state <> 'running' "        \
	"AND NOT EXISTS (SELECT 1 FROM events WHERE event = (runs.run << 32 | 1) "                 \
	"AND reason IS NOT NULL) "                                                                 \
	"ORDER BY run DESC LIMIT ?4) AS recent "                                                   \
	"CROSS JOIN attempts ON attempts.run = recent.run AND attempts.started_ms < first_ms "     \
	"CROSS JOIN steps ON steps.run = attempts.run AND steps.step = attempts.step "

static const char *const texts[] = {
	[SQL_FIND_RUN] = "SELECT run FROM runs WHERE id = ?1",
	[SQL_ADD_RUN] = "INSERT INTO runs (id, pipeline_name, pipeline_file, format, mode, jobs, "
			"state, reason, started_ms, ended_ms, resume_count, paused_ms, version, "
			"host, base_commit, branch, stage_count) VALUES "
			"(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, "
			"?17)",
	[SQL_CHANGE_RUN] = "UPDATE runs SET mode = ?2, jobs = ?3, stage_count = ?4 WHERE run = ?1",
	[SQL_ADD_WAVE] = "INSERT INTO waves (run, wave, name, origin, stage, step_count, state, "
			 "started_ms, ended_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
	[SQL_ADD_GROUP] =
		"INSERT INTO groups (run, group_number, name, wave, first_place, step_count, "
		"state, started_ms, ended_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
	[SQL_ADD_STEP] =
		"INSERT INTO steps (run, step, place, id, state, reason, started_ms, ended_ms, "
		"wave, group_number, stage, estimate_ms, critical, fingerprint) VALUES "
		"(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
	[SQL_ADD_STEP_TEXTS] =
		"INSERT INTO step_texts (run, step, name, command, base_id, optional) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
	[SQL_CHANGE_STEP] = "UPDATE steps SET place = ?3, id = ?4, state = ?5, "
			    /* Of what is pending only the present plan leaves out. */
			    "reason = coalesce(?6, CASE WHEN ?5 = state AND NOT (?5 = 'pending' "
			    "AND reason LIKE '" REASON_LEFT_OUT "%') THEN reason END), "
			    "ended_ms = CASE WHEN ?5 = state THEN ended_ms END, wave = ?9, "
			    "group_number = ?10, stage = ?11, estimate_ms = ?12, critical = ?13, "
			    "fingerprint = ?14 WHERE run = ?1 AND step = ?2",
	[SQL_CHANGE_STEP_TEXTS] =
		"UPDATE step_texts SET name = ?3, command = ?4, base_id = ?5, optional = ?6 "
		"WHERE run = ?1 AND step = ?2 AND (name IS NOT ?3 OR command IS NOT ?4 OR "
		"base_id IS NOT ?5 OR optional IS NOT ?6)",
	[SQL_DROP_STEP] = "UPDATE steps SET place = ?3, state = 'skipped', "
			  "reason = CASE WHEN reason = '" REASON_NO_ITEMS "' THEN reason ELSE ?4 "
			  "END, "
			  "wave = NULL, group_number = NULL, stage = ?5, critical = 0 "
			  "WHERE run = ?1 AND step = ?2",
	[SQL_ADD_EDGE] = "INSERT INTO edges (run, step, need) VALUES (?1, ?2, ?3)",
	[SQL_END_LOST_ATTEMPTS] =
		"UPDATE attempts SET state = 'failed', failure = ?2, reason = ?3, "
		"ended_ms = max(started_ms, ?4) WHERE run = ?1 AND state = 'running'",
	[SQL_DROP_WAVES] = "DELETE FROM waves WHERE run = ?1",
	[SQL_DROP_GROUPS] = "DELETE FROM groups WHERE run = ?1",
	[SQL_DROP_EDGES] = "DELETE FROM edges WHERE run = ?1",
	[SQL_DROP_GATES] = "DELETE FROM gates WHERE run = ?1 AND step IN "
			   "(SELECT step FROM steps WHERE run = ?1 AND state <> 'done')",
	/* A wave stays done when all its steps do; its times come from them. */
	[SQL_SETTLE_WAVES] =
		"UPDATE waves SET state = CASE WHEN left_over = 0 THEN 'done' ELSE 'pending' END, "
		"started_ms = first_ms, ended_ms = CASE WHEN left_over = 0 THEN last_ms END "
		"FROM (SELECT wave AS of_wave, sum(state <> 'done') AS left_over, "
		"min(started_ms) AS first_ms, max(ended_ms) AS last_ms FROM steps "
		"WHERE run = ?1 AND wave IS NOT NULL GROUP BY wave) "
		"WHERE run = ?1 AND wave = of_wave",
	[SQL_SETTLE_GROUPS] =
		"UPDATE groups SET state = CASE WHEN left_over = 0 THEN 'done' ELSE 'pending' END, "
		"started_ms = first_ms, ended_ms = CASE WHEN left_over = 0 THEN last_ms END "
		"FROM (SELECT group_number AS of_group, sum(state <> 'done') AS left_over, "
		"min(started_ms) AS first_ms, max(ended_ms) AS last_ms FROM steps "
		"WHERE run = ?1 AND group_number IS NOT NULL GROUP BY group_number) "
		"WHERE run = ?1 AND group_number = of_group",

	[SQL_ADD_EVENT] =
		"INSERT INTO events (" SEALED_EVENT_COLUMNS ") "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
	[SQL_ADD_SEAL] = "INSERT INTO seals (event, digest) VALUES (?1 << 32 | ?2, ?3)",
	[SQL_SEAL_START] = "INSERT INTO seals (event, digest, rows) VALUES (?1 << 32 | ?2, ?3, ?4) "
			   "ON CONFLICT (event) DO UPDATE SET rows = excluded.rows",
	[SQL_RUN_STARTED] = "UPDATE runs SET state = 'running', started_ms = ?2, ended_ms = NULL, "
			    "reason = NULL WHERE run = ?1",
	[SQL_RUN_RESUMED] =
		"UPDATE runs SET state = 'running', reason = NULL, ended_ms = NULL, "
		"resume_count = resume_count + 1, "
		"paused_ms = paused_ms + max(0, ?2 - coalesce(ended_ms, ?3, ?2)) WHERE run = ?1",
	[SQL_RUN_ENDED] = "UPDATE runs SET state = ?2, ended_ms = ?3, reason = ?4 WHERE run = ?1",
	[SQL_WAVE_STARTED] = "UPDATE waves SET state = 'running', "
			     "started_ms = coalesce(started_ms, ?3), ended_ms = NULL "
			     "WHERE run = ?1 AND wave = ?2",
	[SQL_WAVE_ENDED] =
		"UPDATE waves SET state = ?3, ended_ms = ?4 WHERE run = ?1 AND wave = ?2",
	[SQL_GROUP_STARTED] = "UPDATE groups SET state = 'running', "
			      "started_ms = coalesce(started_ms, ?3), ended_ms = NULL "
			      "WHERE run = ?1 AND group_number = ?2",
	[SQL_GROUP_ENDED] = "UPDATE groups SET state = ?3, ended_ms = ?4 "
			    "WHERE run = ?1 AND group_number = ?2",
	[SQL_STEP_STARTED] = "UPDATE steps SET state = 'running', reason = NULL, "
			     "started_ms = coalesce(started_ms, ?3), ended_ms = NULL "
			     "WHERE run = ?1 AND step = ?2",
	[SQL_STEP_ENDED] = "UPDATE steps SET state = ?3, ended_ms = ?4, reason = ?5, "
			   "started_ms = coalesce(started_ms, ?6) "
			   "WHERE run = ?1 AND step = ?2",
	[SQL_STEP_SKIPPED] =
		"UPDATE steps SET state = ?3, reason = ?4 WHERE run = ?1 AND step = ?2",
	[SQL_ATTEMPT_STARTED] =
		"INSERT INTO attempts (run, step, number, state, started_ms, queue_ms, "
		"process_id, containment) VALUES (?1, ?2, ?3, 'running', ?4, ?5, ?6, ?7)",
	[SQL_ATTEMPT_ENDED] =
		"UPDATE attempts SET state = ?4, failure = ?5, ended_ms = ?6, "
		"queue_ms = max(queue_ms, ?7), exit_status = ?8, signal = ?9, cpu_ms = ?10, "
		"peak_rss_bytes = ?11, log_bytes = ?12, log_truncated = ?13, log_path = ?14, "
		"reason = ?15 WHERE run = ?1 AND step = ?2 AND number = ?3 "
		"AND state = 'running'",
	[SQL_ADD_ATTEMPT] =
		"INSERT INTO attempts (run, step, number, state, failure, ended_ms, queue_ms, "
		"exit_status, signal, cpu_ms, peak_rss_bytes, log_bytes, log_truncated, "
		"log_path, reason, started_ms, process_id, containment) VALUES (?1, ?2, ?3, ?4, "
		"?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
	[SQL_ADD_ARTIFACT] =
		"INSERT OR REPLACE INTO artifacts (run, step, name, path, file_count, is_folder, "
		"size_bytes, sha256) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
	[SQL_ADD_CONTRACT] =
		"INSERT INTO contracts (run, step, sequence, attempt, passed, subject, reason, "
		"duration_ms, was_known, error_total) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
	[SQL_ADD_CONTRACT_ERROR] =
		"INSERT INTO contract_errors (run, step, sequence, place, pointer, keyword, "
		"expected, actual) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
	[SQL_ADD_RESULT] = "INSERT OR REPLACE INTO step_results (run, step, cache_key, tree) "
			   "VALUES (?1, ?2, ?3, ?4)",
	[SQL_GATE_WAITING] = "INSERT INTO gates (run, step, sequence, waiting_ms) "
			     "VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
	[SQL_GATE_OPENED] = "UPDATE gates SET opened_ms = ?3, approved_by = ?4 "
			    "WHERE run = ?1 AND step = ?2",
	[SQL_ADD_CHECKPOINT] =
		"INSERT OR REPLACE INTO checkpoints (run, state, number, trigger_name, wave, "
		"partial, time_ms, duration_ms, commit_id, parent_id, reference, files_changed, "
		"bytes, subject, reason) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, "
		"?12, ?13, ?14, ?15)",
	[SQL_CHECKPOINT_FAILED] = "UPDATE checkpoints SET state = 'failed', reason = ?2 "
				  "WHERE run = ?1 AND state = 'prepared'",

	[SQL_LAST_EVENT] = "SELECT sequence, time_ms FROM events " EVENTS_OF_RUN " "
			   "ORDER BY event DESC LIMIT 1",
	[SQL_LAST_SEAL] = "SELECT digest FROM seals WHERE event >= ?1 << 32 "
			  "AND event < (?1 + 1) << 32 ORDER BY event DESC LIMIT 1",
	[SQL_CURSOR_STEPS] = "SELECT place, step, state FROM steps WHERE run = ?1 "
			     "ORDER BY step",
	[SQL_CURSOR_WAVES] = "SELECT wave, state FROM waves WHERE run = ?1 ORDER BY wave",
	[SQL_CURSOR_GROUPS] =
		"SELECT group_number, state FROM groups WHERE run = ?1 ORDER BY group_number",

	[SQL_READ_RUN] = "SELECT " RUN_COLUMNS " FROM runs WHERE run = ?1",
	[SQL_READ_COUNTS] = "SELECT (SELECT count(*) FROM steps WHERE run = ?1), "
			    "(SELECT count(*) FROM edges WHERE run = ?1), "
			    "(SELECT count(*) FROM waves WHERE run = ?1), "
			    "(SELECT count(*) FROM groups WHERE run = ?1), "
			    "(SELECT count(*) FROM attempts WHERE run = ?1), "
			    "(SELECT count(*) FROM artifacts WHERE run = ?1), "
			    "(SELECT count(*) FROM contracts WHERE run = ?1), "
			    "(SELECT count(*) FROM checkpoints WHERE run = ?1 AND state = 'done')",
	[SQL_READ_WAVES] = "SELECT name, origin, stage, step_count, state, started_ms, ended_ms "
			   "FROM waves WHERE run = ?1 ORDER BY wave",
	[SQL_READ_GROUPS] = "SELECT name, wave, first_place, step_count, state, started_ms, "
			    "ended_ms FROM groups WHERE run = ?1 ORDER BY group_number",
	[SQL_READ_STEPS] =
		"SELECT step, place, id, state, reason, started_ms, ended_ms, wave, "
		"group_number, stage, estimate_ms, critical, fingerprint, name, command, "
		"base_id, optional "
		"FROM steps LEFT JOIN step_texts USING (run, step) WHERE run = ?1 ORDER BY step",
	[SQL_READ_EDGES] = "SELECT step, need FROM edges WHERE run = ?1 ORDER BY step, need",
	[SQL_READ_ATTEMPTS] =
		"SELECT step, number, state, failure, started_ms, ended_ms, queue_ms, "
		"exit_status, signal, cpu_ms, peak_rss_bytes, log_bytes, log_truncated, "
		"log_path, reason, containment FROM attempts WHERE run = ?1 ORDER BY step, number",
	[SQL_READ_ARTIFACTS] = "SELECT step, name, path, file_count, is_folder, size_bytes, sha256 "
			       "FROM artifacts WHERE run = ?1 ORDER BY step, name",
	[SQL_READ_CONTRACTS] = "SELECT step, attempt, passed, subject, reason, duration_ms, "
			       "sequence, was_known, error_total "
			       "FROM contracts WHERE run = ?1 ORDER BY step, sequence",
	[SQL_READ_RARE_COUNTS] = "SELECT (SELECT count(*) FROM contract_errors WHERE run = ?1), "
				 "(SELECT count(*) FROM step_results WHERE run = ?1), "
				 "(SELECT count(*) FROM gates WHERE run = ?1)",
	[SQL_READ_CONTRACT_ERRORS] =
		"SELECT step, sequence, pointer, keyword, expected, actual "
		"FROM contract_errors WHERE run = ?1 ORDER BY step, sequence, place",
	[SQL_READ_RESULTS] = "SELECT step, cache_key, tree FROM step_results WHERE run = ?1 "
			     "ORDER BY step",
	[SQL_READ_GATES] = "SELECT step, waiting_ms, opened_ms, approved_by FROM gates "
			   "WHERE run = ?1 ORDER BY sequence",
	[SQL_READ_SLOTS] = "SELECT time_ms, json_extract(json, '$.jobs'), reason, count(*) OVER () "
			   "FROM events " EVENTS_OF_RUN
			   " AND type IN ('pipeline_started', 'pipeline_resumed') ORDER BY event",
	[SQL_READ_CHECKPOINTS] =
		"SELECT " CHECKPOINT_COLUMNS
		" FROM checkpoints WHERE run = ?1 AND state = 'done' ORDER BY number",
	[SQL_READ_NOT_KEPT] = "SELECT step FROM events " EVENTS_OF_RUN
			      " AND type IN ('step_completed', 'step_failed') AND event > "
			      "(SELECT event FROM events " EVENTS_OF_RUN
			      " AND type = 'checkpoint_created' ORDER BY event DESC LIMIT 1)",
	[SQL_READ_UNPUBLISHED] =
		"SELECT " CHECKPOINT_COLUMNS " FROM checkpoints WHERE run = ?1 AND state <> 'done' "
		"AND commit_id IS NOT NULL AND number > "
		"(SELECT coalesce(max(number), -1) FROM checkpoints "
		"WHERE run = ?1 AND state = 'done') "
		"ORDER BY number DESC LIMIT 1",
	[SQL_READ_EVENTS] =
		"SELECT sequence, type, time_ms, step, wave, group_number, attempt, duration_ms, "
		"exit_status, signal, failure, delay_ms, reason, subject, json "
		"FROM events " EVENTS_OF_RUN " ORDER BY event",
	[SQL_RENAME_RUN] = "UPDATE runs SET id = ?2 WHERE run = ?1",
	[SQL_KNOWS_COMMIT] = "SELECT count(*) FROM checkpoints WHERE run = ?1 AND commit_id = ?2",
	[SQL_STATE_STEPS] =
		"SELECT step, id, state = 'done', fingerprint, started_ms, ended_ms FROM steps "
		"WHERE run = ?1 AND step IN (SELECT step FROM events WHERE event > ?1 << 32 | ?2 "
		"AND event < (?1 + 1) << 32 AND type IN ('step_completed', 'step_rolled_back')) "
		"ORDER BY step",
	[SQL_STATE_ARTIFACTS] =
		"SELECT name, path, file_count, is_folder, size_bytes, sha256 FROM artifacts "
		"WHERE run = ?1 AND step = ?2 ORDER BY name",
	[SQL_COUNT_PRESENT] = "SELECT count(*) FROM steps WHERE run = ?1 "
			      "AND (state <> 'skipped' OR wave IS NOT NULL)",
	[SQL_CHECK_EVENTS] =
		"SELECT " SEALED_EVENT_COLUMNS " FROM events " EVENTS_OF_RUN " ORDER BY event",
	[SQL_CHECK_SEALS] = "SELECT event, digest, rows FROM seals WHERE event >= ?1 << 32 "
			    "AND event < (?1 + 1) << 32 ORDER BY event",
	[SQL_CHECK_RUN] = "SELECT run, id, pipeline_name, pipeline_file, format, mode, jobs, "
			  "version, host, base_commit, branch, stage_count FROM runs "
			  "WHERE run = ?1",
	[SQL_CHECK_STEPS] =
		"SELECT step, place, id, wave, group_number, stage, fingerprint, name, command, "
		"base_id, optional FROM steps LEFT JOIN step_texts USING (run, step) "
		"WHERE run = ?1 ORDER BY step",
	[SQL_CHECK_EDGES] = "SELECT step, need FROM edges WHERE run = ?1 ORDER BY step, need",
	[SQL_CHECK_DONE] =
		"SELECT step FROM steps WHERE run = ?1 AND state = 'done' EXCEPT SELECT step FROM "
		"(SELECT step, type, max(event) FROM events " EVENTS_OF_RUN " AND type IN "
		"('step_started', 'step_completed', 'step_failed', 'step_skipped', "
		"'step_cancelled', 'step_rolled_back', 'step_expanded', 'cache_hit') "
		"GROUP BY step) WHERE type = 'step_completed' LIMIT 1",
	/* Names as JSON has them: only of plain characters are they the same for sure. */
	[SQL_CHECK_ARTIFACTS] =
		"SELECT step, name, path, file_count, size_bytes, sha256 FROM artifacts "
		"WHERE run = ?1 AND name NOT GLOB '*[^ -~]*' AND path NOT GLOB '*[^ -~]*' "
		"EXCEPT SELECT step, json_extract(json, '$.artifact.name'), "
		"json_extract(json, '$.artifact.path'), json_extract(json, '$.artifact.files'), "
		"json_extract(json, '$.artifact.size_bytes'), "
		"json_extract(json, '$.artifact.sha256') FROM events " EVENTS_OF_RUN
		" AND type = 'artifact_created' LIMIT 1",
	[SQL_CHECK_RESULTS] =
		"SELECT step, tree FROM step_results WHERE run = ?1 AND tree IS NOT NULL "
		"EXCEPT SELECT step, json_extract(json, '$.tree') FROM events " EVENTS_OF_RUN
		" AND type = 'step_completed' AND instr(json, '\"tree\":') > 0 LIMIT 1",
	[SQL_CHECK_CHECKPOINTS] =
		"SELECT number, commit_id, parent_id FROM checkpoints WHERE run = ?1 "
		"EXCEPT SELECT json_extract(json, '$.checkpoint.number'), "
		"json_extract(json, '$.checkpoint.commit'), "
		"json_extract(json, '$.checkpoint.parent') FROM events " EVENTS_OF_RUN
		" AND type IN ('checkpoint_prepared', 'checkpoint_created', "
		"'checkpoint_failed') LIMIT 1",
	[SQL_CHECK_GATES] =
		"SELECT step FROM gates WHERE run = ?1 AND opened_ms IS NOT NULL "
		"EXCEPT SELECT step FROM events " EVENTS_OF_RUN " AND type = 'gate_opened' LIMIT 1",
	[SQL_LIST_RUNS] = "SELECT " RUN_COLUMNS " FROM runs ORDER BY run DESC",
	[SQL_LIST_IDS] = "SELECT id FROM runs ORDER BY run DESC",
	[SQL_COUNT_STATES] = "SELECT state, count(*) FROM steps WHERE run = ?1 GROUP BY state",
	[SQL_COUNT_RETRIED] = "SELECT (SELECT count(DISTINCT step) FROM attempts "
			      "WHERE run = ?1 AND number > 1), "
			      "(SELECT count(cache_key) FROM step_results "
			      "JOIN steps USING (run, step) "
			      "WHERE run = ?1 AND state = 'done')",
	[SQL_READ_HISTORY] =
		"SELECT steps.id, attempts.ended_ms - attempts.started_ms, attempts.peak_rss_bytes "
		"FROM (SELECT run FROM runs WHERE pipeline_name = ?1 ORDER BY run DESC LIMIT ?2) "
		"AS recent CROSS JOIN attempts ON attempts.run = recent.run "
		"CROSS JOIN steps ON steps.run = attempts.run AND steps.step = attempts.step "
		"WHERE attempts.state = 'done' ORDER BY attempts.run DESC",
	[SQL_READ_START_REASON] =
		"SELECT reason FROM events WHERE event = ((SELECT run FROM runs WHERE id = ?1) "
		"<< 32 | 1)",
	[SQL_READ_TAKEN] =
		"SELECT steps.id, artifacts.name, artifacts.sha256 FROM edges "
		"CROSS JOIN steps ON steps.run = edges.run AND steps.step = edges.need "
		"CROSS JOIN artifacts ON artifacts.run = edges.run AND artifacts.step = edges.need "
		"WHERE edges.run = ?1 AND edges.step = ?2",
	[SQL_READ_EARLIER_FAILURES] =
		"SELECT steps.id, steps.fingerprint, recent.run, steps.step, recent.id, "
		"attempts.ended_ms, "
		"attempts.failure, attempts.reason " EARLIER_ATTEMPTS
		"WHERE attempts.state = 'failed' AND attempts.failure NOT IN "
		"('cancelled', 'resource', 'unknown') ORDER BY attempts.run DESC LIMIT ?5",
	[SQL_READ_EARLIER_DONE] =
		"SELECT steps.id, steps.fingerprint, recent.run, steps.step " EARLIER_ATTEMPTS
		"WHERE attempts.state = 'done' AND NOT EXISTS (SELECT 1 FROM step_results "
		"WHERE step_results.run = attempts.run AND step_results.step = attempts.step "
		"AND cache_key IS NOT NULL) ORDER BY attempts.run DESC LIMIT ?5",
};
static_assert(ARRAY_LENGTH(texts) == SQL_COUNT, "one text for each statement");

const char *sql_text(enum sql sql)
{
	return texts[sql];
}

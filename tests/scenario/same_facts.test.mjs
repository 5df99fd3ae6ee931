// The same number is the same everywhere: random pipelines are run, and totals, durations and the
// critical path are compared between the database, status, report.json, the page's data, the text
// timeline, the summary and JUnit. The graphs of the same runs are drawn by Mermaid itself.
import test from 'node:test';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { Workspace } from '../rig/workspace.mjs';

const RUNS = 6;
const renderer = fileURLToPath(new URL('../rig/mermaid-render.mjs', import.meta.url));

/** Numbers from a seed (mulberry32), so that a failure can be repeated. */
function random(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let value = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296;
  };
}

function randomPipeline(seed) {
  const next = random(seed);
  const count = 3 + Math.floor(next() * 12);
  /* Every third pipeline has groups, and between them steps that run alone. */
  const grouped = seed % 3 === 0;
  const lines = [`name: random ${seed}`, `execution: {jobs: ${1 + grouped + Math.floor(next() * 4)}}`, 'steps:'];
  for (let i = 0; i < count; i++) {
    const needs = Array.from({ length: i }, (_, j) => j).filter(() => next() < 0.25).map((j) => `s${j}`);
    const outcome = next();
    const script = outcome < 0.1 ? 'echo broken; exit 3' : outcome < 0.25 ? 'test $WAVETRAIN_ATTEMPT = 2' : `sleep 0.0${Math.floor(next() * 9)}`;
    const kind = next() < (outcome < 0.1 ? 0.6 : 0.1) ? ', optional: true' : next() < 0.4 ? ', cache: true' : '';
    const group = grouped && next() < 0.7 ? `group: g${Math.floor(i / 3)}, ` : '';
    lines.push(`  - {id: s${i}, ${group}needs: [${needs}]${kind}, run: '${script}', retry: {max: ${outcome < 0.25 && outcome >= 0.1 ? 1 : 0}, backoff: 10ms}}`);
  }
  return lines.join('\n') + '\n';
}

/** Time of slots in which nothing ran while a step of the stage did: counted moment by moment. */
function idleOf(stage, run) {
  const spans = run.steps.filter((step) => step.stage === stage)
    .flatMap((step) => step.attempts.map((attempt) => [Date.parse(attempt.started), Date.parse(attempt.ended)]));
  const moments = [...new Set(spans.flat())].sort((a, b) => a - b);
  return moments.slice(1).reduce((idle, end, i) => {
    const running = spans.filter(([from, to]) => from < end && to > moments[i]).length;
    return idle + (running && (run.jobs - running) * (end - moments[i]));
  }, 0);
}

/** What stands in "Idle at barriers: 1.2 s of 4.0 s with 2 jobs (wave 1 1.0 s, step s4 200 ms)". */
function barriersSaid(timeline) {
  const line = /^Idle at barriers: (.+) of .+ with \d+ jobs? \((.*?)(?:, (\d+) more)?\)$/m.exec(timeline);
  const dear = line ? line[2].split(', ').map((part) => /^(wave \d+|step \S+) (.*)$/.exec(part)) : [];
  return { sum: line?.[1], names: dear.map((part) => part[1]), idle: dear.map((part) => part[2]), more: Number(line?.[3] ?? 0) };
}

/** The same, counted from the attempts: all stages before the last one in which something ran. */
function barriersOf(run) {
  const last = Math.max(0, ...run.steps.filter((step) => step.attempts.length).map((step) => step.stage));
  const dear = Array.from({ length: last }, (_, stage) => ({ stage, idle: idleOf(stage, run) })).filter(({ idle }) => idle > 0)
    .sort((a, b) => b.idle - a.idle || a.stage - b.stage);
  const shown = dear.slice(0, 3);
  const name = ({ wave, id }) => wave === null ? `step ${id}` : `wave ${wave + 1}`;
  return { sum: dear.length ? durationText(dear.reduce((sum, { idle }) => sum + idle, 0)) : undefined,
    names: shown.map(({ stage }) => name(run.steps.find((step) => step.stage === stage))),
    idle: shown.map(({ idle }) => durationText(idle)), more: dear.length - shown.length };
}

/** A duration below an hour as people read it. */
function durationText(ms) {
  const seconds = Math.floor((ms + 500) / 1000);
  if (ms >= 59950) return `${Math.floor(seconds / 60)}m ${String(seconds % 60).padStart(2, '0')}s`;
  return ms < 1000 ? `${ms} ms` : `${(Math.floor((ms + 50) / 100) / 10).toFixed(1)} s`;
}

const island = (html, id) => JSON.parse(new RegExp(`<script type="application/json" id="${id}"[^>]*>([^<]*)</script>`).exec(html)[1]);

test('totals agree everywhere', { timeout: 300000 }, () => {
  const place = new Workspace();
  const graphs = [];
  const seen = { cached: 0, optional: 0, idle: 0, serial: 0 };
  for (let seed = 1; seed <= RUNS; seed++) {
    place.pipeline(randomPipeline(seed));
    /* The second time some steps come from the cache. */
    if (seed % 2 === 0) place.run(['run', '--report-dir', 'first']);
    const done = place.run(['run', '--report-dir', `out${seed}`]);
    assert.ok([0, 1].includes(done.status), done.stderr);
    const status = place.latest();
    const report = JSON.parse(place.read(`out${seed}/report.json`));
    assert.deepEqual(report, status, `seed ${seed}: report.json is what status says`);

    const rows = place.record(`select steps.state as state, count(*) as n from steps join runs using (run) where runs.id = '${status.id}' group by steps.state`);
    for (const row of rows) assert.equal(status.totals[row.state], row.n, `seed ${seed}: ${row.state}`);

    const count = (test) => status.steps.filter(test).length;
    const optional = count((step) => step.state === 'failed' && step.optional);
    const cached = count((step) => step.cache_key !== null);
    assert.equal(status.totals.cached, cached, `seed ${seed}: cached`);
    seen.cached += cached;
    seen.optional += optional;
    assert.equal(status.state, status.totals.failed > optional ? 'failed' : 'done', `seed ${seed}: the run's state`);
    const list = JSON.parse(place.run(['runs', '--format', 'json']).stdout).runs.find((run) => run.id === status.id);
    for (const key of ['done', 'failed', 'skipped', 'retried', 'cached', 'wall_ms']) assert.equal(list.totals[key], status.totals[key], `seed ${seed}: runs: ${key}`);

    const html = place.read(`out${seed}/report.html`);
    const page = island(html, 'run');
    const columns = island(html, 'step-data');
    assert.deepEqual([page.id, page.steps, page.wall_ms, page.peak],
      [status.id, status.totals.steps, status.totals.wall_ms, status.totals.peak_concurrency], `seed ${seed}: the page's totals`);
    assert.deepEqual(page.critical.map((step) => columns.id[step]), status.critical_path, `seed ${seed}: the page's critical path`);

    const verdict = done.stdout.split('\n').find((line) => /^(completed|failed): /.test(line));
    assert.ok(verdict, done.stdout);
    const words = verdict.replace(/^\w+: /, '');
    assert.equal(Number(/(\d+) cached/.exec(words)?.[1] ?? 0), cached, words);
    assert.equal(Number(/(\d+) (?:failed \()?optional\)/.exec(words)?.[1] ?? 0), optional, words);
    assert.equal(columns.look.split('').filter((look) => page.looks[look][0] === 'cached').length, cached, `seed ${seed}: the page's cached steps`);
    const [, row] = /\| Steps \|.*\n\|[-:|]+\n(\|.*\|)\n/.exec(place.read(`out${seed}/summary.md`));
    assert.deepEqual(row.split('|').slice(1, 6).map(Number), ['steps', 'done', 'cached', 'failed', 'skipped'].map((key) => status.totals[key]), `seed ${seed}: the summary's table`);
    assert.ok(html.includes(words.replaceAll('&', '&amp;')), `seed ${seed}: the page says "${words}"`);

    const path = status.critical_path;
    const timeline = place.read(`out${seed}/timeline.txt`);
    if (path.length && path.length <= 8) assert.ok(timeline.includes(`Critical path: ${path.join(' → ')}`), timeline);
    const sums = Object.fromEntries(status.steps.map((step) => [step.id, step.attempts.reduce((sum, attempt) => sum + attempt.duration_ms, 0)]));
    const attempts = Object.fromEntries(status.steps.flatMap((step) => step.attempts.map((attempt) => [`${step.id} ${attempt.number}`, [attempt.ended, attempt.duration_ms]])));
    const ends = place.record(`select json from events join runs using (run) where runs.id = '${status.id}'`).map((row) => JSON.parse(row.json))
      .filter((event) => /^step_(completed|failed|retried|cancelled)$/.test(event.event) && `${event.step_id} ${event.attempt}` in attempts);
    assert.deepEqual(Object.fromEntries(ends.map((event) => [`${event.step_id} ${event.attempt}`, [event.timestamp, event.duration_ms]])), attempts, `seed ${seed}: events and attempts`);
    assert.deepEqual(columns.took.map((took) => Math.max(took, 0)), columns.id.map((id) => sums[id]), `seed ${seed}: durations`);
    assert.equal(Object.values(sums).reduce((a, b) => a + b, 0), status.totals.work_ms, `seed ${seed}: work`);
    assert.equal(path.reduce((sum, id) => sum + sums[id], 0), status.totals.critical_path_ms, `seed ${seed}: critical path`);

    assert.deepEqual(status.waves.map((wave) => wave.idle_ms), status.waves.map((wave) => idleOf(wave.stage, status)), `seed ${seed}: idle slots`);
    const barriers = barriersSaid(timeline);
    assert.deepEqual(barriers, barriersOf(status), `seed ${seed}: ${timeline}`);
    seen.idle += barriers.names.length > 0;
    const cells = [...html.matchAll(/<td class="number">[^<]*<\/td><td class="number">([^<]*)<\/td><td>(?:<code|<span class="muted">)/g)].map((match) => match[1]);
    const last = Math.max(...status.steps.filter((step) => step.attempts.length).map((step) => step.stage));
    seen.serial += count((step) => step.wave === null && step.stage < last && idleOf(step.stage, status) > 0);
    assert.deepEqual(cells, status.waves.map((wave) => wave.started && wave.stage < last ? durationText(wave.idle_ms) : '–'), `seed ${seed}: the page's idle slots`);

    const junit = place.read(`out${seed}/junit.xml`);
    assert.equal(Number(/<testsuites[^>]* tests="(\d+)"/.exec(junit)[1]), status.totals.steps);
    assert.equal(Number(/<testsuites[^>]* failures="(\d+)"/.exec(junit)[1]), status.totals.failed - optional);
    assert.equal(Number(/<testsuites[^>]* skipped="(\d+)"/.exec(junit)[1]), status.totals.steps - status.totals.done - status.totals.failed + optional);
    graphs.push(join(place.path, `out${seed}/dag.mmd`));
  }
  assert.ok(seen.cached > 0 && seen.optional > 0 && seen.idle > 0 && seen.serial > 0, JSON.stringify(seen));
  const rendered = spawnSync(process.execPath, [renderer, ...graphs], { encoding: 'utf8' });
  assert.equal(rendered.status, 0, rendered.stdout + rendered.stderr);
  place.remove();
});

test('idle slots are those of the time, also after a resume with another -j', () => {
  const place = new Workspace();
  place.pipeline(`
steps:
  - {id: one, run: sleep 0.1}
  - {id: two, run: sleep 0.1}
  - {id: fragile, needs: [one, two], run: test -e mended}
  - {id: last, needs: [fragile], run: 'true'}
`);
  assert.equal(place.run(['run', '-j', '1']).status, 1);
  place.write('mended', '');
  place.commit('mend');
  const done = place.run(['resume', '-j', '8', '--report-dir', 'out']);
  assert.equal(done.status, 0, done.stdout + done.stderr);
  const report = JSON.parse(place.read('out/report.json'));
  assert.equal(report.waves[0].idle_ms, 0, 'with one job no slot was idle');
  const { attempts } = report.steps.find((step) => step.id === 'fragile');
  assert.equal(report.waves[1].idle_ms, 7 * attempts[1].duration_ms, 'one step and seven idle slots');
  const timeline = place.read('out/timeline.txt');
  if (report.waves[1].idle_ms > 0) assert.match(timeline, /^Idle at barriers: .* with 1 to 8 jobs \(wave 2 [^,]*\)$/m);
  const events = place.run(['audit', '--format', 'json']).stdout.trim().split('\n').map((line) => JSON.parse(line));
  assert.deepEqual(events.filter((event) => event.jobs).map(({ event, jobs }) => [event, jobs]), [['pipeline_started', 1], ['pipeline_resumed', 8]]);
  place.remove();
});

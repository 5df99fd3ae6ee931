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
  const lines = [`name: random ${seed}`, `execution: {jobs: ${1 + Math.floor(next() * 4)}}`, 'steps:'];
  for (let i = 0; i < count; i++) {
    const needs = Array.from({ length: i }, (_, j) => j).filter(() => next() < 0.25).map((j) => `s${j}`);
    const outcome = next();
    const script = outcome < 0.1 ? 'echo broken; exit 3' : outcome < 0.25 ? 'test $WAVETRAIN_ATTEMPT = 2' : `sleep 0.0${Math.floor(next() * 9)}`;
    const kind = next() < (outcome < 0.1 ? 0.6 : 0.1) ? ', optional: true' : next() < 0.4 ? ', cache: true' : '';
    lines.push(`  - {id: s${i}, needs: [${needs}]${kind}, run: '${script}', retry: {max: ${outcome < 0.25 && outcome >= 0.1 ? 1 : 0}, backoff: 10ms}}`);
  }
  return lines.join('\n') + '\n';
}

/** Time of slots in which nothing ran while a step of the wave did: counted moment by moment. */
function idleOf(wave, run) {
  const spans = run.steps.filter((step) => step.wave === wave.index)
    .flatMap((step) => step.attempts.map((attempt) => [Date.parse(attempt.started), Date.parse(attempt.ended)]));
  const moments = [...new Set(spans.flat())].sort((a, b) => a - b);
  return moments.slice(1).reduce((idle, end, i) => {
    const running = spans.filter(([from, to]) => from < end && to > moments[i]).length;
    return idle + (running && (run.jobs - running) * (end - moments[i]));
  }, 0);
}

const island = (html, id) => JSON.parse(new RegExp(`<script type="application/json" id="${id}"[^>]*>([^<]*)</script>`).exec(html)[1]);

test('totals agree everywhere', { timeout: 300000 }, () => {
  const place = new Workspace();
  const graphs = [];
  const seen = { cached: 0, optional: 0, idle: 0 };
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
    assert.deepEqual(columns.took.map((took) => Math.max(took, 0)), columns.id.map((id) => sums[id]), `seed ${seed}: durations`);
    assert.equal(Object.values(sums).reduce((a, b) => a + b, 0), status.totals.work_ms, `seed ${seed}: work`);
    assert.equal(path.reduce((sum, id) => sum + sums[id], 0), status.totals.critical_path_ms, `seed ${seed}: critical path`);

    assert.deepEqual(status.waves.map((wave) => wave.idle_ms), status.waves.map((wave) => idleOf(wave, status)), `seed ${seed}: idle slots`);
    const dear = status.waves.filter((wave) => wave.ended && wave.idle_ms > 0).slice(0, -1);
    seen.idle += timeline.includes('Idle at barriers: ');
    if (dear.length) assert.ok(timeline.includes('Idle at barriers: '), timeline);

    const junit = place.read(`out${seed}/junit.xml`);
    assert.equal(Number(/<testsuites[^>]* tests="(\d+)"/.exec(junit)[1]), status.totals.steps);
    assert.equal(Number(/<testsuites[^>]* failures="(\d+)"/.exec(junit)[1]), status.totals.failed - optional);
    assert.equal(Number(/<testsuites[^>]* skipped="(\d+)"/.exec(junit)[1]), status.totals.steps - status.totals.done - status.totals.failed + optional);
    graphs.push(join(place.path, `out${seed}/dag.mmd`));
  }
  assert.ok(seen.cached > 0 && seen.optional > 0 && seen.idle > 0, JSON.stringify(seen));
  const rendered = spawnSync(process.execPath, [renderer, ...graphs], { encoding: 'utf8' });
  assert.equal(rendered.status, 0, rendered.stdout + rendered.stderr);
  place.remove();
});

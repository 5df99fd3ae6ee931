// The rows. Each makes its world, lets the contenders compete, and says what is compared with what.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CommandFault, plainEnvironment } from './measure.mjs';
import { floodRow } from './flood.mjs';
import { makespanRow } from './makespan.mjs';
import { schemaRow } from './schema.mjs';
import { copyRepository, forgetRuns, git, makeFileRepository, makeFolder, makeRepository, makeText, ninjaText, pipelineText, shapes } from './worlds.mjs';

const count = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, ' ');

/** What is on record of the last run; its steps must all have been done. */
function recordedRun(bench, cwd) {
  const done = spawnSync(bench.program, ['status', '--format', 'json'], { cwd, env: plainEnvironment(), encoding: 'utf8', maxBuffer: 1 << 30 });
  if (done.status !== 0) throw new CommandFault(`wavetrain status: ${done.stderr}`);
  const run = JSON.parse(done.stdout);
  if (run.totals.done !== run.totals.steps) throw new CommandFault(`only ${run.totals.done} of ${run.totals.steps} steps are on record as done`);
  return run;
}

/** The same graph for everybody, in one folder each. */
function stepContenders(bench, needs, { at_once, label, others = [] }) {
  const { program, floor, has } = bench;
  const jobs = `-j${at_once}`;
  const at = (name) => join(bench.folder, `${label}-${name}`);
  const checked = new Set();
  const wavetrain = (name, options) => {
    makeRepository(at(name), { 'wavetrain.yml': pipelineText(needs, options) });
    return {
      name,
      command: [program, 'run', jobs, '--output-format', 'plain'],
      cwd: at(name),
      before: () => forgetRuns(at(name)),
      after: () => checked.has(name) || (recordedRun(bench, at(name)), checked.add(name)),
    };
  };
  const peers = [
    ['ninja', { 'build.ninja': ninjaText(needs) }, ['ninja', jobs]],
    ['samu', { 'build.ninja': ninjaText(needs) }, ['samu', jobs]],
    ['make', { Makefile: makeText(needs) }, ['make', '-s', jobs]],
  ].filter(([name]) => has[name]);
  return {
    ours: [wavetrain('wavetrain', {}), wavetrain('wavetrain, commit: false', { commit: false }), ...others.map(([name, options]) => wavetrain(name, options))],
    floor: { name: 'floor', command: [floor, String(needs.length), String(at_once), '/bin/true'], cwd: bench.folder },
    peers: peers.map(([name, files, command]) => {
      makeFolder(at(name), files);
      return { name, command, cwd: at(name) };
    }),
  };
}

function besideFloor(bench, work, results, bars) {
  const [first, ...others] = Object.keys(results).filter((name) => name !== 'floor');
  const add = (row) => bench.table.add(results, { work, ...row });
  for (const measure of ['cpu_ms', 'wall_ms']) {
    add({ measure, who: first, beside: 'floor', bar: bars[measure] });
    for (const name of others) add({ measure, who: name, beside: 'floor', bar: name.endsWith('frontier') ? bars[measure] : undefined });
  }
  for (const name of others.filter((other) => !other.startsWith('wavetrain'))) add({ measure: 'wall_ms', who: first, beside: name });
}

function memory(bench, work, results, bar_kib) {
  const peers = Object.keys(results).filter((name) => bench.has[name] && name !== 'xargs');
  const row = { work, measure: 'peak_kib', who: 'wavetrain', bar: bar_kib ? { value: bar_kib } : undefined };
  bench.table.add(results, { ...row, beside: peers[0] });
  for (const name of peers.slice(1)) bench.table.add(results, { ...row, beside: name, bar: undefined });
}

function xargs(bench, number) {
  const command = ['/bin/sh', '-c', `seq ${number} | xargs -n1 -P2 /bin/true`];
  return bench.has.xargs ? [{ name: 'xargs', command, cwd: bench.folder }] : [];
}

function steps(bench) {
  for (const number of bench.size.steps) {
    const work = `${count(number)} independent no-op steps, two at once`;
    const { ours, floor, peers } = stepContenders(bench, shapes.independent(number), { at_once: 2, label: `steps-${number}` });
    const results = bench.meter.compete([floor, ...ours, ...peers, ...xargs(bench, number)], bench.size);
    besideFloor(bench, work, results, number >= 10000 ? { cpu_ms: { ratio: 1.1 }, wall_ms: { ratio: 1.1 } } : {});
    memory(bench, work, results, number === 10000 ? 20 * 1024 : 0);
  }
}

function chain(bench) {
  const number = bench.size.chain;
  const work = `chain of ${count(number)} no-op steps`;
  const { ours, floor, peers } = stepContenders(bench, shapes.chain(number), { at_once: 1, label: 'chain', others: [['wavetrain, frontier', { mode: 'frontier' }]] });
  besideFloor(bench, work, bench.meter.compete([floor, ...ours, ...peers], bench.size), { wall_ms: { ratio: 1.15 } });
}

/* One round: what a run keeps in memory hardly varies. Leaves the record for the report. */
function most(bench) {
  const number = bench.size.most;
  const work = `${count(number)} independent no-op steps, two at once, once`;
  const { ours, floor, peers } = stepContenders(bench, shapes.independent(number), { at_once: 2, label: 'most' });
  const results = bench.meter.compete([floor, ours[0], ...peers, ...xargs(bench, number)], { rounds: 1 });
  besideFloor(bench, work, results, {});
  memory(bench, work, results, number === 100000 ? 120 * 1024 : 0);
  report(bench, ours[0].cwd, number, peers.find(({ name }) => name === 'ninja'));
}

/* The peer is only there to tell a slow machine from a slow report. */
function report(bench, cwd, number, ninja) {
  const folder = join(cwd, '.wavetrain', 'bench-report');
  const page = join(folder, 'report.html');
  const contender = { name: 'wavetrain report', command: [bench.program, 'report', '--report-dir', folder], cwd };
  const reader = ninja && { ...ninja, name: 'ninja -n', command: ['ninja', '-n'] };
  const results = bench.meter.compete(
    [
      { ...contender, after: (result) => (result.size_kib = existsSync(page) ? statSync(page).size / 1024 : NaN) },
      ...(reader ? [reader] : []),
    ],
    bench.size,
  );
  const bars = number === 100000 ? { wall_ms: { value: 300 }, peak_kib: { value: 64 * 1024 }, size_kib: { value: 2.5 * 1024 } } : {};
  const row = { work: `all reports of ${count(number)} steps`, who: contender.name };
  for (const measure of ['wall_ms', 'peak_kib']) bench.table.add(results, { ...row, measure, beside: reader?.name, bar: bars[measure] });
  bench.table.add(results, { ...row, work: `report.html of ${count(number)} steps`, measure: 'size_kib', bar: bars.size_kib });
}

function start(bench) {
  const folder = join(bench.folder, 'start');
  makeRepository(folder, { nothing: '' });
  const rounds = bench.size.rounds * 3;
  const version = { name: 'wavetrain version', command: [bench.program, 'version'], cwd: folder };
  const none = { name: '/bin/true', command: ['/bin/true'], cwd: folder };
  const ninja = { name: 'ninja --version', command: ['ninja', '--version'], cwd: folder };
  const results = bench.meter.compete([version, none, ...(bench.has.ninja ? [ninja] : [])], { rounds, warm: true });
  for (const measure of ['wall_ms', 'cpu_ms']) {
    const row = { work: 'start', measure, who: version.name };
    bench.table.add(results, { ...row, beside: none.name, bar: measure === 'wall_ms' ? { value: 10 } : undefined });
    if (bench.has.ninja) bench.table.add(results, { ...row, beside: ninja.name });
  }
  for (const number of bench.size.plan) plan(bench, number);
}

function plan(bench, number) {
  const folder = join(bench.folder, `plan-${number}`);
  const needs = shapes.layers(number);
  const edges = needs.reduce((sum, list) => sum + list.length, 0);
  const is_huge = number > 100000;
  /* A pipeline file may have 64 MiB: with short commands a million steps fit. */
  const text = pipelineText(needs, is_huge ? { command: '[w]' } : {});
  makeRepository(folder, { 'wavetrain.yml': text, 'build.ninja': ninjaText(needs), Makefile: makeText(needs) });
  const contenders = [{ name: 'wavetrain plan', command: [bench.program, 'plan'], cwd: folder }];
  for (const tool of ['ninja', 'samu', 'make']) if (bench.has[tool]) contenders.push({ name: `${tool} -n`, command: [tool, '-n'], cwd: folder });
  const results = bench.meter.compete(contenders, is_huge ? { rounds: 1 } : { rounds: bench.size.rounds, warm: true });
  const [ours, ...peers] = contenders.map(({ name }) => name);
  const bars = {
    wall_ms: number === 30 ? { value: 10 } : is_huge ? { value: 10000 } : { ratio: 1 },
    peak_kib: is_huge ? { value: 1536 * 1024 } : undefined,
  };
  const work = `plan of ${count(number)} steps, ${count(edges)} edges`;
  for (const measure of ['wall_ms', 'cpu_ms', 'peak_kib']) {
    for (const beside of peers) {
      const bar = beside === 'ninja -n' ? bars[measure] : undefined;
      bench.table.add(results, { work, measure, who: ours, beside, bar });
    }
  }
}

function commit(bench) {
  for (const files of bench.size.files) commitOne(bench, files);
}

/*
 * Two views of one wave's commit: what the program itself says its checkpoint took, and how much
 * longer a run takes than one that commits nothing. git commits the same change in the same
 * repository: where on the disk a copy happens to lie can triple the cost of its new files.
 */
function commitOne(bench, files) {
  const { changed } = bench.size;
  const folder = join(bench.folder, `commit-${files}`);
  const copy = `${folder}-without`;
  makeFileRepository(folder, { count: files, changed });
  copyRepository(folder, copy);
  const before = () => spawnSync('/bin/sh', ['change.sh'], { cwd: folder });
  const run = [bench.program, 'run', '--output-format', 'plain'];
  const commands = 'git add -A && git commit -q -m change';
  const synced = commands.replaceAll('git ', 'git -c core.fsync=all -c core.fsyncMethod=batch ');
  const contenders = [
    { name: 'run', command: run, cwd: folder, after: (result) => addCheckpoint(bench, folder, changed, result) },
    { name: 'git', command: ['/bin/sh', '-c', commands], cwd: folder, before },
    { name: 'run, commit: false', command: [...run, 'without-commit.yml'], cwd: copy },
    { name: 'git, synced', command: ['/bin/sh', '-c', synced], cwd: folder, before },
    { name: 'checkpoint', derive: ({ run: mine }) => ({ wall_ms: mine.checkpoint_ms }) },
    { name: 'cost of committing', derive: (taken) => subtract(taken.run, taken['run, commit: false']) },
  ];
  const results = bench.meter.compete(contenders, { rounds: bench.size.rounds, warm: true });
  const work = `commit of a wave: ${count(changed)} changed of ${count(files)} files`;
  const add = (row) => bench.table.add(results, { work, beside: 'git', ...row });
  const bar = files >= 5000 ? { ratio: 0.5 } : undefined;
  add({ measure: 'wall_ms', who: 'checkpoint', bar });
  add({ measure: 'wall_ms', who: 'cost of committing', bar });
  add({ measure: 'cpu_ms', who: 'cost of committing' });
  add({ measure: 'wall_ms', who: 'run' });
  add({ measure: 'wall_ms', who: 'run, commit: false' });
  add({ measure: 'wall_ms', who: 'checkpoint', beside: 'git, synced' });
}

function subtract(whole, part) {
  return { wall_ms: whole.wall_ms - part.wall_ms, cpu_ms: whole.cpu_ms - part.cpu_ms };
}

function addCheckpoint(bench, cwd, changed, result) {
  const [checkpoint] = recordedRun(bench, cwd).checkpoints;
  if (checkpoint?.files_changed !== changed) throw new CommandFault(`the checkpoint has ${checkpoint?.files_changed} files instead of ${changed}`);
  if (git(cwd, 'rev-parse', 'HEAD') !== checkpoint.commit) throw new CommandFault('the checkpoint is not what HEAD is');
  result.checkpoint_ms = checkpoint.duration_ms;
}

const flood = (bench) => floodRow(bench, recordedRun);

export const rows = { steps, chain, most, flood, start, commit, makespan: makespanRow, schema: schemaRow };

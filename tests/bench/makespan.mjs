// The row `makespan`: seeded graphs of 60 steps that only wait, with a long chain that stands last in
// the file, beside what no schedule can beat: the critical path, or all work divided by the slots.
// One instance is one round.
import { join } from 'node:path';
import { forgetRuns, makeRepository } from './worlds.mjs';

const steps = 60;
const chain = 8;

/* mulberry32: every machine gets the same graphs. */
function generator(seed) {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** [{needs, ms}]: any of the first steps needs up to two before it; the chain needs an early one. */
function instance(seed, scale) {
  const draw = generator(seed);
  return Array.from({ length: steps }, (_, step) => {
    const place = step - (steps - chain);
    if (place >= 0) return { ms: Math.round((400 + draw(401)) * scale), needs: [place ? step - 1 : draw(10)] };
    const needs = Array.from({ length: step && draw(3) }, () => draw(step));
    return { ms: Math.round((50 + draw(751)) * scale), needs: [...new Set(needs)] };
  });
}

/** What no schedule can be shorter than. */
function lowerBound(graph, jobs) {
  const ends = [];
  for (const { ms, needs } of graph) ends.push(ms + Math.max(0, ...needs.map((need) => ends[need])));
  return Math.max(...ends, graph.reduce((sum, { ms }) => sum + ms, 0) / jobs);
}

const seconds = (ms) => (ms / 1000).toFixed(3);

function pipeline(graph, mode) {
  const lines = graph.map(({ ms, needs }, step) => `  - {id: s${step}, run: [sleep, "${seconds(ms)}"], needs: [${needs.map((need) => `s${need}`).join(', ')}]}\n`);
  return `name: makespan\nexecution: {mode: ${mode}}\ncheckpoint: {push: never}\nsteps:\n${lines.join('')}`;
}

function ninjaFile(graph) {
  const builds = graph.map(({ ms, needs }, step) => `build out/s${step}: wait ${needs.map((need) => `out/s${need}`).join(' ')}\n  time = ${seconds(ms)}\n`);
  return `rule wait\n  command = sleep $time\n${builds.join('')}`;
}

function contenders(bench, seed, jobs) {
  const graph = instance(seed, bench.size.makespan.scale);
  const folder = (mode) => join(bench.folder, `makespan-${seed}-${jobs}-${mode}`);
  const run = (mode) => ({ command: [bench.program, 'run', `-j${jobs}`, '--output-format', 'plain'], cwd: folder(mode) });
  for (const mode of ['waves', 'frontier']) {
    makeRepository(folder(mode), { 'wavetrain.yml': pipeline(graph, mode), 'build.ninja': ninjaFile(graph) });
    forgetRuns(folder(mode));
  }
  return [
    { name: 'frontier, first run', ...run('frontier') },
    { name: 'frontier', ...run('frontier') },
    { name: 'waves, first run', ...run('waves') },
    { name: 'waves', ...run('waves') },
    ...(bench.has.ninja ? [{ name: 'ninja', command: ['ninja', `-j${jobs}`], cwd: folder('waves') }] : []),
    { name: 'lower bound', derive: () => ({ wall_ms: lowerBound(graph, jobs) }) },
  ];
}

export function makespanRow(bench) {
  for (const jobs of [4, 8]) {
    const results = {};
    for (let seed = 1; seed <= bench.size.makespan.instances; seed++) {
      const taken = bench.meter.compete(contenders(bench, seed, jobs), { rounds: 1 });
      for (const [name, [result]] of Object.entries(taken)) (results[name] ??= []).push(result);
    }
    const row = { work: `60 waiting steps, a long chain last, -j${jobs}`, measure: 'wall_ms', beside: 'lower bound' };
    for (const who of Object.keys(results).filter((name) => name !== 'lower bound'))
      bench.table.add(results, { ...row, who, bar: who === 'frontier' ? { ratio: 1.01, most: 1.05 } : undefined });
    if (bench.has.ninja) bench.table.add(results, { ...row, who: 'frontier', beside: 'ninja' });
  }
}

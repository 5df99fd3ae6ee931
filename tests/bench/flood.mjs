// The row `flood`: one step prints a GiB while seven chains of short steps go on beside it. What it costs
// the runner stands beside `cat`, which takes the same from a pipe into a file; what it costs the others
// beside the same run without it.
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { forgetRuns, makeFolder, makeRepository } from './worlds.mjs';

const chains = 7;
const block_kib = 1024;

/* Lines of a common length; one process, which reads them from memory. */
const block = `${'a line of a log as a build or a test prints it, time and again: 0123456789\n'.repeat(20000)}`.slice(0, block_kib * 1024);

function pipeline(bench, with_flood) {
  const { links } = bench.size.flood;
  const chain = (_, number) => Array.from({ length: links }, (_, link) => `  - {id: c${number}-${link}, run: [sleep, "0.05"]${link ? `, needs: [c${number}-${link - 1}]` : ''}}\n`).join('');
  const flood = with_flood ? '  - {id: flood, run: [/bin/sh, flood.sh]}\n' : '';
  return `name: flood\nexecution: {mode: frontier, jobs: 8}\ncheckpoint: {push: never, every: []}\nsteps:\n${flood}${Array.from({ length: chains }, chain).join('')}`;
}

/** From the start of the first link of any chain to the end of the last one, by the record. */
function chainsTook(bench, recorded, result) {
  const links = recorded.steps.filter(({ id }) => id !== 'flood');
  result.chains_ms = Math.max(...links.map((step) => Date.parse(step.ended))) - Math.min(...links.map((step) => Date.parse(step.started)));
}

export function floodRow(bench, recordedRun) {
  const { mebibytes } = bench.size.flood;
  const at = (name) => join(bench.folder, `flood-${name}`);
  const script = `exec cat $(yes block.txt | head -n ${(mebibytes * 1024) / block_kib})\n`;
  const files = { 'block.txt': block, 'flood.sh': script };
  const run = (name, with_flood) => {
    makeRepository(at(name), { ...files, 'wavetrain.yml': pipeline(bench, with_flood) });
    return {
      name,
      command: [bench.program, 'run', '--output-format', 'plain'],
      cwd: at(name),
      before: () => forgetRuns(at(name)),
      after: (result) => chainsTook(bench, recordedRun(bench, at(name)), result),
    };
  };
  makeFolder(at('cat'), files);
  spawnSync('mkfifo', [join(at('cat'), 'pipe')]);
  const cat = {
    name: 'cat',
    command: ['cat', 'pipe'],
    cwd: at('cat'),
    before: () => spawn('/bin/sh', ['-c', '/bin/sh flood.sh >pipe'], { cwd: at('cat'), stdio: 'ignore' }),
  };
  const results = bench.meter.compete([run('wavetrain', true), run('without the flood', false), cat], { rounds: bench.size.rounds, warm: true });
  /* What eight steps cost without it is not the flood's. */
  results['of the flood'] = results.wavetrain.map((result, round) => ({ own_cpu_ms: result.own_cpu_ms - results['without the flood'][round].own_cpu_ms }));
  const work = `a step prints ${mebibytes} MiB beside seven chains of ${bench.size.flood.links} short steps`;
  bench.table.add(results, { work, measure: 'own_cpu_ms', who: 'of the flood', beside: 'cat' });
  bench.table.add(results, { work, measure: 'chains_ms', who: 'wavetrain', beside: 'without the flood' });
  bench.table.add(results, { work, measure: 'peak_kib', who: 'wavetrain', beside: 'without the flood', bar: { value: 64 * 1024 } });
}

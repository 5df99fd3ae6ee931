// Chooses the rows, runs them and prints the table.
import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { CommandFault, Meter } from './measure.mjs';
import { Table } from './table.mjs';
import { rows } from './rows.mjs';

/* How much of everything: `--smoke` only shows that every row works. */
const sizes = {
  full: { rounds: 5, limit_s: 600, steps: [1000, 10000], chain: 5000, plan: [30, 10000, 100000, 1000000], most: 100000, flood: { mebibytes: 1024, links: 40 }, files: [5000, 50000], changed: 500, makespan: { instances: 11, scale: 1 } },
  quick: { rounds: 3, limit_s: 300, steps: [1000, 10000], chain: 5000, plan: [30, 10000, 100000], most: 10000, flood: { mebibytes: 1024, links: 40 }, files: [5000, 50000], changed: 500, makespan: { instances: 3, scale: 1 } },
  smoke: { rounds: 1, limit_s: 60, steps: [20], chain: 10, plan: [30, 100], most: 40, flood: { mebibytes: 4, links: 2 }, files: [60], changed: 6, makespan: { instances: 1, scale: 0.05 } },
};

function isThere(tool) {
  return spawnSync(tool, ['--version'], { stdio: 'ignore' }).error === undefined;
}

function fail(sentence) {
  console.error(`bench: ${sentence}`);
  process.exit(2);
}

const { values } = parseArgs({
  options: { quick: { type: 'boolean' }, smoke: { type: 'boolean' }, only: { type: 'string' } },
});
const size = sizes[values.smoke ? 'smoke' : values.quick ? 'quick' : 'full'];
const chosen = values.only?.split(',') ?? Object.keys(rows);
const unknown = chosen.find((name) => !rows[name]);
if (unknown) fail(`there is no row '${unknown}'; there are ${Object.keys(rows).join(', ')}`);

const folder = process.env.BENCH_FOLDER;
const bench = {
  folder,
  size,
  program: process.env.WAVETRAIN,
  floor: `${folder}/floor`,
  meter: new Meter({ program: `${folder}/measure`, folder, limit_s: size.limit_s }),
  table: new Table({ shows_bars: !values.smoke }),
  has: Object.fromEntries(['ninja', 'samu', 'make', 'xargs'].map((tool) => [tool, isThere(tool)])),
};

const absent = Object.keys(bench.has).filter((tool) => !bench.has[tool]);
if (absent.length) bench.table.note(`not installed, so left out: ${absent.join(', ')}`);
bench.table.note(`${cpus().length} processors; median of ${size.rounds} round${size.rounds === 1 ? '' : 's'}, contenders in turn within each round`);

let faults = 0;
for (const name of chosen) {
  console.error(`bench: ${name}`);
  try {
    rows[name](bench);
  } catch (fault) {
    if (!(fault instanceof CommandFault)) throw fault;
    faults++;
    bench.table.note(`${name} is incomplete: ${fault.message.replaceAll('\n', '; ')}`);
  }
}
console.log(bench.table.toString());
process.exit(faults || !bench.table.size ? 1 : 0);

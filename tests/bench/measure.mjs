// Runs contenders in turn, round after round, and compares what they took within each round: what
// else the machine does meets all of them alike.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Nothing of a CI job, of anybody's git settings or of make's jobserver reaches what is measured. */
export function plainEnvironment(extra = {}) {
  const kept = Object.entries(process.env).filter(([name]) => !/^(GITHUB_|RUNNER_|INPUT_|GIT_|WAVETRAIN|CI$|NODE_|MAKE|MFLAGS|NINJA)/.test(name));
  return {
    ...Object.fromEntries(kept),
    LANG: 'C.UTF-8',
    NO_COLOR: '1',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_AUTHOR_NAME: 'Bench',
    GIT_AUTHOR_EMAIL: 'bench@example.invalid',
    GIT_COMMITTER_NAME: 'Bench',
    GIT_COMMITTER_EMAIL: 'bench@example.invalid',
    ...extra,
  };
}

export class CommandFault extends Error {}

export class Meter {
  constructor({ program, folder, limit_s }) {
    this.program = program;
    this.output = join(folder, 'output.txt');
    this.limit_s = limit_s;
  }

  /** One run of one command. It must exit with 0. */
  run({ command, cwd, env }) {
    const done = spawnSync(this.program, [String(this.limit_s), this.output, ...command], { cwd, env: plainEnvironment(env), encoding: 'utf8' });
    const line = command.join(' ').slice(0, 200);
    if (done.status !== 0) throw new CommandFault(`${line}: ${done.stderr || done.error}`);
    const result = JSON.parse(done.stdout);
    if (result.timed_out) throw new CommandFault(`${line}: not finished after ${this.limit_s} s`);
    if (result.status !== 0) {
      const tail = readFileSync(this.output, 'utf8').trimEnd().split('\n').slice(-8).join('\n');
      throw new CommandFault(`${line}: exit status ${result.status}, signal ${result.signal}\n${tail}`);
    }
    return result;
  }

  /**
   * contenders: [{name, command, cwd, env, before(round), after(result, round)}] or, computed from
   * the others of its round, {name, derive(taken)}. Gives {name: [result of each round]}.
   */
  compete(contenders, { rounds, warm = false }) {
    const results = Object.fromEntries(contenders.map(({ name }) => [name, []]));
    for (let round = warm ? -1 : 0; round < rounds; round++) {
      const taken = {};
      for (const contender of contenders) {
        if (contender.derive) {
          taken[contender.name] = contender.derive(taken);
          continue;
        }
        contender.before?.(round);
        taken[contender.name] = this.run(contender);
        contender.after?.(taken[contender.name], round);
      }
      if (round >= 0) for (const [name, result] of Object.entries(taken)) results[name].push(result);
    }
    return results;
  }
}

export function median(numbers) {
  const sorted = [...numbers].sort((left, right) => left - right);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The ratios of who to beside, pair by pair: {median, least, most}. */
export function ratio(results, who, beside, measure) {
  const ratios = results[who].map((result, round) => result[measure] / results[beside][round][measure]);
  return { median: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios) };
}

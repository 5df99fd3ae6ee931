// What the contenders work on: the same graph as a pipeline, a ninja file and a makefile, and
// repositories of many small files.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { plainEnvironment } from './measure.mjs';

const noOp = '/bin/true';

/** The needs of each step, as indexes of earlier ones. */
export const shapes = {
  independent: (count) => Array.from({ length: count }, () => []),
  chain: (count) => Array.from({ length: count }, (_, step) => (step ? [step - 1] : [])),
  /** Layers of up to a thousand steps; each step needs three of the layer before. */
  layers: (count) => {
    const width = Math.min(1000, Math.max(3, Math.floor(count / 10)));
    return Array.from({ length: count }, (_, step) => {
      const before = Math.floor(step / width) * width - width;
      if (before < 0) return [];
      return [0, 1, 2].map((third) => before + ((step + third * Math.floor(width / 3)) % width));
    });
  },
};

const name = (step) => `s${step}`;

/** command: a YAML value of `run`. */
export function pipelineText(needs, { commit = true, command = `[${noOp}]`, mode = 'waves' } = {}) {
  const steps = needs.map((list, step) => `  - {id: ${name(step)}, run: ${command}${list.length ? `, needs: [${list.map(name).join(', ')}]` : ''}}\n`);
  return `name: bench\nexecution: {mode: ${mode}}\ncheckpoint: {commit: ${commit}, push: never}\nsteps:\n${steps.join('')}`;
}

/* No output is ever made, so that every command runs every time. */
export function ninjaText(needs) {
  const builds = needs.map((list, step) => `build out/${name(step)}: no_op${list.length ? ` ${list.map((need) => `out/${name(need)}`).join(' ')}` : ''}\n`);
  return `rule no_op\n  command = ${noOp}\n${builds.join('')}`;
}

export function makeText(needs) {
  const rules = needs.map((list, step) => `${name(step)}:${list.map((need) => ` ${name(need)}`).join('')}; @${noOp}\n`);
  return `all: ${needs.map((_, step) => name(step)).join(' ')}\n.PHONY: all ${needs.map((_, step) => name(step)).join(' ')}\n${rules.join('')}`;
}

export function git(cwd, ...words) {
  const done = spawnSync('git', words, { cwd, env: plainEnvironment(), encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`git ${words.join(' ')}: ${done.stderr}`);
  return done.stdout.trimEnd();
}

function commitAll(folder) {
  git(folder, 'init', '-q', '-b', 'main');
  /* A collection that sets in during one of the rounds would be measured as part of it. */
  git(folder, 'config', 'gc.auto', '0');
  git(folder, 'config', 'user.name', 'Bench');
  git(folder, 'config', 'user.email', 'bench@example.invalid');
  git(folder, 'add', '-A');
  git(folder, 'commit', '-q', '-m', 'bench');
}

/** A repository with these files: {name: text}. */
export function makeRepository(folder, files) {
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  commitAll(folder);
}

export function makeFolder(folder, files) {
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
}

/** Forgets all earlier runs. */
export function forgetRuns(folder) {
  rmSync(join(folder, '.wavetrain'), { recursive: true, force: true });
}

/*
 * count files of about 2 KiB, a hundred a folder, of which a step changes every (count / changed)th
 * by a line that differs each time. Pipelines and script are part of the tree, so that all copies
 * are the same.
 */
export function makeFileRepository(folder, { count, changed }) {
  const every = Math.floor(count / changed);
  const chosen = [];
  mkdirSync(folder, { recursive: true });
  for (let file = 0; file < count; file++) {
    const place = `data/${Math.floor(file / 1000)}/${Math.floor(file / 100) % 10}`;
    if (file % 100 === 0) mkdirSync(join(folder, place), { recursive: true });
    const path = `${place}/file-${file}.txt`;
    writeFileSync(join(folder, path), `file ${file}\n`.repeat(170));
    if (file % every === 0 && chosen.length < changed) chosen.push(path);
  }
  const pipeline = (commit) => `name: bench\ncheckpoint: {commit: ${commit}, push: never}\nsteps:\n  - {id: change, run: [/bin/sh, change.sh]}\n`;
  makeFolder(folder, {
    changed: `${chosen.join('\n')}\n`,
    'change.sh': 'stamp=$(date +%s%N)\nwhile read -r file; do\n  echo "$stamp" >>"$file"\ndone <changed\n',
    'wavetrain.yml': pipeline(true),
    'without-commit.yml': pipeline(false),
  });
  commitAll(folder);
  git(folder, 'repack', '-a', '-d', '-q');
}

/** A copy with an index that knows the copied files, so that nobody has to read them again. */
export function copyRepository(from, to) {
  cpSync(from, to, { recursive: true, preserveTimestamps: true });
  git(to, 'status', '--short');
}

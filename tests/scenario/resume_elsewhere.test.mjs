// A run is killed, its record is carried to another clone that stands where the run began, as a CI
// re-run does, and continued there: nothing is done twice, nothing that was done is lost.
import test from 'node:test';
import assert from 'node:assert/strict';
import { cpSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { cleanEnvironment, until, withWorkspace } from '../rig/workspace.mjs';

const pipeline = (checkpoint) => `${checkpoint}
steps:
  - {id: first, run: 'echo x >> ../first.log; echo 1 > first.txt; echo changed > kept.txt; rm gone.txt'}
  - {id: held, needs: [first], run: 'test -e ../go || { touch ../held; sleep 100; }; test ! -e gone.txt; cat first.txt kept.txt > second.txt'}
`;

const run = (cwd, program, ...words) => {
  const done = spawnSync(program, words, { cwd, env: cleanEnvironment(), encoding: 'utf8' });
  assert.equal(done.status, 0, `${program} ${words.join(' ')}: ${done.stderr}`);
  return done.stdout.trimEnd();
};

/** Runs until the second wave is at work, ends it with kill -9, and moves the clone aside. */
async function killAfterFirstWave(place, checkpoint = '') {
  place.write('kept.txt', 'original\n');
  place.write('gone.txt', 'to be removed\n');
  place.pipeline(pipeline(checkpoint));
  const start = place.git('rev-parse', 'HEAD');
  const child = place.start(['run']);
  await until(() => existsSync(join(place.root, 'held')), 'the second step');
  child.kill('SIGKILL');
  await child.ended;
  writeFileSync(join(place.root, 'go'), '');
  const reference = place.git('for-each-ref', '--format=%(refname)', 'refs/wavetrain');
  const origin = join(place.root, 'origin');
  renameSync(place.path, origin);
  return { start, origin, reference, commit: run(origin, 'git', 'rev-parse', reference) };
}

/** Another clone at the same path, with the record in it. */
function carry(place, origin, ...words) {
  run(place.root, 'git', 'clone', '-q', ...words, `file://${origin}`, place.path);
  cpSync(join(origin, '.wavetrain'), join(place.path, '.wavetrain'), { recursive: true });
  place.git('config', 'user.name', 'Tester');
  place.git('config', 'user.email', 'tester@example.invalid');
}

function resume(place) {
  const resumed = place.run(['resume']);
  assert.equal(resumed.status, 0, resumed.stdout + resumed.stderr);
  assert.equal(readFileSync(join(place.root, 'first.log'), 'utf8'), 'x\n', 'the first step ran once');
  assert.equal(place.read('second.txt'), '1\nchanged\n');
  assert.equal(place.exists('gone.txt'), false);
  place.git('fsck', '--strict', '--no-dangling');
  return resumed;
}

function refuse(place, ...patterns) {
  const state = () => [place.git('rev-parse', 'HEAD'), place.git('for-each-ref'), place.git('status', '--porcelain', '--ignored')].join('\n');
  const before = state();
  const refused = place.run(['resume']);
  assert.equal(refused.status, 4, refused.stdout + refused.stderr);
  for (const pattern of patterns) assert.match(refused.stderr, pattern);
  assert.doesNotMatch(refused.stderr, /object not found/);
  assert.equal(state(), before, 'a refusal leaves everything as it was');
  return refused;
}

test('at the original commit: the branch and the files follow the record, and the run goes on', withWorkspace({}, async (place) => {
  const { start, origin, commit } = await killAfterFirstWave(place);
  carry(place, origin);
  place.git('reset', '-q', '--hard', start);
  const resumed = resume(place);
  assert.match(resumed.stderr, new RegExp(`3 files of the run's finished steps.*${commit.slice(0, 12)}`));
  assert.deepEqual(place.git('log', '--reverse', '--format=%s').split('\n'), ['pipeline', 'wavetrain: wave complete (first)', 'wavetrain: wave complete (held)']);
  assert.equal(place.git('rev-parse', 'HEAD~1'), commit);
  assert.equal(place.git('status', '--porcelain'), '');
  assert.match(place.run(['resume']).stderr, /complete: nothing to do/);
}));

test('in a clone of depth 1 that lacks the commits: refused with the command, which then helps', withWorkspace({}, async (place) => {
  const { start, origin } = await killAfterFirstWave(place);
  run(origin, 'git', 'branch', 'before', start);
  carry(place, origin, '--depth', '1', '-b', 'before');
  place.git('checkout', '-q', '-B', 'main');
  const refused = refuse(place, /is not in this clone/, /git fetch --unshallow origin main/);
  run(place.path, ...refused.stderr.match(/`(git fetch [^`]*)`/)[1].split(' '));
  resume(place);
  assert.equal(place.git('status', '--porcelain'), '');
}));

test('in a clone of depth 1 at the pushed tip nothing has to be fetched', withWorkspace({}, async (place) => {
  const { origin } = await killAfterFirstWave(place);
  carry(place, origin, '--depth', '1');
  resume(place);
  assert.equal(place.git('rev-parse', '--is-shallow-repository'), 'true');
}));

test('a local change in the way is named and kept; other local files are no hindrance', withWorkspace({}, async (place) => {
  const { start, origin } = await killAfterFirstWave(place);
  carry(place, origin);
  place.git('reset', '-q', '--hard', start);
  place.write('kept.txt', 'mine\n');
  place.write('first.txt', 'mine too\n');
  place.write('notes.txt', 'never tracked\n');
  refuse(place, /local changes stand in the way.*first\.txt, kept\.txt/, /work-tree-dirty/);
  assert.equal(place.read('kept.txt'), 'mine\n');
  assert.equal(place.read('first.txt'), 'mine too\n');
  place.git('checkout', '-q', 'kept.txt');
  renameSync(join(place.path, 'first.txt'), join(place.root, 'saved.txt'));
  resume(place);
  assert.equal(place.git('status', '--porcelain'), '?? notes.txt', 'what is the user\'s is not committed');
}));

test('commits on no branch: the files come from the run\'s reference once it is fetched', withWorkspace({}, async (place) => {
  const { origin, start, reference } = await killAfterFirstWave(place, 'checkpoint: {branch: none}');
  carry(place, origin);
  refuse(place, /is not in this clone/, new RegExp(`git fetch FOLDER ${reference}`));
  place.git('fetch', '-q', origin, reference);
  place.write('first.txt', 'mine\n');
  refuse(place, /stand in the way.*first\.txt/);
  renameSync(join(place.path, 'first.txt'), join(place.root, 'saved.txt'));
  resume(place);
  assert.equal(place.git('rev-parse', 'HEAD'), start);
  assert.deepEqual(place.git('ls-tree', '--name-only', reference).split('\n'), ['first.txt', 'kept.txt', 'second.txt', 'wavetrain.yml']);
}));

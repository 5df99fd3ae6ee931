// What goes wrong around a run: readers that stop, descriptors that are closed, folders that are
// somebody else's, parameters that change between a run and its resumption.
import test from 'node:test';
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cleanEnvironment, program, until, withWorkspace } from '../rig/workspace.mjs';

test('a record carried to a clone elsewhere is resumed there, not where it came from', withWorkspace({}, (place) => {
  place.pipeline("steps:\n  - {id: a, run: 'echo a > a.txt'}\n  - {id: b, needs: [a], run: 'test -e ../go; pwd > where.txt'}\n");
  assert.equal(place.run(['run']).status, 1);
  const clone = join(place.root, 'elsewhere', 'clone');
  place.git('clone', '-q', place.path, clone);
  cpSync(join(place.path, '.wavetrain'), join(clone, '.wavetrain'), { recursive: true });
  writeFileSync(join(place.root, 'elsewhere', 'go'), '');
  const resumed = place.run(['resume'], { cwd: clone });
  assert.equal(resumed.status, 0, resumed.stdout + resumed.stderr);
  assert.equal(readFileSync(join(clone, 'where.txt'), 'utf8').trim(), clone);
  assert.equal(place.exists('where.txt'), false);
}));

test('parameters: the run\'s own stay, what is given on resume replaces them and stays too', withWorkspace({}, (place) => {
  place.pipeline(`
params: {x: {required: true}, who: nobody}
steps:
  - {id: a, run: 'echo "$PARAM_X $PARAM_WHO" > a.txt'}
  - {id: b, needs: [a], run: 'test -e ../go'}
`);
  assert.equal(place.run(['run', '-p', 'x=1', '-p', 'who=one']).status, 1);
  assert.equal(place.run(['run', '--resume', '-p', 'who=two']).status, 1);
  assert.equal(place.read('a.txt'), '1 two\n');
  writeFileSync(join(place.root, 'go'), '');
  assert.equal(place.run(['resume']).status, 0);
  assert.equal(place.read('a.txt'), '1 two\n');
}));

/** A run whose output nobody reads: its last line waits, and the next step is held. */
async function runUnread(place, reader, before = '') {
  place.pipeline("steps:\n  - {id: loud, run: 'head -c 300000 /dev/zero | tr \"\\\\0\" \"x\" | fold -w 80'}\n  - {id: held, run: 'touch ../started; while ! test -e ../go; do sleep 0.05; done'}\n");
  // The shell names the runner's process, and ends when the reader has.
  const script = `sh -c '${before} echo $$ > ../runner; exec "$0" run --output-format github' "$0" | ${reader} & wait`;
  const child = spawn('sh', ['-c', script, program], { cwd: place.path, env: cleanEnvironment(), stdio: 'ignore', detached: true });
  await until(() => existsSync(join(place.root, 'started')), 'the step');
  await until(() => place.record("select state from steps where id = 'loud'")[0]?.state === 'done', 'the loud step');
  const runner = Number(readFileSync(join(place.root, 'runner'), 'utf8'));
  const status = () => {
    try {
      return readFileSync(`/proc/${runner}/status`, 'utf8');
    } catch {
      return '';
    }
  };
  return { child, runner, status, isOver: () => !/^State:\s+[^ZX\s]/m.test(status()) };
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  test(`a reader that stops reading does not keep ${signal} from stopping the run`, withWorkspace({}, async (place) => {
    const { child, runner, isOver } = await runUnread(place, 'sleep 100');
    try {
      process.kill(runner, signal);
      await until(isOver, 'the runner to end', 30000);
      assert.equal(place.latest().state, 'interrupted');
    } finally {
      process.kill(-child.pid, 'SIGKILL');
    }
  }));
}

test('with nohup a hang-up takes nothing from what is printed', withWorkspace({}, async (place) => {
  const { child, runner, status, isOver } = await runUnread(place, '{ while ! test -e ../read; do sleep 0.05; done; cat > ../printed; }', 'trap "" HUP;');
  try {
    process.kill(runner, 'SIGHUP');
    for (const [, mask] of status().matchAll(/^(?:Sig|Shd)Pnd:\s+(\S+)/gm)) assert.equal(BigInt(`0x${mask}`) & 1n, 0n, 'it waits for nobody');
    writeFileSync(join(place.root, 'read'), '');
    writeFileSync(join(place.root, 'go'), '');
    await until(isOver, 'the runner to end', 30000);
    await new Promise((resolve) => (child.exitCode === null ? child.on('exit', resolve) : resolve()));
    assert.equal(place.latest().state, 'done');
    assert.equal(readFileSync(join(place.root, 'printed'), 'utf8').match(/x{80}$/gm).length, 3750);
  } finally {
    if (child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
  }
}));

test('closed standard descriptors: nothing of the console lands in our files', withWorkspace({}, (place) => {
  place.pipeline("steps: [{id: a, run: 'echo said; echo a > a.txt'}]\n");
  for (const closed of ['>&-', '<&-', '2>&-', '<&- >&- 2>&-']) {
    const done = spawnSync('sh', ['-c', `"$0" run ${closed}`, program], { cwd: place.path, env: cleanEnvironment(), encoding: 'utf8' });
    assert.equal(done.status, 0, `${closed}: ${done.stderr}`);
    assert.doesNotMatch(readFileSync(join(place.path, '.wavetrain/lock'), 'utf8'), /wave 1|✓/, closed);
  }
  place.git('fsck', '--strict');
}));

test('a report folder that is somebody else\'s is not hidden from git whole', withWorkspace({}, (place) => {
  place.write('out/kept.txt', 'kept\n');
  place.pipeline("steps: [{id: a, run: 'echo a > out/made.txt'}]\n");
  assert.equal(place.run(['run', '--report-dir', 'out']).status, 0);
  place.write('out/later.txt', 'later\n');
  assert.equal(place.git('status', '--porcelain'), '?? out/later.txt');
  assert.equal(place.run(['run', '--report-dir', 'fresh']).status, 0);
  assert.equal(place.git('status', '--porcelain', 'fresh'), '');
}));

test('a refusal before the run is on record promises no resume and leaves nothing behind', withWorkspace({}, (place) => {
  const nothing = place.run(['run']);
  assert.equal(nothing.status, 3);
  assert.equal(place.exists('.wavetrain'), false);
  place.write('a.txt', 'committed\n');
  place.pipeline("checkpoint: {branch: current}\nsteps: [{id: a, run: 'true'}]\n");
  place.write('a.txt', 'dirty\n');
  const refused = place.run(['run']);
  assert.equal(refused.status, 4);
  assert.doesNotMatch(refused.stderr, /wavetrain resume/);
}));

test('two inputs of one name are refused before anything runs', withWorkspace({}, (place) => {
  place.pipeline("steps:\n  - {id: o1, run: 'true', outputs: {x: a.txt}}\n  - {id: o2, run: 'true', outputs: {x: b.txt}}\n  - {id: join, inputs: [o1.x, o2.x], run: 'true'}\n");
  const done = place.run(['run']);
  assert.equal(done.status, 3);
  assert.match(done.stderr, /4:\d+: error: the inputs 'o1\.x' and 'o2\.x' would both be \$WAVETRAIN_INPUT\/x/);
}));

test('the run that is stopped by a closed reader goes on without it', withWorkspace({}, (place) => {
  place.pipeline("steps:\n  - {id: a, run: 'echo a > a.txt'}\n  - {id: b, needs: [a], run: 'echo b > b.txt'}\n");
  const done = spawnSync('sh', ['-c', '"$0" run | head -n 1; true', program], { cwd: place.path, env: cleanEnvironment(), encoding: 'utf8' });
  assert.match(done.stdout, /2 steps/);
  assert.equal(place.latest().state, 'done');
  rmSync(join(place.path, 'b.txt'));
}));

// `isolation: require`: a step is held in full, or it does not start and that is said.
import test from 'node:test';
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { cleanEnvironment, program, until, withWorkspace } from '../rig/workspace.mjs';
import { inWorld, isAlive, mountPoints, read, run, worlds } from '../rig/held_worlds.mjs';

/** Found out without the program: can a process namespace be made there? */
function hasNamespace(world) {
  const isRoot = inWorld(world, 'id', '-u').stdout === '0\n';
  return inWorld(world, 'unshare', ...(isRoot ? [] : ['-U', '-r']), '-p', '-m', '-f', 'true').status === 0;
}

/** What is missing there to hold a step in full; '': nothing. */
function lackOf(world) {
  if (world.landlock < 3) return 'Landlock';
  return world.cgroup || hasNamespace(world) ? '' : 'cgroup.*namespace';
}

const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
/** As in containers, where no other /proc can be mounted: the kernel wants the one that is there to be whole. */
const covering = ['unshare', '-m', 'sh', '-c', 'mount -t tmpfs none /proc/fs && exec "$@"', 'sh'];
const ordinary = (world, name, words) => ({ ...world, name: `${world.name}, as an ordinary user${name}`, words: [...world.words, ...words, ...nobody], user: 65534 });
const bare = worlds.filter((world) => !world.cgroup);
const ordinaries = process.getuid() === 0 ? bare.flatMap((world) => [ordinary(world, '', []), ordinary(world, ' with a covered /proc', covering)]) : [];
const all = [...worlds, ...ordinaries.filter((world) => inWorld(world, program, '--version').status === 0)];

/** The folder becomes that of the world's user, who has a home there. */
function hand(place, world) {
  if (world.user) assert.equal(spawnSync('chown', ['-R', `${world.user}:${world.user}`, place.root]).status, 0);
  return { HOME: place.root };
}

for (const world of all) {
  test(`isolation: require holds whatever the workspace, or nothing starts, ${world.name}`, withWorkspace({}, (place) => {
    place.pipeline(`
steps:
  - {id: first, run: 'echo first > first.txt'}
  - {id: strict, isolation: require, needs: [first], run: 'echo in > in.txt; ! echo x > ../out.txt'}
`);
    const env = hand(place, world);
    const lack = lackOf(world);
    const done = run(place, world, ['run'], env);
    if (!lack) {
      assert.equal(done.status, 0, done.stdout + done.stderr);
      const { steps } = JSON.parse(run(place, world, ['status', '--format', 'json'], env).stdout);
      assert.deepEqual(steps.find((step) => step.id === 'strict').attempts[0].containment, ['session', world.cgroup ? 'cgroup' : 'namespace', 'landlock']);
      assert.equal(place.read('in.txt'), 'in\n');
    } else {
      assert.equal(done.status, 4, done.stdout + done.stderr);
      assert.match(done.stderr, new RegExp(`step 'strict' has 'isolation: require': .*${lack}`));
      assert.match(done.stderr, /systemd-run.*isolation: auto/);
      assert.ok(!place.exists('first.txt'), 'said before anything runs');
    }
    assert.ok(!existsSync(join(place.root, 'out.txt')));
  }));
}

// --- isolation: require where no cgroup can be had ---

const able = all.filter((world) => !world.cgroup && !lackOf(world));
test('a system without cgroups has namespaces', { skip: able.length > 0 ? false : 'neither a namespace nor a way to hide the cgroups here' }, () => {});

/** The processes, of anybody, that are `sleep SECONDS`. */
const sleepers = (seconds) => readdirSync('/proc').filter((id) => {
  try {
    return readFileSync(`/proc/${id}/cmdline`, 'utf8') === `sleep\0${seconds}\0` && isAlive(id);
  } catch {
    return false;
  }
});
const uniqueSeconds = () => 1000000 + Math.floor(Math.random() * 1e9);
const escapee = (seconds) => `(setsid env -i sh -c 'echo x > kept; exec sleep ${seconds}' > /dev/null 2>&1 < /dev/null &); until test -e kept; do sleep 0.01; done`;

/** What a step may do to end; each is run held and not held. */
const endings = {
  fine: "run: 'echo out; echo err >&2'",
  three: "run: 'exit 3'",
  unknown: "run: 'true; nonesuch'",
  missing: 'run: [./nonesuch]',
  plain: 'run: [./wavetrain.yml]',
  script: 'run: [./without-magic, a b, c]',
  aborts: "run: 'kill -ABRT $$'",
  killed: "run: 'kill -KILL $$'",
  group: "run: 'kill -KILL 0'",
  trapped: `{timeout: 2s, grace: 1000s, run: 'trap "echo bye; exit 7" TERM; while :; do :; done'}`,
  deaf: `{timeout: 2s, grace: 10ms, run: 'trap "" TERM; exec sleep 1000'}`,
  hangs: "{stall: 1s, run: 'exec sleep 1000'}",
  outputs: `{outputs: [made], run: 'echo made > "$WAVETRAIN_OUTPUT/made.txt"; echo summed > "$WAVETRAIN_SUMMARY"', contract: {type: command, run: 'test -s "$WAVETRAIN_OUTPUT/made.txt"'}}`,
  who: `run: 'id -u; id -g; umask; pwd; ulimit -n; test -O wavetrain.yml && cat < /dev/null'`,
};

for (const world of able) {
  test(`a step in a namespace ends as it would without, ${world.name}`, withWorkspace({}, (place) => {
    const steps = ['require', 'none'].flatMap((isolation) => Object.entries(endings).map(([id, text]) =>
      `  - {id: ${id}-${isolation}, isolation: ${isolation}, optional: true, ${text.replace(/^\{|\}$/g, '')}}`.replaceAll('made', `made-${isolation}`)));
    place.write('without-magic', 'echo "$#:$1:$2"\n', 0o755);
    place.pipeline(`\nsteps:\n${steps.join('\n')}\n`);
    const env = hand(place, world);
    const done = run(place, world, ['run', '-j', '4'], env);
    assert.equal(done.status, 0, done.stdout + done.stderr);
    const latest = JSON.parse(run(place, world, ['status', '--format', 'json'], env).stdout);
    const folder = join(place.path, '.wavetrain/runs', latest.id, 'log');
    const seen = (name) => {
      const { state, failure, exit_status: status, signal, reason, containment } = latest.steps.find((step) => step.id === name).attempts[0];
      // What is said of writes beside it is for the one that is held.
      return { end: { state, failure, status, signal, reason: reason?.replace(/; it can write only in .*/, ''), log: read(join(folder, `${name}.1.log`)) }, containment };
    };
    for (const id of Object.keys(endings)) {
      const [held, free] = [seen(`${id}-require`), seen(`${id}-none`)];
      assert.deepEqual(held.end, free.end, id);
      if (held.containment.length) assert.deepEqual(held.containment, ['session', 'namespace', 'landlock'], id);
    }
    assert.equal(seen('trapped-require').end.log, 'bye\n');
    assert.deepEqual(seen('fine-require').containment, ['session', 'namespace', 'landlock']);
  }));

  test(`what has left session and environment ends with its step in a namespace, ${world.name}`, withWorkspace({}, (place) => {
    const seconds = uniqueSeconds();
    place.pipeline(`
execution: {mode: frontier}
steps:
  - {id: leaves, isolation: require, run: '${escapee(seconds).replaceAll("'", "''")}'}
  - {id: beside, run: 'until test -e over; do sleep 0.01; done'}
  - {id: looks, needs: [leaves], run: 'touch over; for file in /proc/[0-9]*/cmdline; do case "$(tr "\\0" " " 2> /dev/null < "$file")" in "sleep ${seconds} ") exit 9 ;; esac; done'}
`);
    const env = hand(place, world);
    const done = run(place, world, ['run', '-j', '2'], env);
    assert.equal(done.status, 0, done.stdout + done.stderr);
    assert.match(read(join(place.path, '.wavetrain/runs', readdirSync(join(place.path, '.wavetrain/runs'))[0], 'log/leaves.1.log')), /processes that the step left behind are being ended/);
    assert.deepEqual(sleepers(seconds), []);
  }));

  test(`nothing of a step in a namespace outlives a runner that is killed, ${world.name}`, withWorkspace({}, async (place) => {
    const seconds = uniqueSeconds();
    place.pipeline(`
steps: [{id: leaves, isolation: require, run: '${escapee(seconds).replaceAll("'", "''")}; sleep ${seconds}'}]
`);
    const env = hand(place, world);
    const words = [...world.words, program, 'run'];
    const child = spawn(words[0], words.slice(1), { cwd: place.path, env: cleanEnvironment(env), stdio: 'ignore' });
    const ended = new Promise((resolve) => child.on('close', resolve));
    await until(() => sleepers(seconds).length === 2 || child.exitCode !== null, 'the step to start');
    assert.equal(child.exitCode, null);
    process.kill(child.pid, 'SIGKILL');
    await ended;
    await until(() => !sleepers(seconds).length, 'the kernel to end them');
  }));
}

test('isolation: require says why no namespace can be made', withWorkspace({}, (place, context) => {
  place.pipeline(`
steps: [{id: strict, isolation: require, run: 'touch ran'}]
`);
  // The limits of a user namespace of its own: nobody else's change.
  const limit = 'for kind in user pid mnt; do echo 0 > "/proc/sys/user/max_${kind}_namespaces" || exit 77; done; exec "$@"';
  const cover = mountPoints.map((point) => `mount -t tmpfs none '${point}' || exit 77; `).join('');
  const words = ['unshare', '-U', '-r', '-m', 'sh', '-c', cover + limit, 'sh'];
  if (spawnSync(words[0], [...words.slice(1), 'true']).status !== 0) return void context.skip('no user namespace can be made here');
  const done = run(place, { words }, ['run']);
  assert.equal(done.status, 4, done.stdout + done.stderr);
  assert.match(done.stderr, /step 'strict' has 'isolation: require': .*(max_user_namespaces|Landlock)/);
  assert.match(done.stderr, /systemd-run.*isolation: auto/);
  assert.ok(!place.exists('ran'));
}));

// The systems that containment is tested on: this one, and the same one made weaker, as containers and
// older kernels are. What each has is found out without the program.
import test from 'node:test';
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { build, cleanEnvironment, program } from './workspace.mjs';

export const read = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : '');
export const mountPoints = read('/proc/self/mountinfo').split('\n').filter((line) => line.includes(' - cgroup2 ')).map((line) => line.split(' ')[4]);
export const isAlive = (id) => existsSync(`/proc/${id}`) && !/^State:\s+[ZX]/m.test(read(`/proc/${id}/status`));
export const heldOf = (place, id) => place.latest().steps.find((step) => step.id === id).attempts.at(-1).containment;

/** Runs wavetrain in a world, to its end. */
export function run(place, world, words, env = {}) {
  const all = [...world.words, program, ...words];
  const done = spawnSync(all[0], all.slice(1), { cwd: place.path, env: cleanEnvironment(env), encoding: 'utf8', timeout: 60000 });
  assert.equal(done.error, undefined, String(done.error));
  return done;
}

export function inWorld(world, ...words) {
  const all = [...world.words, ...words];
  return spawnSync(all[0], all.slice(1), { encoding: 'utf8' });
}

/** Can a cgroup be made beneath ours that the kernel ends as one? */
function hasCgroup() {
  const own = /^0::(.*)$/m.exec(read('/proc/self/cgroup'))?.[1];
  const folder = own && mountPoints.map((point) => join(point, own)).find((path) => existsSync(join(path, 'cgroup.procs')));
  if (!folder) return false;
  const probe = join(folder, `wavetrain-probe-${process.pid}`);
  try {
    mkdirSync(probe);
    const is = existsSync(join(probe, 'cgroup.kill'));
    rmdirSync(probe);
    return is;
  } catch {
    return false;
  }
}

/** The version of the kernel's Landlock, whose call has this number everywhere; 0: none, or the first one, which is not used. */
function landlockVersion() {
  const asked = spawnSync('perl', ['-e', 'print syscall(444, 0, 0, 1)'], { encoding: 'utf8' });
  assert.equal(asked.status, 0, 'perl, which asks the kernel');
  return Number(asked.stdout) > 1 ? Number(asked.stdout) : 0;
}

/** The same machine, seen from where every cgroup is covered by something else; a process keeps that place. */
async function covered(world) {
  const isRoot = process.getuid() === 0;
  const cover = mountPoints.map((point) => `mount -t tmpfs none '${point}' && `).join('') + 'echo ready && exec sleep 100000';
  const keeper = spawn('unshare', [...(isRoot ? [] : ['-r']), '-m', 'sh', '-c', cover], { stdio: ['ignore', 'pipe', 'ignore'] });
  const isReady = await new Promise((resolve) => {
    keeper.on('error', () => resolve(false));
    keeper.stdout.on('data', () => resolve(true));
    keeper.on('close', () => resolve(false));
  });
  test.after(() => keeper.kill());
  if (!isReady) return [];
  const words = ['nsenter', '-t', String(keeper.pid), '-m', ...(isRoot ? [] : ['-U', '--preserve-credentials']), '--wd=.'];
  return [{ ...world, name: 'where cgroups cannot be had', words, cgroup: false }];
}

/** world where these system calls are refused, and so is Landlock. */
function refused(world, name, calls) {
  const weaker = { ...world, name, words: [...world.words, join(build, 'tests', 'weaker'), calls], landlock: 0 };
  return inWorld(weaker, 'true').status === 0 ? [weaker] : [];
}

/** As this machine is: cgroup: true: it has one for us; landlock: the version it has. */
export const alone = { name: 'as this machine is', words: [], cgroup: hasCgroup(), landlock: landlockVersion() };
const coveredWorlds = alone.cgroup ? await covered(alone) : [];
const container = refused(coveredWorlds[0] ?? alone, 'in a container that forbids the rest', 'landlock_create_ruleset=EPERM,unshare=EPERM,mount=EPERM,setns=EPERM,clone3=ENOSYS');
const older = refused(alone, 'on a kernel without Landlock and clone3', 'landlock_create_ruleset=ENOSYS,clone3=ENOSYS');
export const worlds = [alone, ...coveredWorlds, ...container, ...older];

/** Why some world is not among them. */
export const missing = [
  alone.cgroup && !coveredWorlds.length ? 'no mount namespace can be made here' : '',
  !container.length || !older.length ? 'no system call can be refused here' : '',
].filter(Boolean).join('; ');

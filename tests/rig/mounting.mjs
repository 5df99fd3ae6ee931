// For tests that mount a file system of their own, in a user namespace: containers and systems that
// keep these to themselves let nobody do that.
import { spawnSync } from 'node:child_process';

const canMount = spawnSync('unshare', ['-Urm', 'mount', '-t', 'tmpfs', 'none', '/tmp']).status === 0;

/** Options of such a test. */
export const mounting = { skip: canMount ? false : 'no file system can be mounted here' };

// Where the tests' npm packages are: WAVETRAIN_TEST_MODULES (a node_modules folder), else
// tests/node_modules.
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

export function packageFile(name) {
  const modules = process.env.WAVETRAIN_TEST_MODULES ?? join(here, '..', '..', 'node_modules');
  const path = resolve(modules, name);
  if (!existsSync(path)) throw new Error(`${path} is missing: run "npm ci" in tests/`);
  return path;
}

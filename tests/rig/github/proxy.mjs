// The official OpenAPI description as a judge: Prism's validating proxy (npm:
// @stoplight/prism-cli) in front of the fake. A request or an answer that is not as GitHub
// describes it comes back as an error and is in violations().
//
//   const proxy = await startValidatingProxy({ upstream: github.url });
//   proxy.url, proxy.violations(), await proxy.close()
//
// On its own (`node proxy.mjs '{…options of the fake}'`) it starts both and obeys the same lines
// on stdin as fake-github.mjs, and {"violations":true}.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { obeyOrders, startFakeGitHub } from '../fake-github.mjs';
import { packageFile } from './packages.mjs';

const START_LIMIT_MS = 60000;

export async function startValidatingProxy({ upstream }) {
  // Made by trim-description.mjs; the whole description is 12 MB.
  const description = fileURLToPath(new URL('description.json', import.meta.url));
  const program = packageFile('@stoplight/prism-cli/dist/index.js');
  const words = [program, 'proxy', '--errors', '-p', '0', '-v', 'info', description, upstream];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const violations = [];
  const url = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('Prism did not start')), START_LIMIT_MS);
    child.once('exit', (status) => reject(new Error(`Prism ended with ${status}`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const found = /Prism is listening on (\S+)/.exec(line);
      if (found) {
        clearTimeout(timer);
        resolve(found[1]);
      }
      if (line.includes('terminated with error')) violations.push(line);
    });
  });
  return {
    url,
    port: Number(new URL(url).port),
    violations: () => violations,
    close() {
      return new Promise((resolve) => {
        child.removeAllListeners('exit');
        child.once('exit', resolve);
        child.kill();
      });
    },
  };
}

async function main() {
  const github = await startFakeGitHub(process.argv[2] ? JSON.parse(process.argv[2]) : {});
  const proxy = await startValidatingProxy({ upstream: github.url });
  await obeyOrders(github, proxy.port, { violations: () => proxy.violations() });
  await proxy.close();
  await github.close();
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();

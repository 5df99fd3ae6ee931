// The page on steps and the folder of its example say the same.
import test from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

test('docs/examples/steps holds the files of docs/formats/steps.md', () => {
  const page = readFileSync(join(root, 'docs/formats/steps.md'), 'utf8');
  const folder = join(root, 'docs/examples/steps');
  const files = new Map([...page.matchAll(/^cat > (\S+) <<'END'\n([\s\S]*?)^END$/gm)].map(([, name, text]) => [name, text]));
  for (const [, text, name] of page.matchAll(/^printf '(.*)' > (\S+)$/gm)) files.set(name, text.replaceAll('\\n', '\n'));
  assert.deepEqual([...files.keys()].sort(), ['agent.sh', 'texts/steps.txt', 'texts/waves.txt', 'wavetrain.yml']);
  for (const [name, text] of files) assert.equal(readFileSync(join(folder, name), 'utf8'), text, name);
  assert.deepEqual(readdirSync(folder).sort(), ['README.md', 'agent.sh', 'texts', 'wavetrain.yml']);
});

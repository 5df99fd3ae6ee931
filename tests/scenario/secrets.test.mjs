// A step prints its secret in every way there is, and nothing that wavetrain keeps or shows has it.
import test from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { until, withWorkspace } from '../rig/workspace.mjs';

const secret = `k3y+"quoted" & <b>'s /slash\\ é€😀=%20`;
const lines = 'first line of it\nsecond-line:of/it\n';

/** As it may stand in a text, by encoders that are not ours. */
function forms(value) {
  const bytes = Buffer.from(value);
  const inBase64 = [0, 1, 2].map((phase) => {
    const text = Buffer.concat([Buffer.alloc(phase, 'x'), bytes]).toString('base64');
    return text.slice(Math.ceil((phase * 8) / 6), Math.floor(((phase + bytes.length) * 8) / 6));
  });
  const json = JSON.stringify(value).slice(1, -1);
  const ascii = json.replace(/[^\x00-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const percent = [encodeURIComponent(value), new URLSearchParams({ a: value }).toString().slice(2)];
  const xml = value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return [
    value, ...inBase64, ...inBase64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
    json, ascii, json.replaceAll('/', '\\/'), ascii.replaceAll('/', '\\/'), JSON.stringify(json).slice(1, -1),
    ...percent, ...percent.map((text) => text.replace(/%../g, (code) => code.toLowerCase())),
    xml, xml.replaceAll('"', '&quot;'), xml.replaceAll('"', '&quot;').replaceAll("'", '&#39;'),
    xml.replaceAll('"', '&quot;').replaceAll("'", '&#x27;'), value.replaceAll("'", `'\\''`),
    bytes.toString('hex'), bytes.toString('hex').toUpperCase(),
  ];
}

/** Everything below the folder as one text of bytes, but for what belongs to the steps themselves. */
function everything(folder) {
  return readdirSync(folder, { withFileTypes: true }).map((entry) => {
    if (['artifacts', 'work', 'cache'].includes(entry.name)) return '';
    const path = join(folder, entry.name);
    return entry.isDirectory() ? everything(path) : readFileSync(path, 'latin1');
  }).join('\n');
}

function assertNothing(text, value, where) {
  for (const form of new Set(forms(value))) {
    const at = text.indexOf(Buffer.from(form).toString('latin1'));
    assert.equal(at, -1, `${where}: ${form} in …${text.slice(Math.max(0, at - 60), at + 60)}…`);
  }
}

function assertNowhere(place, shown, value) {
  assertNothing(Buffer.from(shown).toString('latin1'), value, 'shown');
  assertNothing(everything(join(place.path, '.wavetrain')), value, 'kept');
  assertNothing(Buffer.from(place.git('log', '--all', '--format=%B')).toString('latin1'), value, 'commits');
}

// Node writes all forms into a file beforehand; the step prints them. In single bytes, a raw one.
const shout = `
const { writeSync, appendFileSync, writeFileSync } = require('node:fs');
const secret = process.env.TOKEN;
for (const byte of Buffer.from('split: ' + secret + '\\n')) writeSync(1, Buffer.from([byte]));
for (const form of JSON.parse(process.env.FORMS)) console.log('[' + form + ']');
console.error('error: ' + secret);
appendFileSync(process.env.WAVETRAIN_SUMMARY, 'It was **' + secret + '**.\\n');
appendFileSync(process.env.WAVETRAIN_HANDOFF, 'Use ' + Buffer.from(secret).toString('hex') + '.\\n');
writeFileSync('answer.json', JSON.stringify({ token: secret, list: [secret] }));
`;

const pipeline = `
name: hush
checkpoint: {message: 'made with {token}'}
params: {token: {default: none}}
steps:
  - {id: quiet, run: 'echo nothing of note; echo made > made.txt'}
  - id: shout
    needs: [quiet]
    secrets: TOKEN
    run: 'node shout.js'
  - id: argument
    needs: [quiet]
    run: [echo, "\${TOKEN}"]
  - id: judged
    needs: [shout]
    run: 'true'
    contract: {type: json_schema, schema: schema.json, source: answer.json}
`;

const schema = JSON.stringify({ properties: { token: { type: 'integer' }, list: { items: { const: 'other' } } } });

function prepare(place) {
  place.write('.gitignore', 'answer.json\n.wavetrain/\n');
  place.write('shout.js', shout);
  place.write('schema.json', schema);
  place.pipeline(pipeline);
  return { TOKEN: secret, FORMS: JSON.stringify(forms(secret)) };
}

test('no form of a secret is kept or shown, and what stands beside it is', withWorkspace({}, (place) => {
  const env = prepare(place);
  const done = place.run(['run', '-p', `token=${secret}`, '--verbose'], { env });
  assert.equal(done.status, 1, done.stdout + done.stderr);
  const run = place.latest().run_id ?? readdirSync(join(place.path, '.wavetrain', 'runs'))[0];
  const folder = join(place.path, '.wavetrain', 'runs', run);
  const log = readFileSync(join(folder, 'log', 'shout.1.log'), 'utf8');
  assert.match(log, /^split: \*\*\*\n(\[\*\*\*\]\n)+error: \*\*\*\n$/);
  assert.equal(log.match(/^\[/gm).length, forms(secret).length);
  assert.equal(readFileSync(join(folder, 'log', 'argument.1.log'), 'utf8'), '***\n');
  assert.equal(readFileSync(join(folder, 'notes', 'shout.1.summary.md'), 'utf8'), 'It was *******.\n');
  assert.match(readFileSync(join(folder, 'notes', 'handoffs.md'), 'utf8'), /Use \*\*\*\./);
  assert.match(done.stdout, /the text '\*\*\*'/);
  const [row] = place.record("SELECT reason FROM steps WHERE id = 'judged'");
  assert.match(row.reason, /\*\*\*/);
  // What was given as a parameter is kept, for resume, in a file of its own.
  const kept = everything(join(place.path, '.wavetrain')).replace(readFileSync(join(folder, 'parameters'), 'latin1'), '');
  assertNothing(kept, secret, 'kept');
  assertNothing(Buffer.from(done.stdout + done.stderr).toString('latin1'), secret, 'shown');
  assertNothing(Buffer.from(place.git('log', '--all', '--format=%B')).toString('latin1'), secret, 'commits');
  assert.match(place.git('log', '--all', '--format=%s'), /made with \*\*\*/);
  for (const words of [['audit'], ['trace', run, 'shout'], ['trace', run, 'judged'], ['status', '--format', 'json'], ['report']]) {
    const later = place.run(words);
    assert.equal(later.status, 0, words.join(' ') + later.stderr);
    assertNothing(Buffer.from(later.stdout + later.stderr).toString('latin1'), secret, words.join(' '));
  }
}));

test('a resume masks again; programs that read JSON get none of it either', withWorkspace({}, (place) => {
  const env = prepare(place);
  for (const words of [['run', '--output-format', 'json'], ['resume', '--output-format', 'json']]) {
    const done = place.run(words, { env });
    assert.equal(done.status, 1, done.stdout + done.stderr);
    assertNowhere(place, done.stdout + done.stderr, secret);
  }
}));

test('each line of a secret, and the tokens of a job, without being asked for', withWorkspace({}, (place) => {
  place.write('.gitignore', '.wavetrain/\n');
  place.pipeline(`
secrets: [LINES, LINES, NOT_SET, TINY]
steps:
  - {id: lines, run: 'printf %s "$LINES" | sed "s/^/  /"; echo "$TINY"'}
  - {id: tokens, run: 'echo "$GITHUB_TOKEN|$ACTIONS_RUNTIME_TOKEN|$COPY"'}
`);
  const env = { LINES: lines, TINY: 'abc', GITHUB_TOKEN: 'ghs_0123456789abcdef', ACTIONS_RUNTIME_TOKEN: 'eyJhbGciOi.J9.x-y', COPY: 'ghs_0123456789abcdef' };
  const done = place.run(['run'], { env });
  assert.equal(done.status, 0, done.stdout + done.stderr);
  assert.match(done.stderr, /the secret 'NOT_SET' is not set: there is nothing to mask for it/);
  assert.match(done.stderr, /the secret 'TINY' is shorter than 4 characters and is not masked/);
  const [run] = readdirSync(join(place.path, '.wavetrain', 'runs'));
  const log = (step) => readFileSync(join(place.path, '.wavetrain', 'runs', run, 'log', `${step}.1.log`), 'utf8');
  assert.equal(log('lines'), '  ***\n  ***\nabc\n');
  assert.equal(log('tokens'), '|***|***\n');
}));

test('in a job the runner is told, on standard error', withWorkspace({}, (place) => {
  place.write('.gitignore', '.wavetrain/\nwavetrain-report/\n');
  place.pipeline(`
steps:
  - {id: own, env: {OWN: step-value}, secrets: [OWN, LINES], run: 'echo "$OWN"'}
`);
  const done = place.run(['run'], { env: { GITHUB_ACTIONS: 'true', LINES: lines, GITHUB_TOKEN: 'ghs_0123456789abcdef' } });
  assert.equal(done.status, 0, done.stdout + done.stderr);
  assert.deepEqual(done.stderr.split('\n').filter((line) => line.includes('add-mask')),
    ['::add-mask::step-value', '::add-mask::first line of it%0Asecond-line:of/it%0A']);
  assert.ok(!done.stdout.includes('step-value') && !done.stdout.includes('add-mask'));
  assert.ok(!(done.stdout + done.stderr).includes('ghs_'));
}));

test('a file that holds a secret is not committed, and the run goes on when it is gone', withWorkspace({}, (place) => {
  place.write('.gitignore', '.wavetrain/\n');
  place.write('old.txt', 'token=hunter2hunter2\n');
  place.pipeline(`
steps:
  - {id: write, secrets: TOKEN, run: 'touch old.txt; test -e safe || printf %s "$TOKEN" | base64 > sub/key.txt; echo fine > fine.txt'}
`);
  place.write('sub/.keep', '');
  place.commit('folder');
  const env = { TOKEN: 'hunter2hunter2' };
  const head = place.git('rev-parse', 'HEAD');
  const done = place.run(['run'], { env });
  assert.notEqual(done.status, 0);
  assert.match(done.stdout + done.stderr, /sub\/key\.txt holds the value of a secret/);
  assert.match(done.stderr, /take it out of the file, or leave the file out with a line in \.gitignore; then 'wavetrain resume'/);
  assert.equal(place.git('rev-parse', 'HEAD'), head);
  place.write('sub/key.txt', 'to be filled in\n');
  const resumed = place.run(['resume'], { env });
  assert.equal(resumed.status, 0, resumed.stdout + resumed.stderr);
  assert.equal(place.git('show', '--name-only', '--format=', 'HEAD'), 'fine.txt', 'what was changed by hand is not its own');
}));

const token = 'Zq9-abcdefghijklmnop';

test('what is added to notes after their step has ended is masked as well', withWorkspace({}, (place) => {
  place.write('.gitignore', '.wavetrain/\n/path\n/hand\n/id\n');
  // What the step has started ends with it; so others write into its notes: one of the same wave after its end, and a later one.
  place.pipeline(`
secrets: [TOK]
steps:
  - {id: s, run: 'echo "$WAVETRAIN_SUMMARY" > path; echo "$WAVETRAIN_HANDOFF" > hand; echo $$ > id.new; mv id.new id'}
  - {id: slow, run: 'until test -e id; do sleep 0.01; done; while test -d "/proc/$(cat id)"; do sleep 0.01; done; echo "late $TOK" >> "$(cat hand)"'}
  - {id: t, needs: [s, slow], run: 'echo "late $TOK" >> "$(cat path)"; echo "$TOK" >> "$WAVETRAIN_HANDOFFS"'}
`);
  const done = place.run(['run', '-j', '2'], { env: { TOK: token } });
  assert.equal(done.status, 0, done.stdout + done.stderr);
  assertNowhere(place, done.stdout + done.stderr, token);
  const [run] = readdirSync(join(place.path, '.wavetrain', 'runs'));
  const folder = join(place.path, '.wavetrain', 'runs', run);
  assert.equal(readFileSync(join(folder, 'notes', 's.1.summary.md'), 'utf8'), 'late ***\n');
  assert.equal(readFileSync(join(folder, 'notes', 'handoffs.md'), 'utf8'), '## s\n\nlate ***\n');
  assert.match(readFileSync(join(folder, 'report', 'report.json'), 'utf8'), /late \*\*\*/);
}));

test('reports have no secret, even one that stands in the pipeline itself', withWorkspace({}, (place) => {
  place.write('.gitignore', '.wavetrain/\n');
  place.pipeline(`
name: hush
secrets: [TOK]
steps:
  - {id: a, name: 'sign in with ${token}', run: 'echo > out-${token}.txt', outputs: {o: 'out-${token}.txt'}}
`);
  const done = place.run(['run', '--report-dir', 'shown'], { env: { TOK: token, GITHUB_STEP_SUMMARY: join(place.root, 'step-summary.md'), GITHUB_ACTIONS: 'true' } });
  assert.equal(done.status, 0, done.stdout + done.stderr);
  const folder = join(place.path, 'shown');
  for (const name of ['report.html', 'dag.mmd', 'dag.dot', 'timeline.txt', 'summary.md', 'report.json', 'junit.xml'])
    assertNothing(readFileSync(join(folder, name), 'latin1'), token, name);
  assertNothing(readFileSync(join(place.root, 'step-summary.md'), 'latin1'), token, 'step summary');
  JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8'));
}));

test('a resume masks what a runner that was killed has left', withWorkspace({}, async (place) => {
  place.write('.gitignore', '.wavetrain/\n/held\n/again\n');
  place.pipeline(`
secrets: [TOK]
steps:
  - {id: s, run: 'echo "was $TOK" >> "$WAVETRAIN_SUMMARY"; echo > held; test -e again || sleep 600'}
  - {id: t, needs: [s], run: 'cat .wavetrain/runs/*/notes/s.1.summary.md > ../seen'}
`);
  const child = place.start(['run'], { env: { TOK: token } });
  await until(() => place.exists('held'), 'the step to have written');
  await until(() => place.record('SELECT number FROM attempts').length, 'its start to be on record');
  child.kill('SIGKILL');
  await child.ended;
  place.write('again', '');
  const resumed = place.run(['resume'], { env: { TOK: token } });
  assert.equal(resumed.status, 0, resumed.stdout + resumed.stderr);
  assert.equal(readFileSync(join(place.root, 'seen'), 'utf8'), 'was ***\n', 'masked before anything runs again');
  assert.equal(place.latest().steps[0].attempts.length, 2);
  assertNowhere(place, resumed.stdout + resumed.stderr, token);
}));

test('only names are taken', withWorkspace({}, (place) => {
  place.pipeline('secrets: ["${TOKEN}"]\nsteps:\n  - {id: a, run: x, secrets: [OK, 1BAD]}\n');
  const done = place.run(['validate'], { env: { TOKEN: 'not-to-be-seen' } });
  assert.equal(done.status, 3);
  assert.match(done.stdout + done.stderr, /wavetrain\.yml:1:11: .*'secrets' takes names of environment variables \(letters, digits and '_'\), and '\$\{TOKEN\}' is none/);
  assert.match(done.stdout + done.stderr, /wavetrain\.yml:3:35: .*'1BAD' is none/);
  assert.ok(!(done.stdout + done.stderr).includes('not-to-be-seen'));
}));

// Steps that are tasks for an agent, with a stand-in program that writes down how it was called.
import test from 'node:test';
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withWorkspace } from '../rig/workspace.mjs';

const standIn = `#!/bin/sh
printf '%s\\0' "$@" > "$CALLS/arguments"
cat > "$CALLS/stdin"
printf '%s' "$WAVETRAIN_TASK" > "$CALLS/task"
echo thinking >&2
echo '{"result": "fine", "cost": 0.25}'
`;
const setUp = (place) => {
  place.write('bin/agent', standIn, 0o755);
  return { env: { PATH: `${place.path}/bin:${process.env.PATH}`, CALLS: place.root } };
};
const calls = (place, name) => readFileSync(join(place.root, name), 'utf8');

const pipeline = `
params: {area: {default: 'the "core"; $(touch pwned) {model}'}}
adapters:
  stand-in: {command: [agent, -p, "{task}", [--model, "{model}"], [--prompt-file, "{system_prompt_file}"], --allow, "{allow}", [--deny, "{deny}"]], stdin: task, result: json}
personas:
  reviewer: {description: reads, system_prompt: "You are careful.", permissions: {allow: [read, write, shell], deny: [shell]}}
steps:
  - {id: review, persona: reviewer, task: "Review {area} of PARAM"}
  - {id: use, inputs: [review.result], run: 'cp "$WAVETRAIN_INPUT/result.json" result.json'}
`;

test('the argument vector is exact, whatever the texts hold; no shell sees it', withWorkspace({}, (place) => {
  const options = setUp(place);
  place.pipeline(pipeline);
  const done = place.run(['run'], options);
  assert.equal(done.status, 0, done.stdout + done.stderr);
  const task = 'Review the "core"; $(touch pwned) {model} of PARAM';
  const words = calls(place, 'arguments').split('\0').slice(0, -1);
  assert.deepEqual(words.slice(0, 2), ['-p', task]);
  assert.equal(words[2], '--prompt-file');
  assert.deepEqual(words.slice(4), ['--allow', 'read,write', '--deny', 'shell']);
  assert.equal(calls(place, 'stdin'), task);
  assert.equal(calls(place, 'task'), task);
  assert.ok(!place.exists('pwned'));
  assert.deepEqual(JSON.parse(place.read('result.json')), { result: 'fine', cost: 0.25 });
}));

test('an adapter that is not installed is a plan-time error with its name', withWorkspace({}, (place) => {
  place.pipeline(pipeline.replace('[agent, -p', '[no-such-agent, -p'));
  const done = place.run(['validate']);
  assert.equal(done.status, 3);
  assert.match(done.stdout, /the adapter 'stand-in' is not installed: there is no program 'no-such-agent' in PATH/);
}));

test('an adapter of another file that is not installed is found there', withWorkspace({}, (place) => {
  place.write('.wavetrain/adapters.yaml', '# those of this repository\nlost: {command: [no-such-agent]}\n');
  place.pipeline('steps: [{id: a, persona: base, task: x}]\n');
  const done = place.run(['validate']);
  assert.equal(done.status, 3);
  assert.match(done.stdout, /^\.wavetrain\/adapters\.yaml:2:7: error: the adapter 'lost' is not installed/m);
}));

test('a table with a persona that nobody declares starts no agent', withWorkspace({}, (place) => {
  const options = setUp(place);
  place.write('.wavetrain/adapters.yaml', 'stand-in: {command: [agent, "{task}"]}\n');
  place.write('wavetrain.yml', 'personas: {builder: {permissions: {deny: [shell]}}}\n');
  place.pipeline('1 | bulider | - | auto | - | - | build it\n', 'work.pipeline');
  assert.equal(place.run(['validate', 'work.pipeline'], options).status, 0);
  const done = place.run(['run', 'work.pipeline'], options);
  assert.equal(done.status, 3, done.stdout + done.stderr);
  assert.match(done.stderr, /work\.pipeline:1: step 'step-1' is for the persona 'bulider', which nobody declares/);
  assert.match(done.stderr, /did you mean 'builder'\?/);
  assert.ok(!existsSync(join(place.root, 'task')));
}));

test('personas and adapters from .wavetrain, and a table that uses them', withWorkspace({}, (place) => {
  const options = setUp(place);
  place.write('.wavetrain/adapters.yaml', 'stand-in: {command: [agent, "{task}"], stdin: task}\n');
  place.write('.wavetrain/personas/builder.yaml', 'description: builds\nadapter: stand-in\n');
  place.pipeline('1 | builder | - | auto | - | - | build | it\n', 'work.pipeline');
  const done = place.run(['run', 'work.pipeline'], options);
  assert.equal(done.status, 0, done.stdout + done.stderr);
  assert.deepEqual(calls(place, 'arguments').split('\0').slice(0, -1), ['build | it']);
}));

test('a result that is no JSON fails the step', withWorkspace({}, (place) => {
  const options = setUp(place);
  place.write('bin/agent', '#!/bin/sh\necho not json\n', 0o755);
  place.pipeline(pipeline);
  const done = place.run(['run'], options);
  assert.equal(done.status, 1);
  assert.match(done.stdout, /JSON/);
}));

test('an unknown persona gets the nearest name', withWorkspace({}, (place) => {
  setUp(place);
  place.pipeline(pipeline.replace('persona: reviewer', 'persona: reviewr'));
  const done = place.run(['validate']);
  assert.equal(done.status, 3);
  assert.match(done.stdout, /reviewr.*did you mean 'reviewer'/s);
}));

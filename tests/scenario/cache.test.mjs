// Results of earlier runs, and what a dry run shows.
import test from 'node:test';
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withWorkspace } from '../rig/workspace.mjs';

const pipeline = `
steps:
  - id: compile
    cache: {key: ["src/**"], paths: ["build/**"]}
    run: 'echo ran >> ../ran; mkdir -p build; cat src/* > build/all; echo ok > "$WAVETRAIN_OUTPUT/log.txt"'
    outputs: [log]
  - {id: use, inputs: [log], cache: true, run: 'echo used >> ../used; cp build/all "$WAVETRAIN_OUTPUT/copy"', outputs: [copy]}
`;
const times = (place, name) => (existsSync(join(place.root, name)) ? readFileSync(join(place.root, name), 'utf8').split('\n').length - 1 : 0);

test('an unchanged step is taken from the cache, with outputs and paths', withWorkspace({}, (place) => {
  place.write('.gitignore', '/build/\n');
  place.write('src/a.c', 'a\n');
  place.pipeline(pipeline);
  assert.equal(place.run(['run']).status, 0);
  place.git('clean', '-fdqx', '-e', '.wavetrain');
  const second = place.run(['run']);
  assert.equal(second.status, 0, second.stdout + second.stderr);
  assert.equal(times(place, 'ran'), 1);
  assert.equal(times(place, 'used'), 1);
  assert.equal(place.read('build/all'), 'a\n');
  assert.match(second.stdout, /cached/);
  const run = place.latest();
  assert.equal(run.totals.cached, 2);
  assert.match(run.steps[0].cache_key, /^[0-9a-f]{64}$/);
  assert.ok(second.stdout.includes(run.steps[0].cache_key.slice(0, 8)));
  const plan = JSON.parse(place.run(['plan', '--format', 'json']).stdout);
  assert.deepEqual(plan.steps.map((step) => step.action), ['cached', 'cached']);
}));

test('a changed key file, command or input is a miss, and plan --why names it', withWorkspace({}, (place) => {
  place.write('.gitignore', '/build/\n');
  place.write('src/a.c', 'a\n');
  place.pipeline(pipeline);
  assert.equal(place.run(['run']).status, 0);
  place.write('src/a.c', 'b\n');
  place.commit('b');
  const why = place.run(['plan', '--why', 'compile']);
  assert.equal(why.status, 0, why.stderr);
  assert.match(why.stdout, /src\/a\.c/);
  assert.equal(place.run(['run']).status, 0);
  assert.equal(times(place, 'ran'), 2);
  place.pipeline(pipeline.replace('echo used', 'echo  used'));
  assert.match(place.run(['plan', '--why', 'use']).stdout, /command/);
  assert.match(place.run(['plan', '--why', 'compile']).stdout, /cache|nothing/);
  const asJson = place.run(['plan', '--why', 'use', '--format', 'json']);
  assert.equal(asJson.status, 2);
  assert.equal(asJson.stdout, '');
  assert.match(asJson.stderr, /'--why' answers in words, not in a '--format'/);
  const unknown = place.run(['plan', '--why', 'compil']);
  assert.equal(unknown.status, 2);
  assert.match(unknown.stderr, /did you mean 'compile'/);
}));

test('a changed schema is a miss, also one that the schema refers to, and plan --why names it', withWorkspace({}, (place) => {
  place.write('contracts/s.json', '{"$ref": "kept.json"}');
  place.write('contracts/kept.json', '{"type": "object"}');
  place.pipeline(`
steps:
  - {id: s, cache: true, run: 'echo ran >> ../ran; echo "{}" > "$WAVETRAIN_OUTPUT/o.json"', outputs: [o], contract: {type: json_schema, schema: contracts/s.json, source: o}}
`);
  for (let i = 0; i < 2; i++) assert.equal(place.run(['run']).status, 0);
  assert.equal(times(place, 'ran'), 1);
  assert.equal(JSON.parse(place.run(['plan', '--format', 'json']).stdout).steps[0].action, 'cached');
  place.write('contracts/kept.json', '{"type": "object", "required": ["x"]}');
  place.commit('stricter');
  assert.equal(JSON.parse(place.run(['plan', '--format', 'json']).stdout).steps[0].action, 'run');
  assert.match(place.run(['plan', '--why', 's']).stdout, /the schema 'contracts\/s\.json' changed/);
  const failed = place.run(['run']);
  assert.equal(failed.status, 1, failed.stdout + failed.stderr);
  assert.match(failed.stdout, /contract/);
  assert.equal(times(place, 'ran'), 2);
}));

test('what earlier steps hand on is part of the key', withWorkspace({}, (place) => {
  place.write('word', 'one\n');
  place.pipeline(`
steps:
  - {id: a, run: 'cat word >> "$WAVETRAIN_HANDOFF"'}
  - {id: b, needs: [a], cache: true, run: 'cat "$WAVETRAIN_HANDOFFS" > "$WAVETRAIN_OUTPUT/o.txt"', outputs: [o]}
  - {id: c, inputs: [o], run: 'cat "$WAVETRAIN_INPUT/o.txt" > ../seen'}
`);
  const cached = () => {
    const done = place.run(['run']);
    assert.equal(done.status, 0, done.stdout + done.stderr);
    return place.latest().totals.cached;
  };
  assert.deepEqual([cached(), cached()], [0, 1]);
  assert.match(place.run(['plan', '--why', 'b']).stdout, /b: run: .*\nsince run_.*: what earlier steps hand on is known only when they have run\n/);
  place.write('word', 'two\n');
  place.commit('two');
  assert.equal(cached(), 0);
  assert.match(readFileSync(join(place.root, 'seen'), 'utf8'), /two/);
}));

test('a dry run beside a record leaves no file there', withWorkspace({}, (place) => {
  place.pipeline("steps:\n  - {id: a, run: 'true'}\n");
  assert.equal(place.run(['run']).status, 0);
  const before = readdirSync(join(place.path, '.wavetrain')).sort();
  assert.equal(place.run(['run', '--dry-run']).status, 0);
  assert.deepEqual(readdirSync(join(place.path, '.wavetrain')).sort(), before);
}));

test('a damaged entry is a miss', withWorkspace({}, (place) => {
  place.write('.gitignore', '/build/\n');
  place.write('src/a.c', 'a\n');
  place.pipeline(pipeline);
  assert.equal(place.run(['run']).status, 0);
  const cache = join(place.path, '.wavetrain/cache');
  for (const key of readdirSync(cache)) {
    for (const file of readdirSync(join(cache, key))) if (!file.startsWith('manifest')) place.write(`.wavetrain/cache/${key}/${file}`, 'zzz');
  }
  assert.equal(place.run(['run']).status, 0);
  assert.equal(times(place, 'ran'), 2);
}));

test('--dry-run checks everything, makes mocks that satisfy the schemas, and touches nothing', withWorkspace({}, (place) => {
  place.write('contracts/report.json', '{"type": "object", "required": ["n"], "properties": {"n": {"type": "integer", "minimum": 5}}}');
  place.pipeline(`
steps:
  - {id: make, run: 'touch ran', outputs: {report: out.json}, contract: {type: json_schema, schema: contracts/report.json, source: report}}
  - {id: use, inputs: [report], run: 'touch ran'}
`);
  const before = place.git('for-each-ref');
  const done = place.run(['run', '--dry-run']);
  assert.equal(done.status, 0, done.stdout + done.stderr);
  assert.match(done.stdout, /makes report .*satisfies contracts\/report\.json/);
  assert.match(done.stdout, /takes report of make/);
  assert.ok(!place.exists('ran'));
  assert.equal(place.git('for-each-ref'), before);
  assert.equal(place.git('status', '--porcelain'), '');
  assert.deepEqual(readdirSync(join(place.path, '.wavetrain')), ['runs']);
  const [run] = readdirSync(join(place.path, '.wavetrain/runs'));
  assert.ok(JSON.parse(readFileSync(join(place.path, '.wavetrain/runs', run, 'artifacts/make/report.json'), 'utf8')).n >= 5);
  place.write('contracts/report.json', '{"type": "object", "required": ["n"], "properties": {"n": {"type": "strig"}}}');
  assert.equal(place.run(['run', '--dry-run']).status, 3);
}));

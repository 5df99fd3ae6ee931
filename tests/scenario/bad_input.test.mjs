// Bad input and a hostile world: one clear sentence each, the right exit code, nothing lost.
import test from 'node:test';
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, readdirSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { inTerminal } from '../rig/terminal.mjs';
import { withWorkspace, cleanEnvironment, program } from '../rig/workspace.mjs';
import { mounting } from '../rig/mounting.mjs';

const asRoot = process.getuid() === 0;

test('no pipeline', withWorkspace({}, (place) => {
  const done = place.run(['run']);
  assert.equal(done.status, 3);
  assert.match(done.stderr, /wavetrain\.yml/);
  assert.match(done.stderr, /\[no-pipeline\]/);
  const named = place.run(['run', 'nihgtly']);
  assert.equal(named.status, 3);
  assert.match(named.stderr, /nihgtly/);
}));

test('an unreadable file', withWorkspace({}, (place) => {
  mkdirSync(join(place.path, 'wavetrain.yml'));
  const done = place.run(['run']);
  assert.ok([3, 4].includes(done.status), String(done.status));
  assert.match(done.stderr, /wavetrain\.yml/);
  if (!asRoot) {
    place.write('secret.yml', 'steps: []');
    chmodSync(join(place.path, 'secret.yml'), 0);
    assert.match(place.run(['validate', 'secret.yml']).stderr, /Permission denied/);
  }
}));

test('what stands where a pipeline is looked for is told from nothing', withWorkspace({}, (place) => {
  mkdirSync(join(place.path, 'dir.yml'));
  symlinkSync('nowhere', join(place.path, 'gone.yml'));
  symlinkSync('loop.yml', join(place.path, 'loop.yml'));
  place.write('file', '');
  for (const [word, expected] of [
    ['dir.yml', /^wavetrain: 'dir\.yml' is a folder, not a file \[no-pipeline\]\n {2}→ /],
    ['gone.yml', /^wavetrain: 'gone\.yml' is a link that points to nothing \[no-pipeline\]\n {2}→ /],
    ['loop.yml', /^wavetrain: 'loop\.yml' cannot be read: Too many levels of symbolic links \[no-pipeline\]\n {2}→ /],
    ['file/x', /^wavetrain: no pipeline 'file\/x': there is no such file \[no-pipeline\]\n {2}→ /],
    ['/nowhere/x.yml', /^wavetrain: no pipeline '\/nowhere\/x\.yml': there is no such file \[no-pipeline\]\n {2}→ /],
    ['nothing', /^wavetrain: no pipeline 'nothing': looked for the file nothing and for \.wavetrain\/pipelines\/nothing\.\{yml/],
  ]) {
    const done = place.run(['validate', word]);
    assert.equal(done.status, 3, done.stderr);
    assert.match(done.stderr, expected);
  }
  mkdirSync(join(place.path, 'wavetrain.yml'));
  const run = place.run(['run']);
  assert.match(run.stderr, /^wavetrain: 'wavetrain\.yml' is a folder, not a file \[no-pipeline\]\n {2}→ move it away, then 'wavetrain init' /);
  assert.equal(place.exists('.wavetrain'), false);
  const lost = spawnSync('sh', ['-c', 'mkdir lost && cd lost && rmdir ../lost && exec "$0" validate', program], { cwd: place.path, env: cleanEnvironment(), encoding: 'utf8' });
  assert.equal(lost.status, 4);
  assert.match(lost.stderr, /^wavetrain: the current folder is gone \[file\]\n/);
}));

test('a pipeline from a pipe is read to its end, however late it comes', withWorkspace({}, (place) => {
  place.write('wavetrain.yml', "steps: [{id: a, run: 'true'}]\n");
  for (const script of ['exec "$0" validate <(sleep 0.2; cat wavetrain.yml)', 'mkfifo pipe; { sleep 0.2; cat wavetrain.yml > pipe; } & exec "$0" validate pipe']) {
    const done = spawnSync('bash', ['-c', script, program], { cwd: place.path, env: cleanEnvironment(), encoding: 'utf8' });
    assert.equal(done.status, 0, done.stdout + done.stderr);
    assert.match(done.stdout, /ok, 1 step/);
  }
}));

test('a schema that is not there is named once, where it is written', withWorkspace({}, (place) => {
  place.write('wavetrain.yml', 'steps:\n  - id: a\n    run: "true"\n    outputs: [o]\n    contract: {type: json_schema, source: o, schema: no.json}\n');
  const done = place.run(['validate']);
  assert.equal(done.status, 3);
  assert.match(done.stdout + done.stderr, /^wavetrain\.yml:5:54: error: cannot open '\S+\/no\.json': No such file or directory$/m);
}));

test('folders for reports and templates are looked at before anything runs', withWorkspace({}, (place) => {
  place.pipeline("steps: [{id: a, run: 'touch ran'}]\n");
  for (const [word, expected] of [
    ['--report-dir=wavetrain.yml', /^wavetrain: --report-dir takes a folder, and 'wavetrain\.yml' is none \[usage\]\n {2}→ /],
    ['--report-dir=', /^wavetrain: --report-dir needs a value \(DIR\) \[usage\]\n/],
    ['--templates=nowhere', /^wavetrain: --templates takes a folder, and 'nowhere' is not there \[usage\]\n {2}→ /],
    ['--templates=wavetrain.yml', /^wavetrain: --templates takes a folder, and 'wavetrain\.yml' is none \[usage\]\n/],
  ])
    for (const command of ['run', 'report']) {
      const done = place.run([command, word]);
      assert.equal(done.status, 2, done.stderr);
      assert.match(done.stderr, expected);
    }
  assert.equal(place.exists('ran'), false);
  assert.equal(place.exists('.wavetrain'), false);
  const unwritten = place.run(['run', '--report-dir', '/proc/wavetrain']);
  assert.equal(unwritten.status, 0, unwritten.stderr);
  assert.match(unwritten.stderr, /^wavetrain: a report was not written: cannot make the folder '\/proc\/wavetrain': /m);
  assert.doesNotMatch(unwritten.stdout, /report: /);
}));

test('init on a full disk leaves no half of a file', mounting, withWorkspace({ git: false }, (place) => {
  const script = `mount -t tmpfs -o size=16k none . && cd "$PWD" || exit 9
dd if=/dev/zero of=fill bs=4k count=16 2> /dev/null
"$0" init; echo "first $? $(ls -A | tr '\\n' ' ')"
"$0" version > /dev/full; echo "full $?"
rm fill; "$0" init; echo "then $?"; "$0" validate`;
  const done = spawnSync('unshare', ['-Urm', 'sh', '-c', script, program], { cwd: place.path, env: cleanEnvironment(), encoding: 'utf8' });
  assert.match(done.stderr, /^wavetrain: '\S+\/wavetrain\.yml': cannot write: No space left on device \[disk-full\]\n {2}→ free some space, then run this again\n/);
  assert.doesNotMatch(done.stderr, /resume/);
  assert.match(done.stdout, /^first 4 fill $/m);
  assert.match(done.stdout, /^full 4$/m);
  assert.match(done.stdout, /^then 0$/m);
  assert.match(done.stdout, /ok, 4 steps\n$/);
}));

const rejections = [
  ['YAML error', 'steps: [\n  {id: a, run: "x"\n', /wavetrain\.yml:\d+:\d+: error: /],
  ['unknown key', "steps:\n  - {id: a, rnu: 'true'}\n", /wavetrain\.yml:2:13: error: .*rnu.*\n[\s\S]*\^[\s\S]*did you mean 'run'/],
  ['cycle', "steps:\n  - {id: a, needs: [c], run: 'true'}\n  - {id: b, needs: [a], run: 'true'}\n  - {id: c, needs: [b], run: 'true'}\n", /a -> (b|c) -> (b|c) -> a|b -> . -> . -> b|c -> . -> . -> c/],
  ['unknown need', "steps:\n  - {id: build, run: 'true'}\n  - {id: test, needs: [bulid], run: 'true'}\n", /wavetrain\.yml:3:\d+: error: .*bulid[\s\S]*did you mean 'build'/],
  ['duplicate id', "steps:\n  - {id: a, run: 'true'}\n  - {id: a, run: 'true'}\n", /wavetrain\.yml:3:\d+: error: .*'a'/],
  ['no steps', 'name: x\n', /error: .*steps/],
  ['unset variable', "steps:\n  - {id: a, run: [echo, '${NOT_SET_ANYWHERE}']}\n", /NOT_SET_ANYWHERE/],
];
for (const [what, text, expected] of rejections) {
  test(`rejected: ${what}`, withWorkspace({}, (place) => {
    place.pipeline(text);
    const done = place.run(['run']);
    assert.equal(done.status, 3, done.stderr);
    assert.match(done.stderr, expected);
    assert.match(done.stderr, /pipeline-invalid/);
    const checked = JSON.parse(place.run(['validate', '--format', 'json']).stdout);
    assert.equal(checked.ok, false);
    assert.ok(checked.findings.length >= 1);
    assert.equal(place.exists('.wavetrain/runs'), false, 'nothing was run');
  }));
}

/** What validate says of a file's text: the findings alone. */
function findings(place, text, name = 'wavetrain.yml') {
  place.write(name, text);
  const done = place.run(['validate', name]);
  assert.equal(done.status, 3, done.stdout);
  return done.stdout.split('\n').filter((line) => /^\S+:\d+:\d+: error: | = /.test(line));
}

test('one fault is one finding', withWorkspace({}, (place) => {
  const step = "steps: [{id: a, run: 'true'}]\n";
  for (const [text, expected] of [
    [`execution: {resources: {memory: lots}}\n${step}`, [/^wavetrain\.yml:1:33: error: 'amount' must be a size /]],
    [`execution: {resources: {gpu: 4}}\nsteps: [{id: a, run: 'true', resources: {gpu: x}}]\n`, [/^wavetrain\.yml:2:47: error: 'amount' must be a size /]],
    [`execution: {resources: {gpu: x}}\nsteps: [{id: a, run: 'true', resources: {gpu: 2}}]\n`, [/^wavetrain\.yml:1:30: error: 'amount' must be a size /]],
    ["steps: [{id: a, run: 'true', outputs: [o], contract: {type: json_schema, source: o}}]\n", [/error: this contract of type json_schema lacks the key 'schema'$/]],
    ['artifcats: {a: {source: {type: json, properties: {value: 1}}}}\n', [/^wavetrain\.yml:1:1: error: a pipeline has no key 'artifcats'$/, /did you mean 'artifacts'\?$/]],
    ['artifacts: {a: {source: {type: json, properties: {value: 1}, propertis: 1}}}\n', [/error: a use of a component has no key 'propertis'$/, /did you mean 'properties'\?$/]],
    [`checkpoint: {every: [wve]}\n${step}`, [/^wavetrain\.yml:1:22: error: 'every' takes 'wave', a duration /, /did you mean 'wave'\?$/]],
    [`params: {p: {pattern: '['}}\n${step}`, [/^wavetrain\.yml:1:10: error: the pattern of the parameter 'p' cannot be used: /]],
    ['steps:\n  - id: a\n    run: "true\n  - id: b\n', [/error: not valid YAML: .* while scanning a quoted scalar that begins on line 3$/]],
    ['steps:\n  - id: a\n    needs: [b\n    run: x\n', [/^wavetrain\.yml:4:\d+: error: not valid YAML: .* while parsing a flow sequence that begins on line 3$/]],
  ]) {
    const found = findings(place, text);
    assert.equal(found.length, expected.length, `${text}${found.join('\n')}`);
    expected.forEach((pattern, at) => assert.match(found[at], pattern));
  }
}));

test('a key of another tool is answered with ours', withWorkspace({}, (place) => {
  for (const [text, key, meant] of [
    ["steps: [{id: a, run: x, depends_on: [b]}]\n", 'depends_on', 'needs'], ['steps: [{id: a, script: x}]\n', 'script', 'run'],
    ['steps: [{id: a, run: x, working-directory: b}]\n', 'working-directory', 'workdir'], ['steps: [{id: a, run: x, continue-on-error: true}]\n', 'continue-on-error', 'optional'],
    ['execution: {parallel: 4}\nsteps: [{id: a, run: x}]\n', 'parallel', 'jobs'], ['tasks: [{id: a, run: x}]\n', 'tasks', 'steps'],
    ["adapters: {c: {run: [cat]}}\nsteps: [{id: a, run: x}]\n", 'run', 'command'],
  ]) {
    const found = findings(place, text);
    const at = found.findIndex((line) => line.endsWith(` has no key '${key}'`));
    assert.ok(at >= 0, found.join('\n'));
    assert.match(found[at + 1], new RegExp(`did you mean '${meant}'\\?$`));
  }
  // A word that is near, and a table without what is meant: as before.
  assert.match(findings(place, 'steps: [{id: a, rnu: x, run: x}]\n')[1], /did you mean 'run'\?$/);
  assert.equal(findings(place, 'checkpoint: {parallel: 4}\nsteps: [{id: a, run: x}]\n').length, 1);
}));

test("what 'writable' names must be able to be a place", withWorkspace({}, (place) => {
  for (const [word, expected] of [["'~root/x'", /knows your home, '~\/', and no other, not '~root\/x'$/],
    ["[fine, 'cache/*']", /takes folders and files but no globs, not 'cache\/\*'$/]]) {
    const found = findings(place, `steps: [{id: a, run: 'true', workspace: fresh, writable: ${word}}]\n`);
    assert.equal(found.length, 1, found.join('\n'));
    assert.match(found[0], /^wavetrain\.yml:1:\d+: error: 'writable' /);
    assert.match(found[0], expected);
  }
  place.write('wavetrain.yml', "steps: [{id: a, run: 'true', workspace: fresh, writable: [~/x, '~', ./~root, '[slug]']}]\n");
  assert.equal(place.run(['validate']).status, 0);
}));

test('all findings come at once', withWorkspace({}, (place) => {
  place.pipeline("nmae: x\nsteps:\n  - {id: 'a b', run: 'true'}\n  - {id: c, needs: [d], run: 'true', timeout: soon}\n");
  const findings = JSON.parse(place.run(['validate', '--format', 'json']).stdout).findings;
  assert.ok(findings.length >= 4, JSON.stringify(findings));
  assert.ok(findings.every((finding) => finding.line >= 1 && finding.column >= 1 && finding.message));
}));

test('parameters: unknown, missing, not allowed', withWorkspace({}, (place) => {
  place.pipeline("params: {feature: {required: true, enum: [auth, billing]}}\nsteps: [{id: a, run: 'true'}]\n");
  assert.equal(place.run(['run']).status, 3);
  assert.match(place.run(['run']).stderr, /feature/);
  assert.match(place.run(['run', '-p', 'faeture=auth']).stderr, /did you mean 'feature'/);
  assert.match(place.run(['run', '--feature=lunch']).stderr, /auth/);
  assert.equal(place.run(['run', '--feature=auth']).status, 0);
}));

test('a missing program and a missing output fail the step and say so', withWorkspace({}, (place) => {
  place.pipeline("steps:\n  - {id: program, run: [no-such-program-here, x]}\n  - {id: output, run: 'true', outputs: [result]}\n");
  const done = place.run(['run']);
  assert.equal(done.status, 1);
  assert.match(done.stdout, /no-such-program-here/);
  assert.match(done.stdout, /result/);
}));

test('command line: unknown command, option, run and value', withWorkspace({}, (place) => {
  place.pipeline("steps: [{id: a, run: 'true'}]\n");
  for (const [words, expected] of [[['rnu'], /did you mean 'run'/], [['run', '--job', '2'], /did you mean '--jobs'/],
    [['run', '-j', '0'], /whole number from 1 to 4096/], [['plan', '--format', 'jsno'], /did you mean 'json'/],
    [['run', 'a', 'b'], /takes no argument 'b'/], [['status', 'run_19990101_000000'], /run_19990101_000000|no run/]]) {
    const done = place.run(words);
    assert.equal(done.status, 2, `${words}: ${done.stderr}`);
    assert.match(done.stderr, expected);
  }
}));

test('options before the command: the near word, or where they belong', withWorkspace({}, (place) => {
  for (const [words, expected] of [
    [['--hlep'], /^wavetrain: there is no option '--hlep' before the command \[usage\]\n {2}→ did you mean '--help'\?\n$/],
    [['-j', '3', 'run'], /^wavetrain: there is no option '-j' before the command \[usage\]\n {2}→ only -C DIR, -q, -v, --help and --version stand before it; all others behind it\n$/],
    [['run', '--feature', 'x'], /^wavetrain: 'run' has no option '--feature' \[usage\]\n {2}→ 'wavetrain run --help' lists them; a parameter is set with --feature=VALUE\n$/],
    [['-C'], /^wavetrain: -C needs a value \(DIR\) \[usage\]\n$/],
    [['run', '--budget', '0'], /^wavetrain: --budget takes a duration such as 30m or 5h30m, more than 0 and at most 366d, not '0' \[usage\]\n/],
  ]) {
    const done = place.run(words);
    assert.equal(done.status, 2, done.stderr);
    assert.match(done.stderr, expected);
  }
}));

test('approve makes no record, and tells a step that is not there from one that does not wait', withWorkspace({}, (place) => {
  const none = place.run(['approve', 'latest', 'a']);
  assert.equal(none.status, 2, none.stderr);
  assert.match(none.stderr, /\[run-unknown\]/);
  assert.equal(place.exists('.wavetrain'), false);
  place.pipeline("steps: [{id: look, run: 'true', gate: manual}, {id: b, needs: [look], run: 'true'}]\n");
  assert.equal(place.run(['run']).status, 75);
  for (const [word, expected] of [['lok', /has no step 'lok' \[usage\]\n {2}→ did you mean 'look'\?/], ['zzzz', /has no step 'zzzz' \[usage\]\n {2}→ wavetrain status run_/],
    ['b', /step 'b' of run 'run_\w+' does not wait for approval \[usage\]/]]) {
    const done = place.run(['approve', 'latest', word]);
    assert.equal(done.status, 2, done.stderr);
    assert.match(done.stderr, expected);
  }
}));

test('a question that is left without an answer ends its line', withWorkspace({}, async (place) => {
  place.pipeline("steps: [{id: look, run: 'true', gate: manual}]\n");
  for (const key of ['C-c', 'C-d'])
    await inTerminal(place, ['run'], {}, async (terminal) => {
      await terminal.shows(/waits for approval\. Go on\? \[y\/N\]/);
      terminal.keys(key);
      assert.equal(await terminal.ended(), 75);
      assert.match(terminal.history().join('\n'), /^interrupted: /m);
    });
}));

test('a run that is refused before it begins leaves no folder', withWorkspace({ git: false }, (place) => {
  place.write('wavetrain.yml', "checkpoint: {branch: main}\nsteps: [{id: a, run: 'true'}]\n");
  const done = place.run(['run']);
  assert.equal(done.status, 4, done.stderr);
  assert.match(done.stderr, /\[not-a-repository\]/);
  assert.deepEqual(readdirSync(join(place.path, '.wavetrain', 'runs')), []);
}));

test('commands that are offered can be pasted, whatever a path is called', withWorkspace({ git: false }, (place, context) => {
  place.write('old one.yml', 'connectors: []\nanalysers: []\n');
  assert.match(place.run(['validate', 'old one.yml']).stdout, /= wavetrain init --from 'old one\.yml'$/m);
  if (process.getuid() !== 0) return context.diagnostic('only root can give a repository away');
  const folder = join(place.path, 'of somebody');
  place.write('of somebody/wavetrain.yml', "steps: [{id: a, run: 'true'}]\n");
  spawnSync('sh', ['-c', 'git init -q "$0" && chown -R 12345 "$0"', folder], { env: cleanEnvironment() });
  const done = place.run(['run'], { cwd: folder });
  assert.equal(done.status, 4, done.stderr);
  assert.match(done.stderr, /belongs to another user, so git refuses it \[git\]\n {2}→ run `git config --global --add safe\.directory '\/\S+\/of somebody'`\n/);
}));

test('init in a subfolder says where its files are', withWorkspace({}, (place) => {
  mkdirSync(join(place.path, 'sub'));
  const done = place.run(['init'], { cwd: join(place.path, 'sub') });
  assert.equal(done.status, 0, done.stderr);
  const [, written] = done.stdout.match(/^wrote (\S+\/wavetrain\.yml)$/m);
  assert.equal(readFileSync(written, 'utf8'), place.read('wavetrain.yml'));
  assert.match(place.run(['init']).stdout, /^left alone, it is there already: wavetrain\.yml$/m);
}));

test('what a schema expected to be JSON and is none', withWorkspace({}, (place) => {
  place.pipeline("steps: [{id: a, run: 'echo { > o.json', outputs: {o: o.json}, contract: {type: json_schema, source: o, schema: {type: object}}}]\n");
  const done = place.run(['run']);
  assert.equal(done.status, 1, done.stderr);
  assert.match(done.stdout, /^ {2}a: contract failed: json_schema of o: o: expected JSON, found none: line 2, column 1: /m);
}));

test('an optional value that stands apart is taken, or refused, never passed over', withWorkspace({}, (place) => {
  place.pipeline("steps: [{id: first, run: 'true'}]\n");
  place.run(['run']);
  const first = place.latest().id;
  place.write('wavetrain.yml', "steps: [{id: second, run: 'true'}]\n");
  place.run(['run']);
  assert.match(place.run(['graph', '--run']).stdout, /\["second"\]/);
  assert.match(place.run(['graph', '--run', first]).stdout, /\["first"\]/);
  assert.match(place.run(['graph', '--run', 'latest']).stdout, /\["second"\]/);
  for (const [words, expected] of [
    [['graph', '--run', 'nope'], /^wavetrain: no run 'nope' is on record \[run-unknown\]/],
    [['graph', `--run=${first}`, 'wavetrain.yml'], /^wavetrain: 'graph' draws the run '\w+' or the pipeline 'wavetrain\.yml', not both \[usage\]/],
    [['run', '--resume', 'require'], /^wavetrain: --resume takes its value behind '=': --resume=require \[usage\]/],
  ]) {
    const done = place.run(words);
    assert.equal(done.status, 2, done.stdout + done.stderr);
    assert.match(done.stderr, expected);
  }
}));

test('a run whose output cannot be written says so once, and is what it is', withWorkspace({}, (place) => {
  place.pipeline("steps: [{id: a, run: 'true'}]\n");
  for (const [script, expected] of [['"$0" run > /dev/full', /^wavetrain: the output of this run is not complete: No space left on device\n$/],
    ['"$0" run --output-format json > /dev/full', /^wavetrain: the output of this run is not complete: No space left on device$/m], ['"$0" run >&-', /^$/], ['"$0" run | true', /^$/]]) {
    const done = spawnSync('sh', ['-c', script, program], { cwd: place.path, env: cleanEnvironment(), encoding: 'utf8' });
    assert.equal(done.status, 0, done.stderr);
    assert.match(done.stderr, expected);
  }
}));

test('a file that may not grow is an error with a name, not the end of wavetrain', withWorkspace({}, (place) => {
  place.pipeline("steps: [{id: a, run: 'true'}]\n");
  const done = spawnSync('prlimit', ['--fsize=8192', program, 'run'], { cwd: place.path, env: cleanEnvironment(), encoding: 'utf8' });
  assert.equal(done.signal, null);
  assert.equal(done.status, 4, done.stderr);
  assert.match(done.stderr, /^wavetrain: the record of runs cannot be opened: .*: File too large \[\w+\]\n/);
  assert.equal(place.run(['run']).status, 0, 'and the next one goes on');
}));

test('too few open files are not taken for a folder of somebody else', withWorkspace({}, (place) => {
  place.pipeline("steps: [{id: a, run: 'true'}]\n");
  for (const limit of [5, 6]) {
    const done = spawnSync('prlimit', [`--nofile=${limit}`, program, 'run'], { cwd: place.path, env: cleanEnvironment(), encoding: 'utf8' });
    assert.equal(done.status, 4, done.stderr);
    assert.match(done.stderr, /^wavetrain: .*: Too many open files \[\w+\]\n(?! {2}→ check who owns)/);
  }
  assert.equal(place.run(['run']).status, 0, 'and the next one goes on');
}));

test('a word of the command line commands no terminal and begins no line', withWorkspace({}, (place) => {
  const done = place.run(['validate', 'a\x1b[31m\n::error::b']);
  assert.equal(done.status, 3);
  assert.match(done.stderr, /^wavetrain: no pipeline 'a<1B>\[31m<0A>::error::b'/);
  assert.doesNotMatch(done.stderr, /\x1b|^::/m);
}));

test('no permission: a read-only repository is refused before anything runs', mounting, withWorkspace({}, (place) => {
  place.pipeline("steps: [{id: a, run: 'touch ran'}]\n");
  // Root passes every permission, so the folder is made read-only by a mount of its own.
  const script = `mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && cd "$1" && exec "$2" run`;
  const done = spawnSync('unshare', ['-Urm', 'sh', '-c', script, 'sh', place.path, program], { env: cleanEnvironment(), encoding: 'utf8' });
  assert.equal(done.status, 4, done.stdout + done.stderr);
  assert.match(done.stderr, /Read-only file system|read-only|readonly/i);
  assert.equal(place.exists('ran'), false);
}));

test('a full disk: the sentence names it, what was done stays done', mounting, withWorkspace({}, (place) => {
  place.pipeline(`
steps:
  - {id: small, run: 'echo small > small.txt'}
  - {id: huge, needs: [small], run: 'head -c 30000000 /dev/zero > huge.bin', outputs: {huge: huge.bin}}
`);
  const disk = join(place.root, 'disk');
  mkdirSync(disk);
  const script = 'mount -t tmpfs -o size=20m none "$1" && WAVETRAIN_STATE_DIR="$1/state" "$2" run; status=$?; sqlite3 "$1/state/state.db" "select id || \'=\' || state from steps; pragma integrity_check"; exit $status';
  const done = spawnSync('unshare', ['-Urm', 'sh', '-c', script, 'sh', disk, program], { cwd: place.path, env: cleanEnvironment(), encoding: 'utf8' });
  assert.equal(done.status, 1, `${done.status} ${done.stdout} ${done.stderr}`);
  assert.match(done.stdout, /huge.*No space left on device/);
  assert.match(done.stdout, /small=done\nhuge=failed\nok\n$/);
}));

test('hostile files are refused at once', withWorkspace({}, (place) => {
  const hostile = {
    nesting: `steps: ${'['.repeat(100000)}`,
    aliases: `a: &a [x,x,x,x,x,x,x,x,x,x]\n${'bcdefghij'.split('').map((letter, i) => `${letter}: &${letter} [${Array(10).fill(`*${'abcdefghi'[i]}`)}]`).join('\n')}\n`,
    anchors: `steps:\n${Array.from({ length: 100000 }, (_, i) => `  - &a${i} x`).join('\n')}\n`,
    binary: Buffer.from([0x73, 0x74, 0, 0xff, 0xfe, 0x0a]),
    empty: '',
  };
  for (const [name, bytes] of Object.entries(hostile)) {
    writeFileSync(join(place.path, `${name}.yml`), bytes);
    const from = Date.now();
    const done = place.run(['validate', `${name}.yml`]);
    assert.equal(done.status, 3, `${name}: ${done.stderr.slice(0, 300)}`);
    assert.ok(Date.now() - from < 5000, `${name} took ${Date.now() - from} ms`);
  }
}));

test('hostile ids and outputs cannot leave their place', withWorkspace({}, (place) => {
  for (const text of ["steps: [{id: ../x, run: 'true'}]", "steps: [{id: a, run: 'true', outputs: {x: ../../etc/passwd}}]",
    "steps: [{id: a, run: 'true', workdir: /etc}]", "steps: [{id: a, run: 'true', outputs: {x: .git/config}}]"]) {
    place.write('wavetrain.yml', text);
    const done = place.run(['validate']);
    assert.equal(done.status, 3, `${text}: ${done.stdout}`);
  }
  place.pipeline("steps: [{id: a, run: 'ln -s /etc/passwd link.txt', outputs: {x: link.txt}}]\n");
  const done = place.run(['run']);
  assert.equal(done.status, 1, 'a symbolic link is no artifact');
  assert.match(done.stdout, /link/);
}));

test('a record that cannot be reached is not an empty one', withWorkspace({}, (place) => {
  place.write('.wavetrain', 'not a folder\n');
  const done = place.run(['status']);
  assert.equal(done.status, 4, done.stderr);
  assert.match(done.stderr, /the record of runs in \S+ cannot be read: Not a directory \[file\]/);
}));

test('a parameter of the command line is not mended in the file', withWorkspace({}, (place) => {
  place.pipeline("params: {size: {enum: [small, large]}}\nsteps: [{id: a, run: 'true'}]\n");
  const done = place.run(['run', '-p', 'size=huge']);
  assert.equal(done.status, 3, done.stderr);
  assert.match(done.stderr, /→ '-p NAME=VALUE' gives a parameter another value/);
  place.pipeline("params: {size: {enum: [small, large]}}\nstpes: []\n");
  assert.match(place.run(['run', '-p', 'size=huge']).stderr, /→ mend the file/);
}));

test('a run whose pipeline file is gone says what brings it back', withWorkspace({}, (place) => {
  place.pipeline("steps: [{id: a, run: 'false'}]\n", 'work.yml');
  assert.equal(place.run(['run', 'work.yml']).status, 1);
  const [{ id }] = place.record('SELECT id FROM runs');
  unlinkSync(join(place.path, 'work.yml'));
  const done = place.run(['resume']);
  assert.equal(done.status, 3, done.stderr);
  assert.ok(done.stderr.includes(`bring the file of run '${id}' back, or begin anew with 'wavetrain run PIPELINE'`), done.stderr);
}));

test("without HOME '~' among writable names no folder of that name", withWorkspace({}, (place) => {
  place.pipeline("steps: [{id: a, workspace: fresh, writable: [~/made], run: 'true'}]\n");
  assert.equal(place.run(['run'], { env: { HOME: undefined } }).status, 1);
  assert.equal(place.latest().steps[0].attempts[0].reason, "'writable' names '~/made', and HOME is not set");
  assert.ok(!place.exists('~'));
}));

// Every command as a user meets it: help, completion, formats, a run that was recorded.
import test from 'node:test';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { withWorkspace, Workspace } from '../rig/workspace.mjs';

const commands = ['init', 'validate', 'plan', 'run', 'resume', 'status', 'trace', 'timeline', 'audit', 'runs', 'graph', 'report', 'version', 'help', 'completion'];

test('the overview names every command, and each has a help of its own', withWorkspace({ git: false }, (place) => {
  const overview = place.run(['help']);
  assert.equal(overview.status, 0);
  for (const command of commands) {
    assert.match(overview.stdout, new RegExp(`^ {2}${command} `, 'm'));
    const asOption = place.run([command, '--help']);
    assert.equal(asOption.status, 0);
    assert.match(asOption.stdout, new RegExp(`^usage: wavetrain ${command}`));
    assert.equal(place.run(['help', command]).stdout, asOption.stdout);
  }
  assert.equal(place.run([]).stdout, overview.stdout);
  assert.equal(place.run(['--help']).stdout, overview.stdout);
}));

test('version names the libraries', withWorkspace({ git: false }, (place) => {
  const { stdout } = place.run(['version']);
  for (const library of ['libgit2', 'sqlite3', 'libyaml', 'jansson', 'libedit', 'libcurl', 'OpenSSL']) assert.match(stdout, new RegExp(`${library} \\d`));
  assert.match(place.run(['--version', '-q']).stdout, /^wavetrain \d+\.\d+\.\d+\n$/);
}));

test('completions are valid for their shells and offer the options', withWorkspace({ git: false }, (place) => {
  const bash = place.run(['completion', 'bash']).stdout;
  const offered = spawnSync('bash', ['-c', `${bash}\nCOMP_WORDS=(wavetrain run --re); COMP_CWORD=2; _wavetrain; echo "\${COMPREPLY[@]}"`], { encoding: 'utf8' });
  assert.equal(offered.stderr, '');
  assert.deepEqual(offered.stdout.trim().split(' ').sort(), ['--report-dir', '--report-name', '--resume']);
  assert.match(place.run(['completion', 'zsh']).stdout, /^#compdef wavetrain\n/);
  assert.match(place.run(['completion', 'fish']).stdout, /complete -c wavetrain .* -l jobs/);
  assert.equal(place.run(['completion', 'tcsh']).status, 2);
}));

test('the man page is one that man can read', withWorkspace({ git: false }, (place) => {
  const page = place.run(['help', '--format', 'man']).stdout;
  assert.match(page, /^\.TH WAVETRAIN 1/);
  for (const command of commands) assert.ok(page.includes(`.SS wavetrain ${command}`), command);
}));

const recorded = new Workspace();
recorded.pipeline(`
name: recorded
steps:
  - {id: build, run: 'echo built > built.txt', outputs: {built: built.txt}}
  - {id: lint, run: 'echo "no such file" >&2; exit 4'}
  - {id: test, inputs: [built], run: 'true'}
  - {id: ship, needs: [test, lint], run: 'true'}
`);
assert.equal(recorded.run(['run']).status, 1);

test('reading commands answer in text and JSON', () => {
  const id = recorded.latest().id;
  for (const command of ['status', 'trace', 'timeline', 'audit', 'runs']) {
    const words = command === 'runs' ? [command] : [command, 'latest'];
    const text = recorded.run(words);
    assert.equal(text.status, 0, `${command}: ${text.stderr}`);
    assert.ok(text.stdout.length > 40 && text.stdout.endsWith('\n'), command);
    const json = recorded.run([...words, '--format', 'json']);
    assert.equal(json.status, 0, `${command} --format json: ${json.stderr}`);
    const values = command === 'audit' ? json.stdout.trim().split('\n').map((line) => JSON.parse(line)) : [JSON.parse(json.stdout)];
    assert.ok(values.every((value) => value.v === 1), command);
  }
  assert.equal(JSON.parse(recorded.run(['runs', '--format', 'json']).stdout).runs[0].id, id);
  assert.match(recorded.run(['status']).stdout, /2\/4 steps|50%/);
  assert.match(recorded.run(['trace', 'latest', 'lint']).stdout, /exit status 4/);
  assert.match(recorded.run(['trace', 'latest', 'lnit']).stderr, /did you mean 'lint'/);
  assert.match(recorded.run(['status', id.slice(0, -2)]).stdout, new RegExp(id));
});

test('plan and graph in every format', () => {
  for (const [words, expected] of [[['plan'], /Wave 1/], [['plan', '--format', 'mermaid'], /^graph TD\n/], [['plan', '--format', 'dot'], /^digraph/],
    [['graph'], /n1\["build"\]/], [['visualise', '--format', 'dot'], /^digraph/], [['graph', '--run', '--format', 'mermaid'], /:::failed/]]) {
    const done = recorded.run(words);
    assert.equal(done.status, 0, `${words}: ${done.stderr}`);
    assert.match(done.stdout, expected);
  }
  const dot = recorded.run(['graph', '--run=latest', '--format', 'dot']).stdout;
  const drawn = spawnSync('dot', ['-Tsvg'], { input: dot, encoding: 'utf8' });
  assert.equal(drawn.status, 0, drawn.stderr);
  const plan = JSON.parse(recorded.run(['plan', '--format', 'json']).stdout);
  for (const key of ['v', 'name', 'format', 'mode', 'jobs', 'waves', 'serial', 'steps', 'order', 'critical_path', 'totals']) assert.ok(key in plan, key);
});

test('-C works from elsewhere, and a run is found from a subfolder', () => {
  assert.match(recorded.run(['-C', recorded.path, 'status'], { cwd: '/' }).stdout, /recorded/);
  recorded.write('deep/er/file', '');
  assert.match(recorded.run(['status'], { cwd: `${recorded.path}/deep/er` }).stdout, /recorded/);
  assert.equal(recorded.run(['-C', '/no/such/folder', 'status']).status, 4);
});

test.after(() => recorded.remove());

// What GitHub hears of a run and what its runner reads from us: statuses, the comment, summary,
// outputs, annotations; and that trouble with GitHub costs a line, never the result.
import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { TOKEN, withJob } from '../rig/actions-job.mjs';
import { startValidatingProxy } from '../rig/github/proxy.mjs';
import { endsStopped, obeyedCommands } from '../rig/runner-commands.mjs';
import { cleanEnvironment } from '../rig/workspace.mjs';

const GOOD = "name: Night batch\nsteps:\n  - {id: one, run: 'echo 1 > one.txt'}\n  - {id: two, needs: [one], run: 'echo 2 > two.txt'}\n";
const BAD = "name: Night batch\nsteps:\n  - {id: one, run: 'echo 1 > one.txt'}\n  - {id: two, needs: [one], run: 'echo going; echo wrong >&2; exit 3'}\n  - {id: after, needs: [two], run: 'true'}\n";
const PULL = { event: 'pull_request', pull: 7 };

const parallel = { concurrency: 6 };
const brief = (status) => [status.sha, status.state];
const warnings = (run) => run.stderr.split('\n').filter((line) => line.startsWith('wavetrain: '));
const comments = (job) => job.github.state().comments.filter((one) => one.body.includes('<!-- wavetrain:'));

function assertNoTrace(text, where) {
  for (const word of [TOKEN, Buffer.from(`x-access-token:${TOKEN}`).toString('base64'), encodeURIComponent(TOKEN)])
    assert.ok(!text.includes(word), `the token is in ${where}`);
  // Inside any longer base64 text: the three ways its bytes can fall.
  for (const before of ['', 'x', 'xx']) {
    const whole = Buffer.from(before + TOKEN).toString('base64');
    assert.ok(!text.includes(whole.slice(4, -4)), `the token is in ${where}, in base64`);
  }
}

describe('statuses', parallel, () => {
  test('a push: pending, then the result on the commit and on the wave commit that was pushed', withJob({ pipeline: GOOD }, async (job) => {
    const run = await job.run();
    assert.equal(run.status, 0, run.stdout + run.stderr);
    const tip = job.git('rev-parse', 'HEAD');
    assert.notEqual(tip, job.sha);
    const { statuses } = job.github.state();
    assert.deepEqual(statuses.map(brief), [[job.sha, 'pending'], [job.sha, 'success'], [tip, 'success']]);
    for (const status of statuses) {
      assert.equal(status.context, 'wavetrain / Night batch');
      assert.equal(status.target_url, `${job.serverUrl}/octo/train/actions/runs/4711`);
      assert.ok(status.description.length > 0 && [...status.description].length <= 140);
    }
    assert.match(statuses[1].description, /2 (of 2 )?steps/);
    assert.deepEqual(job.github.state().comments, [], 'no pull request, no comment');
    assert.ok(job.github.requests().length <= 4, 'few requests');
    assert.equal(warnings(run).length, 0, run.stderr);
  }));

  test('a pull request: on the head of the event file, never on the merge commit', withJob({ ...PULL, pipeline: BAD }, async (job) => {
    const run = await job.run();
    assert.equal(run.status, 1);
    assert.notEqual(job.head, job.sha);
    assert.deepEqual(job.github.state().statuses.map(brief), [[job.head, 'pending'], [job.head, 'failure']]);
    assert.match(job.github.state().statuses[1].description, /failed/);
  }));

  test('a push to a branch with an open pull request comments there', withJob({ pipeline: GOOD }, async (job) => {
    job.github.options.pulls = [{ number: 3, state: 'closed', head: 'f'.repeat(40), commits: [job.sha] }, { number: 12, head: job.sha }];
    assert.equal((await job.run()).status, 0);
    assert.deepEqual(comments(job).map((one) => one.issue), [12]);
  }));

  test('off means no request at all', withJob({ ...PULL, pipeline: GOOD }, async (job) => {
    const run = await job.run(['run', '--status', 'off', '--comment', 'off']);
    assert.equal(run.status, 0, run.stderr);
    assert.deepEqual(job.github.requests(), []);
  }));

  test('a run that is interrupted leaves the status pending', withJob({ ...PULL, pipeline: "steps: [{id: long, run: 'touch \"$RUNNER_TEMP/started\"; exec sleep 100'}]\n" }, async (job) => {
    const child = job.launch(['run']);
    await job.appears('started', child);
    child.kill('SIGINT');
    assert.equal((await child.ended).status, 75);
    assert.deepEqual(job.github.state().statuses.map((one) => one.state), ['pending', 'pending']);
    assert.equal(job.outputs().result, 'interrupted');
    assert.match(job.summary(), /wavetrain resume run_/);
  }));
});

describe('the comment', parallel, () => {
  test('is one, found through all pages by marker and author, and updated in place', withJob({ ...PULL, pipeline: "name: Night batch\nsteps:\n  - {id: one, run: 'test -e \"$RUNNER_TEMP/mended\" || { echo not mended; exit 3; }'}\n" }, async (job) => {
    const forged = '<!-- wavetrain:Night%20batch:v1 -->\nthis is not yours';
    for (let i = 0; i < 130; i++) job.github.addComment({ issue: 7, body: `remark ${i}`, login: 'someone' });
    job.github.addComment({ issue: 7, body: forged, login: 'mallory' });
    job.github.addComment({ issue: 7, body: `> quoted\n${forged}`, login: 'github-actions[bot]' });
    for (let i = 0; i < 130; i++) job.github.addComment({ issue: 7, body: `remark ${i}`, login: 'someone' });
    const before = job.github.state().comments.length;

    const first = await job.run();
    assert.equal(first.status, 1, first.stderr);
    assert.equal(job.github.state().comments.length, before + 1);
    const ours = job.github.state().comments.at(-1);
    assert.match(ours.body, /^<!-- wavetrain:Night%20batch:v1 -->\n/);
    assert.match(ours.body, /failed/);
    assert.match(ours.body, /<b>one<\/b>.*exit status 3/);
    assert.match(ours.body, /not mended/);
    assert.match(ours.body, /wavetrain resume run_/);

    spawnSync('touch', [join(job.temp, 'mended')]);
    const second = await job.run(['resume']);
    assert.equal(second.status, 0, second.stdout + second.stderr);
    assert.equal(job.github.state().comments.length, before + 1, 'no second comment');
    const updated = job.github.state().comments.find((one) => one.id === ours.id);
    assert.match(updated.body, /completed|1 step/);
    assert.doesNotMatch(updated.body, /exit status 3/);
    assert.deepEqual(job.github.state().comments.filter((one) => one.body.endsWith('this is not yours')).length, 2, 'the forged ones are untouched');
    const patches = job.github.requests().filter((one) => one.method === 'PATCH').map((one) => one.path);
    assert.deepEqual(patches, [`/repos/octo/train/issues/comments/${ours.id}`]);
    assert.ok(job.github.requests().some((one) => /[?&]page=3\b/.test(one.path)), 'all pages were read');
  }));

  test('a lost answer does not make a second one', withJob({ ...PULL, pipeline: GOOD }, async (job) => {
    job.github.fault({ kind: 'lost', method: 'POST', path: '/comments' });
    assert.equal((await job.run()).status, 0);
    assert.equal(comments(job).length, 1);
  }));

  test('of failures only: none for a good run', withJob({ ...PULL, pipeline: GOOD }, async (job) => {
    assert.equal((await job.run(['run', '--comment', 'failures'])).status, 0);
    assert.equal(comments(job).length, 0);
  }));
});

describe('in the job', parallel, () => {
  test('summary, outputs, annotations, groups and the tail of a failure', withJob({ pipeline: BAD }, async (job) => {
    const run = await job.run(['run', '--report-name', 'night']);
    assert.equal(run.status, 1);
    assert.match(job.summary(), /^### Night batch: failed/);
    assert.match(job.summary(), /<b>two<\/b>: exit status 3/);
    assert.match(job.summary(), /wrong/);
    assert.match(job.summary(), /```mermaid\n/);
    const outputs = job.outputs();
    const tip = job.git('rev-parse', 'HEAD');
    assert.deepEqual({ ...outputs, 'run-id': 'X', 'resume-ref': outputs['resume-ref'].replace(outputs['run-id'], 'X') }, {
      result: 'failure', 'run-id': 'X', failed: 'two', report: join(job.path, 'wavetrain-report'), 'resume-ref': 'refs/wavetrain/runs/X', commit: tip });
    assert.match(outputs['run-id'], /^run_\d{8}_\d{6}$/);
    assert.equal(job.git('rev-parse', `${outputs['resume-ref']}^{commit}`).length, 40);
    assert.deepEqual(obeyedCommands(run.stdout).map(({ name, properties, data }) => [name, properties, data]), [
      ['group', {}, 'two'], ['endgroup', {}, ''], ['error', { title: 'step two failed' }, 'exit status 3']]);
    const afterGroups = run.stdout.slice(run.stdout.lastIndexOf('::endgroup::'));
    assert.match(afterGroups, /│ going\n.*│ wrong\n/s, 'the tail is printed outside the groups');
    assert.match(afterGroups, /resume: wavetrain resume run_/);
    assert.ok(job.exists('wavetrain-report/report.html'));
  }));

  test('a good run: outputs without failures, a second step keeps what the first wrote', withJob({ pipeline: GOOD }, async (job) => {
    const run = await job.run();
    assert.equal(run.status, 0);
    assert.equal(job.outputs().result, 'success');
    assert.equal(job.outputs().failed, '');
    assert.match(job.summary(), /^### Night batch: completed/);
    assert.ok(!obeyedCommands(run.stdout).some((one) => ['error', 'warning', 'notice'].includes(one.name)));
  }));

  test('at most ten annotations: nine failures and how many more', withJob({ pipeline: `steps:\n${Array.from({ length: 12 }, (_, i) => `  - {id: s${i}, run: 'exit ${i + 1}'}`).join('\n')}\n` }, async (job) => {
    const run = await job.run();
    assert.equal(run.status, 1);
    const errors = obeyedCommands(run.stdout).filter((one) => one.name === 'error');
    assert.equal(errors.length, 10);
    assert.match(errors[9].data, /^3 more/);
    assert.equal(job.outputs().failed.split('\n').length, 12);
  }));

  const HOSTILE = ['::error::boo', '  ::warning file=a,line=1::boo', '\\t::set-output name=x::boo', 'text ##[error]boo', '##[set-output name=x;]boo',
    '::add-mask::e', '::stop-commands::boo', '::endgroup::', '::group::boo', '##[endgroup]', '::add-matcher::boo.json', '##[add-path]/evil',
    'lone\\r::error::boo', 'lone\\r##[error]boo', '\\302\\240::error::boo', '\\342\\200\\213::error::boo', '\\302\\205::error::boo', '\\342\\200\\250::error::boo',
    '::ERROR::boo', '::save-state name=x::boo', '::debug::boo', '::echo::on', '%0A::error::boo', '#\\342\\200\\213#[error]boo', '\\033[31m::error::boo', '\\000::error::boo'];
  const hostilePrint = `printf '%b\\n' ${HOSTILE.map((text) => `"${text.replaceAll('\\', '\\\\')}"`).join(' ')}`;

  test('no output of a step commands the runner', withJob({ files: { 'hostile.sh': `${hostilePrint}\n${hostilePrint} >&2\nprintf '::error::no line end'\n` }, pipeline: `
name: '::error::Night ##[error]batch'
steps:
  - {id: good, name: '##[error]boo', run: 'sh hostile.sh'}
  - {id: fails, run: 'sh hostile.sh; exit 3'}
  - {id: named, run: 'true', contract: {type: command, run: 'sh hostile.sh; exit 4'}}
  - {id: missing, run: 'true', outputs: {result: 'out/##[error]boo.json'}}
  - {id: last, needs: [good], run: 'echo fine'}
` }, async (job) => {
    const run = await job.run(['run', '-j', '1']);
    assert.equal(run.status, 1, run.stderr);
    assert.match(run.stdout, /boo/, 'the output is shown');
    const expected = (one) =>
      (one.name === 'group' && ['good', 'fails', 'named', 'missing', 'last'].includes(one.data)) || one.name === 'endgroup' ||
      (one.name === 'error' && /^step (fails|named|missing) failed$/.test(one.properties.title));
    for (const ignoreStop of [false, true]) {
      for (const stream of ['stdout', 'stderr']) {
        const obeyed = obeyedCommands(run[stream], { ignoreStop });
        const foreign = obeyed.filter((one) => !expected(one));
        assert.deepEqual(foreign, [], `obeyed from ${stream}${ignoreStop ? ', stop-commands ignored' : ''}`);
        if (stream === 'stdout')
          assert.deepEqual([obeyed.filter((one) => one.name === 'endgroup').length, obeyed.filter((one) => one.name === 'error').length], [4, 3]);
      }
    }
    assert.equal(endsStopped(run.stdout), false);
    assert.doesNotMatch(run.stdout + run.stderr, /\r|##\[/);
    const tokens = [...run.stdout.matchAll(/^::stop-commands::(.*)$/gm)].map((match) => match[1]);
    assert.ok(tokens.every((token) => /^[0-9a-f]{32}$/.test(token)) && new Set(tokens).size === tokens.length);
  }));

  test('nor do names of files and the lines of a refused pipeline, on either stream', withJob({ files: { 'refused.yml': "steps:\n  - {id: a, run: 'true', '##[error]boo': 3}\n" }, pipeline: `
steps:
  - {id: big, run: 'truncate -s 60M "$(printf "##[error]boo\\n::error::boo\\r::error::boo")"'}
` }, async (job) => {
    for (const [words, status] of [[['run'], 4], [['run', 'refused.yml'], 3], [['run', '##[error]boo.yml'], 3], [['::error::boo'], 2], [['run', '--##[error]boo'], 2]]) {
      const run = await job.run(words);
      assert.equal(run.status, status, run.stdout + run.stderr);
      assert.match(run.stderr, /boo/);
      for (const stream of ['stdout', 'stderr'])
        assert.deepEqual(obeyedCommands(run[stream]).filter((one) => one.properties.title === undefined), [], `${words.join(' ')}: ${stream}`);
    }
  }));
});

describe('trouble with GitHub costs a line and never the result', parallel, () => {
  const always = (kind, more = {}) => ({ faults: [{ kind, count: 999, ...more }] });
  const cases = {
    'a read-only token': { github: { rights: 'read' }, lines: [/status.*Resource not accessible.*permissions: statuses: write/, /comment.*Resource not accessible.*permissions: pull-requests: write/], within: 8000 },
    'the read-only token of a fork': { github: { rights: 'read' }, fork: 'stranger/train', lines: [/status.*fork/, /comment.*fork/], within: 8000 },
    'a token that may only comment': { github: { rights: 'comments' }, lines: [/status.*permissions/], within: 8000, comments: 1 },
    'a wrong token': { env: { GITHUB_TOKEN: 'ghs_wrong_wrong_wrong_wrong_wrong_wrong_' }, lines: [/status.*401/, /comment.*401/], within: 8000 },
    'no token': { env: { GITHUB_TOKEN: undefined }, lines: [/no token/], within: 4000 },
    'a token with a line end in it': { env: { GITHUB_TOKEN: `${TOKEN}\n` }, lines: [/GITHUB_TOKEN holds blanks/, /no token/], within: 4000 },
    'no such repository (404)': { ...always('status', { status: 404 }), lines: [/status.*404/, /comment.*404/], within: 8000 },
    'a limit that passes (429)': { faults: [{ kind: 'retry-after', seconds: 1, count: 1 }], lines: [], within: 12000, comments: 1 },
    'a limit for an hour (429)': { ...always('retry-after', { seconds: 3600 }), lines: [/status.*limit lasts longer/], within: 8000 },
    'the hourly limit': { ...always('primary'), lines: [/status.*limit lasts longer/], within: 8000 },
    'a server error that passes': { faults: [{ kind: 'status', status: 500, count: 2 }], lines: [], within: 15000, comments: 1 },
    'HTML from a proxy that passes (502)': { faults: [{ kind: 'html502', count: 2 }], lines: [], within: 15000, comments: 1 },
    'a broken connection that passes': { faults: [{ kind: 'reset', count: 2 }], lines: [], within: 15000, comments: 1 },
    'HTML for ever (502)': { ...always('html502'), lines: [/status.*502/, /comment/], within: 45000 },
    'an answer that never comes': { ...always('slow', { after_ms: 90000 }), lines: [/status.*no answer/, /comment/], within: 45000 },
    'nobody at the address': { apiUrl: 'http://127.0.0.1:1', lines: [/status.*no connection/, /comment/], within: 45000 },
    'an address that is none': { apiUrl: 'nonsense', lines: [/address/], within: 4000 },
    'a redirect to another host': { ...always('redirect', { to: 'http://127.0.0.1:1/steal' }), lines: [/status.*redirect/, /comment.*redirect/], within: 8000 },
  };
  for (const [name, one] of Object.entries(cases)) {
    const failing = name.length % 2 === 0;
    test(`${name} (a run that ${failing ? 'fails' : 'succeeds'})`, withJob({ ...PULL, pipeline: failing ? BAD : GOOD, github: one.github, fork: one.fork }, async (job) => {
      for (const fault of one.faults ?? []) job.github.fault(fault);
      job.apiUrl = one.apiUrl;
      const run = await job.run(['run'], { env: one.env });
      assert.equal(run.status, failing ? 1 : 0, run.stdout + run.stderr);
      const lines = warnings(run);
      assert.equal(lines.length, one.lines.length, run.stderr);
      for (const [index, pattern] of one.lines.entries()) assert.match(lines[index], pattern);
      assert.ok(run.ms < one.within, `${Math.round(run.ms)} ms`);
      assert.equal(comments(job).length, one.comments ?? 0);
      assert.equal(job.outputs().result, failing ? 'failure' : 'success');
      assert.match(job.summary(), /Night batch/);
      assertNoTrace(run.stdout + run.stderr, 'the output');
    }));
  }

  test('an answer that repeats the token does not print it', withJob({ ...PULL, pipeline: GOOD }, async (job) => {
    job.github.fault({ kind: 'echo-token', count: 9 });
    const run = await job.run();
    assert.equal(run.status, 0);
    assert.match(run.stderr, /bad credentials/);
    assertNoTrace(run.stdout + run.stderr, 'the output');
  }));

  test('SIGINT while GitHub does not answer: out in time all the same', withJob({ ...PULL, pipeline: "steps: [{id: long, run: 'touch \"$RUNNER_TEMP/started\"; exec sleep 100'}]\n" }, async (job) => {
    const child = job.launch(['run']);
    await job.appears('started', child);
    job.github.fault({ kind: 'slow', after_ms: 90000, count: 999 });
    const from = performance.now();
    child.kill('SIGINT');
    const run = await child.ended;
    assert.equal(run.status, 75, run.stdout + run.stderr);
    assert.ok(performance.now() - from < 7000, `${Math.round(performance.now() - from)} ms`);
  }));
});

describe('the official description', () => {
  for (const [name, pipeline, status] of [['a good run', GOOD, 0], ['a failed run', BAD, 1]]) {
    test(`has nothing against the requests of ${name}`, withJob({ ...PULL, pipeline }, async (job) => {
      const proxy = await startValidatingProxy({ upstream: job.github.url });
      try {
        job.apiUrl = proxy.url;
        const run = await job.run();
        assert.equal(run.status, status);
        assert.deepEqual(warnings(run), []);
        assert.deepEqual(proxy.violations(), []);
        assert.equal(comments(job).length, 1);
        assert.equal(job.github.state().statuses.length, 2);
        // A second run updates: the third kind of request.
        assert.equal((await job.run(['run', '--resume=never'])).status, status);
        assert.deepEqual(proxy.violations(), []);
        assert.equal(comments(job).length, 1);
      } finally {
        await proxy.close();
      }
    }));
  }
});

describe('the token', parallel, () => {
  function* filesUnder(folder) {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) yield* filesUnder(path);
      else if (entry.isFile()) yield path;
    }
  }

  function allObjects(folder) {
    const done = spawnSync('git', ['cat-file', '--batch', '--batch-all-objects', '--unordered'], { cwd: folder, env: cleanEnvironment({ GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'safe.directory', GIT_CONFIG_VALUE_0: '*' }), maxBuffer: 1 << 28 });
    assert.equal(done.status, 0);
    return done.stdout.toString('latin1');
  }

  // The server does not answer the first wave's push. A push that carries a token is over before
  // the second wave starts: no process that the step can see holds it.
  const LOOK = `
steps:
  - {id: first, run: 'env; echo 1 > first.txt'}
  - {id: look, needs: [first], run: 'sh look.sh; exit 3'}
`;
  const LOOK_SCRIPT = `
for file in /proc/[0-9]*/cmdline; do tr '\\0' ' ' < $file; echo; done > "$RUNNER_TEMP/processes" 2> /dev/null
# Without the right to look into any process, as on a runner without sudo.
runner=$(ps -o ppid= -p $PPID | tr -d ' ')
for process in $PPID $runner; do
  tr '\\0' ' ' < /proc/$process/cmdline >> "$RUNNER_TEMP/parents"
  setpriv --bounding-set -all --inh-caps -all cat /proc/$process/environ >> "$RUNNER_TEMP/environments" 2>> "$RUNNER_TEMP/refusals"
done
env > "$RUNNER_TEMP/environment"
`;
  test('is in no file, output, object, argument list or environment that a step can see', withJob({ pipeline: LOOK, files: { 'look.sh': LOOK_SCRIPT } }, async (job) => {
    job.server.faults = ['hang'];
    const child = job.launch(['run', '--report-dir', 'out'], { env: { WAVETRAIN_TOKEN: TOKEN, INPUT_TOKEN: TOKEN } });
    await job.appears('environment', child);
    assert.ok(job.server.requests.some((one) => one.authorization !== ''), 'a push was on its way');
    job.server.faults = [];
    job.server.cut();
    const run = await child.ended;
    assert.equal(run.status, 1, run.stdout + run.stderr);
    const processes = readFileSync(join(job.temp, 'processes'), 'utf8');
    assert.match(processes, /look\.sh/);
    assert.doesNotMatch(processes, /git\S* push|git-remote-http/, 'no push runs beside a step');
    assert.match(readFileSync(join(job.temp, 'parents'), 'utf8'), /wavetrain run/);
    assert.match(readFileSync(join(job.temp, 'refusals'), 'utf8'), /denied|permitted/i, 'the environment of wavetrain cannot be read');
    assertNoTrace(run.stdout + run.stderr, 'the output');
    for (const path of [...filesUnder(job.path), ...filesUnder(job.temp), ...filesUnder(job.bare)])
      assertNoTrace(readFileSync(path, 'latin1'), path);
    for (const folder of [job.path, job.bare]) assertNoTrace(allObjects(folder), `the objects of ${folder}`);
    for (const request of job.github.requests()) assertNoTrace(request.path + request.body, 'a request');
  }));
});

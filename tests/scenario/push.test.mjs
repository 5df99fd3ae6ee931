// Every wave's commit goes to the server; what stands in the way costs a line, never the result.
import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { CHECKOUT_TOKEN, TOKEN, withJob } from '../rig/actions-job.mjs';
import { cleanEnvironment } from '../rig/workspace.mjs';

const parallel = { concurrency: 4 };
const QUIET = ['run', '--status', 'off', '--comment', 'off'];
const WAVES = "steps:\n  - {id: one, run: 'echo 1 > one.txt'}\n  - {id: two, needs: [one], run: 'echo 2 > two.txt'}\n  - {id: three, needs: [two], run: 'echo 3 > three.txt'}\n";
const pushLines = (run) => (run.stdout + run.stderr).split('\n').filter((line) => /push/i.test(line));

function subjects(folder, range) {
  const done = spawnSync('git', ['log', '--format=%s|%an|%ae|%cn', range], { cwd: folder, env: cleanEnvironment(), encoding: 'utf8' });
  return done.stdout.trimEnd().split('\n').map((line) => line.split('|'));
}

describe('what arrives', parallel, () => {
  for (const depth of [1, 0]) {
    test(`from a ${depth ? 'depth-1' : 'full'} clone the branch ends where the last wave did, by the bot`, withJob({ depth, pipeline: WAVES }, async (job) => {
      const run = await job.run(QUIET);
      assert.equal(run.status, 0, run.stdout + run.stderr);
      assert.equal(job.branch('main'), job.git('rev-parse', 'HEAD'));
      const bot = ['github-actions[bot]', '41898282+github-actions[bot]@users.noreply.github.com', 'github-actions[bot]'];
      assert.deepEqual(subjects(job.bare, `${job.sha}..main`), ['three', 'two', 'one'].map((id) => [`wavetrain: wave complete (${id})`, ...bot]));
      assert.deepEqual(pushLines(run), []);
      assert.equal(spawnSync('git', ['fsck', '--strict'], { cwd: job.bare, env: cleanEnvironment() }).status, 0);
      assert.equal(job.git('rev-parse', '--is-shallow-repository'), String(depth === 1), 'the clone is as it was');
    }));
  }

  test('a wave\'s commit is on the server while the next wave runs, under the configured name', withJob({ pipeline: `
steps:
  - {id: one, run: 'echo 1 > one.txt'}
  - id: two
    needs: [one]
    run: 'for try in $(seq 400); do test "$(git -C $BARE rev-parse main)" = "$(git rev-parse HEAD)" && exit 0; sleep 0.05; done; exit 9'
` }, async (job) => {
    job.git('config', 'user.name', 'Someone');
    job.git('config', 'user.email', 'someone@example.invalid');
    const run = await job.run(QUIET, { env: { BARE: job.bare } });
    assert.equal(run.status, 0, run.stdout + run.stderr);
    assert.deepEqual(subjects(job.bare, '-1').map(([, name, mail]) => [name, mail]), [['Someone', 'someone@example.invalid']]);
  }));

  test('a step that fails does not keep the good waves from the server', withJob({ pipeline: "steps:\n  - {id: one, run: 'echo 1 > one.txt'}\n  - {id: two, needs: [one], run: 'exit 3'}\n" }, async (job) => {
    assert.equal((await job.run(QUIET)).status, 1);
    assert.deepEqual(subjects(job.bare, `${job.sha}..main`).map(([subject]) => subject), ['wavetrain: wave complete (one)']);
  }));

  test('a new branch named by the pipeline is made on the server', withJob({ pipeline: `checkpoint: {branch: batch/night}\n${WAVES}` }, async (job) => {
    const run = await job.run(QUIET);
    assert.equal(run.status, 0, run.stdout + run.stderr);
    assert.equal(job.branch('main'), job.sha);
    assert.equal(job.branch('batch/night'), job.git('rev-parse', 'batch/night'));
  }));

  test('what a run could not push, its resumption pushes', withJob({ pipeline: "steps:\n  - {id: one, run: 'echo 1 > one.txt'}\n  - {id: two, needs: [one], run: 'test -e \"$RUNNER_TEMP/mended\" && echo 2 > two.txt'}\n" }, async (job) => {
    job.server.faults = ['500'];
    assert.equal((await job.run(QUIET)).status, 1);
    assert.equal(job.branch('main'), job.sha);
    job.server.faults = [];
    writeFileSync(join(job.temp, 'mended'), '');
    const resumed = await job.run(['resume', ...QUIET.slice(1)]);
    assert.equal(resumed.status, 0, resumed.stdout + resumed.stderr);
    assert.equal(job.branch('main'), job.git('rev-parse', 'HEAD'));
  }));
});

describe('the authorization', parallel, () => {
  test('that checkout left in the configuration serves without a token', withJob({ credentials: CHECKOUT_TOKEN, git: { token: CHECKOUT_TOKEN }, pipeline: WAVES }, async (job) => {
    const run = await job.run(QUIET, { env: { GITHUB_TOKEN: undefined } });
    assert.equal(run.status, 0, run.stdout + run.stderr);
    assert.equal(job.branch('main'), job.git('rev-parse', 'HEAD'));
  }));

  test('that checkout left behind an includeIf serves as well', withJob({ git: { token: CHECKOUT_TOKEN }, pipeline: WAVES }, async (job) => {
    const file = join(job.temp, 'git-credentials.config');
    writeFileSync(file, `[http "${job.serverUrl}/"]\n\textraheader = AUTHORIZATION: basic ${Buffer.from(`x-access-token:${CHECKOUT_TOKEN}`).toString('base64')}\n`);
    job.git('config', `includeIf.gitdir:${job.path}/.git.path`, file);
    const run = await job.run(QUIET, { env: { GITHUB_TOKEN: undefined } });
    assert.equal(run.status, 0, run.stdout + run.stderr);
    assert.equal(job.branch('main'), job.git('rev-parse', 'HEAD'));
  }));

  const silent = {
    'no token and none left: said once': { env: { GITHUB_TOKEN: undefined }, said: /no token/ },
    'outside CI and without a token: nothing': { env: { GITHUB_TOKEN: undefined, GITHUB_ACTIONS: undefined, CI: undefined } },
    'outside CI with what checkout left: nothing': { credentials: TOKEN, env: { GITHUB_TOKEN: undefined, GITHUB_ACTIONS: undefined } },
    '--push never: nothing': { words: ['--push', 'never'] },
    'push: never in the pipeline: nothing': { pipeline: `checkpoint: {push: never}\n${WAVES}` },
    'commits switched off: nothing': { pipeline: `checkpoint: {commit: false}\n${WAVES}` },
  };
  for (const [name, one] of Object.entries(silent)) {
    test(name, withJob({ pipeline: one.pipeline ?? WAVES, credentials: one.credentials }, async (job) => {
      const run = await job.run([...QUIET, ...(one.words ?? [])], { env: one.env });
      assert.equal(run.status, 0, run.stdout + run.stderr);
      assert.deepEqual(job.server.requests, []);
      assert.equal(job.branch('main'), job.sha);
      assert.equal(pushLines(run).length, one.said ? 1 : 0, run.stdout + run.stderr);
      if (one.said) assert.match(pushLines(run)[0], one.said);
    }));
  }

  async function startThief() {
    const seen = [];
    const server = createServer((request, answer) => {
      seen.push(`${request.method} ${request.url} ${request.headers.authorization ?? '-'}`);
      answer.writeHead(404).end();
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { seen, url: `http://127.0.0.1:${server.address().port}`, close: () => new Promise((resolve) => server.close(resolve)) };
  }

  // Everything in the configuration that a step could turn the next push with.
  const TRICKS = `
git config --add "url.$THIEF/.insteadOf" "$GITHUB_SERVER_URL/"
git config --add "url.$THIEF/.pushInsteadOf" "$GITHUB_SERVER_URL/"
git config remote.origin.pushurl "$THIEF/octo/train"
git config http.proxy "$THIEF"
git config remote.pushDefault thief
git config credential.helper "!touch $RUNNER_TEMP/tricked; false"
git config core.hooksPath "$PWD/hooks"
git config core.sshCommand "touch $RUNNER_TEMP/tricked"
git config core.fsmonitor "touch $RUNNER_TEMP/tricked"
mkdir -p .git/hooks
for name in pre-push reference-transaction post-commit; do
  printf '#!/bin/sh\\ntouch %s/tricked\\n' "$RUNNER_TEMP" > .git/hooks/$name; chmod +x .git/hooks/$name
done
`;
  test('goes where it was to go at the start, whatever a step writes into .git/config', withJob({ files: { 'tricks.sh': TRICKS }, pipeline: "steps:\n  - {id: one, run: 'echo 1 > one.txt; sh tricks.sh'}\n  - {id: two, needs: [one], run: 'echo 2 > two.txt'}\n" }, async (job) => {
    const thief = await startThief();
    try {
      const run = await job.run(QUIET, { env: { THIEF: thief.url } });
      assert.equal(run.status, 0, run.stdout + run.stderr);
      assert.deepEqual(thief.seen, []);
      assert.equal(job.branch('main'), job.git('rev-parse', 'HEAD'));
      assert.ok(!existsSync(join(job.temp, 'tricked')));
    } finally {
      await thief.close();
    }
  }));

  test('goes to no other server, even where the next run starts with such a configuration', withJob({ files: { 'tricks.sh': TRICKS }, pipeline: WAVES }, async (job) => {
    const thief = await startThief();
    try {
      spawnSync('sh', ['tricks.sh'], { cwd: job.path, env: job.environment({ THIEF: thief.url }) });
      const run = await job.run(QUIET, { env: { THIEF: thief.url } });
      assert.equal(run.status, 0, run.stdout + run.stderr);
      assert.deepEqual(thief.seen.filter((line) => !line.endsWith(' -')), [], 'nothing that authorises');
      assert.equal(pushLines(run).length, 1, run.stdout);
    } finally {
      await thief.close();
    }
  }));
});

describe('a push that cannot be done is said once and changes nothing', parallel, () => {
  const byHand = /by hand: git push origin [0-9a-f]{12}:refs\/heads\/main$/;
  const byMerge = /by hand: (git pull --no-rebase origin main && git push origin main)$/;

  /** Runs the command that a message offers in the clone, as somebody who may push. */
  async function runByHand(job, command) {
    job.git('config', `http.${job.serverUrl}/.extraheader`, `AUTHORIZATION: basic ${Buffer.from(`x-access-token:${TOKEN}`).toString('base64')}`);
    job.git('config', 'user.name', 'Someone');
    job.git('config', 'user.email', 'someone@example.invalid');
    const done = await job.launch(['-c', command], { command: 'sh' }).ended;
    assert.equal(done.status, 0, `${command}: ${done.stderr}`);
  }
  const cases = {
    'a protected branch (GH006)': { faults: ['protected'], said: /protection.*GH006/, tries: 1 },
    'repository rules (GH013)': { faults: ['rules'], said: /protection.*GH013/, tries: 1 },
    'a workflow file': { faults: ['workflow'], said: /workflow file/, tries: 1 },
    'a hook that says no': { faults: ['declined'], said: /refused by the server/, tries: 1 },
    'a read-only token (403)': { git: { rights: 'read' }, said: /403.*contents: write/, tries: 1 },
    'a wrong token (401)': { env: { GITHUB_TOKEN: 'ghs_wrong' }, said: /401/, tries: 1 },
    'a repository that is not there (404)': { faults: ['404'], said: /no such repository/, tries: 1 },
    'a server error': { faults: ['500'], said: /error of its own/ },
    'a connection that breaks': { faults: ['reset'], said: /no answer/ },
    'an answer that is lost': { faults: ['lost'], said: /no answer/, arrives: true },
    'somebody else who pushes meanwhile': { faults: ['race'], said: /somebody else/, tries: 1, moved: true },
    'a server that does not answer': { faults: ['hang'], said: /deadline/, within: 45000 },
  };
  for (const [name, one] of Object.entries(cases)) {
    test(name, withJob({ pipeline: WAVES, git: one.git }, async (job) => {
      job.server.faults = one.faults ?? [];
      const run = await job.run(QUIET, { env: one.env });
      assert.equal(run.status, 0, run.stdout + run.stderr);
      assert.ok(run.ms < (one.within ?? 15000), `${Math.round(run.ms)} ms`);
      assert.equal(job.git('rev-list', '--count', `${job.sha}..HEAD`), '3', 'every commit is here');
      const lines = pushLines(run);
      assert.equal(lines.length, 1, run.stdout + run.stderr);
      assert.match(lines[0], one.said);
      assert.match(lines[0], one.moved ? byMerge : byHand);
      const commit = one.moved ? 'main' : /git push origin ([0-9a-f]+):/.exec(lines[0])[1];
      assert.equal(job.git('rev-parse', commit), job.git('rev-parse', 'HEAD'), 'the command names the last commit');
      assert.ok(job.summary().includes('by hand'), 'the summary says it too');
      if (!one.arrives && !one.moved) assert.equal(job.branch('main'), job.sha);
      const first = job.server.requests.filter((request) => request.path.includes('info/refs'));
      // Unauthorised requests make git ask a second time.
      if (one.tries) assert.ok(first.length <= 2, `${first.length} tries`);
      assert.equal(job.outputs().result, 'success');
    }));
  }

  test('somebody else has pushed before: refused, their work is not overwritten', withJob({ pipeline: WAVES }, async (job) => {
    const other = join(job.root, 'other');
    const git = (folder, ...words) => assert.equal(spawnSync('git', ['-c', 'user.name=Other', '-c', 'user.email=other@example.invalid', ...words], { cwd: folder, env: cleanEnvironment() }).status, 0);
    git(job.root, 'clone', '-q', job.bare, other);
    appendFileSync(join(other, 'README.md'), 'more\n');
    git(other, 'commit', '-q', '-am', 'theirs');
    git(other, 'push', '-q');
    const theirs = job.branch('main');
    assert.notEqual(theirs, job.sha);
    const run = await job.run(QUIET);
    assert.equal(run.status, 0);
    assert.equal(job.branch('main'), theirs);
    assert.equal(pushLines(run).length, 1);
    assert.match(pushLines(run)[0], /somebody else pushed/);
    const ours = job.git('rev-parse', 'HEAD');
    await runByHand(job, byMerge.exec(pushLines(run)[0])[1]);
    git(job.bare, 'merge-base', '--is-ancestor', ours, 'main');
    git(job.bare, 'merge-base', '--is-ancestor', theirs, 'main');
  }));

  test('no remote: the command says what is missing', withJob({ pipeline: WAVES }, async (job) => {
    job.git('remote', 'remove', 'origin');
    const run = await job.run(QUIET);
    assert.equal(run.status, 0, run.stdout + run.stderr);
    assert.equal(pushLines(run).length, 1, run.stdout + run.stderr);
    const command = /no remote named origin; by hand: (git remote add origin URL && git push origin main)$/.exec(pushLines(run)[0])[1];
    await runByHand(job, command.replace('URL', job.remote));
    assert.equal(job.branch('main'), job.git('rev-parse', 'HEAD'));
  }));

  test('nobody at the address', withJob({ pipeline: WAVES }, async (job) => {
    job.git('remote', 'set-url', 'origin', 'http://127.0.0.1:1/octo/train');
    const run = await job.run(QUIET, { env: { GITHUB_SERVER_URL: 'http://127.0.0.1:1' } });
    assert.equal(run.status, 0);
    assert.equal(pushLines(run).length, 1);
    assert.match(pushLines(run)[0], /no answer.*by hand/);
  }));

  test('SIGINT while the server does not answer: out in time all the same', withJob({ pipeline: "steps:\n  - {id: one, run: 'echo 1 > one.txt'}\n  - {id: long, needs: [one], run: 'touch \"$RUNNER_TEMP/started\"; exec sleep 100'}\n" }, async (job) => {
    job.server.faults = ['hang'];
    const child = job.launch(QUIET);
    await job.appears('started', child);
    const from = performance.now();
    child.kill('SIGINT');
    const run = await child.ended;
    assert.equal(run.status, 75, run.stdout + run.stderr);
    assert.ok(performance.now() - from < 7000, `${Math.round(performance.now() - from)} ms`);
    assert.equal(job.git('rev-list', '--count', `${job.sha}..HEAD`), '1');
  }));
});

// What `wavetrain run` shows: lines for people and logs, GitHub's groups, a terminal's live block,
// JSON and Markdown for programs.
import test from 'node:test';
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until, withWorkspace } from '../rig/workspace.mjs';
import { inTerminal, uncolored, width } from '../rig/terminal.mjs';

const longName = `an-integration-test-${'of-everything-'.repeat(4)}end`;

// A log that would clear the screen, ring, recolour, set a title, overwrite and reverse.
const hostile = String.raw`printf 'seen\033[2J\033[31m red \007 \033]0;title\007 back\rover \302\233 5m \342\200\256 tail\n'`;

const mixed = `
name: mixed
execution: {jobs: 3}
steps:
  - {id: setup, run: 'echo ready > setup.txt'}
  - {id: ${longName}, needs: [setup], run: 'echo fine'}
  - {id: flaky, needs: [setup], run: 'echo attempt $WAVETRAIN_ATTEMPT; test "$WAVETRAIN_ATTEMPT" = 2', retry: {max: 2, backoff: 10ms}}
  - {id: bad, needs: [setup], run: ${JSON.stringify(`${hostile}; exit 3`)}}
  - {id: after, needs: [bad], run: 'true'}
`;

const stepLine = /^ {2}([✓↻✕»–]) (\S+) +(\d+ ms|\d+\.\d s|\d+m \d\ds)?/;
const blockHead = /^\[\d+\/\d+ /;
const unsafe = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/;
const linesOf = (text) => text.replace(/\n$/, '').split('\n');

test('plain: a line for every change of state, columns aligned, nothing that commands a terminal', withWorkspace({}, (place) => {
  place.pipeline(mixed);
  const done = place.run(['run', '-j', '3']);
  assert.equal(done.status, 1, done.stderr);
  assert.doesNotMatch(done.stdout + done.stderr, unsafe);
  const lines = linesOf(done.stdout);
  for (const line of lines.filter((each) => !/ \(all: |^ {2}report: /.test(each))) assert.ok(width(line) <= 120, line);

  const steps = lines.map((line) => stepLine.exec(line)).filter(Boolean);
  const shown = steps.map((match) => [match[2].includes('…') ? longName : match[2], match[1]]).sort();
  assert.deepEqual(shown, [['after', '»'], ['bad', '✕'], ['flaky', '↻'], ['flaky', '✓'], [longName, '✓'], ['setup', '✓']].sort());
  const ends = new Set(steps.filter((match) => match[3]).map((match) => width(match[0])));
  assert.equal(ends.size, 1, `durations end in one column:\n${done.stdout}`);
  const short = steps.map((match) => match[2]).find((name) => name.includes('…'));
  assert.ok(width(short) <= 40 && longName.startsWith(short.split('…')[0]) && longName.endsWith(short.split('…')[1]), short);
}));

test('plain: a title of any length keeps its line short', withWorkspace({}, (place) => {
  const group = `group-${'g'.repeat(400)}`;
  place.pipeline(`name: ${'p'.repeat(5000)}\nsteps:\n  - {id: a, group: ${group}, run: 'true'}\n  - {id: b, group: ${group}, run: 'true'}\n`);
  const done = place.run(['run']);
  assert.equal(done.status, 0, done.stderr);
  const lines = linesOf(done.stdout);
  for (const line of lines.filter((each) => !/^ {2}report: /.test(each))) assert.ok(width(line) <= 120, line);
  assert.match(lines[0], /^p+…p+ {2}run_\S+ {2}2 steps/);
  assert.match(done.stdout, /^wave 1\/1 {2}group-g+…g+ {2}2 steps/m);
  assert.match(place.run(['runs']).stdout, /p…p+ {2}completed/);
}));

test('plain: the tail of what failed comes last, before the verdict', withWorkspace({}, (place) => {
  place.pipeline(mixed);
  const lines = linesOf(place.run(['run']).stdout);
  const tail = lines.findIndex((line) => line.startsWith('▸ bad: last lines'));
  const verdict = lines.findIndex((line) => line.startsWith('failed: 1 of 5 steps failed, 1 skipped, 1 retried'));
  assert.ok(tail > lines.findLastIndex((line) => stepLine.test(line)), lines.join('\n'));
  assert.ok(verdict > tail);
  const shown = lines.slice(tail + 1, verdict);
  assert.ok(shown.length >= 1 && shown.every((line) => line.startsWith('  │ ')), shown.join('\n'));
  assert.match(shown.join('\n'), /over .*tail/s);
  assert.match(lines.slice(verdict).join('\n'), /\n {2}bad: exit status 3\n {2}resume: wavetrain resume run_\S+\n {2}report: /);
}));

test('plain: ASCII alone where the locale is not UTF-8', withWorkspace({}, (place) => {
  place.pipeline(mixed.replace(JSON.stringify(hostile).slice(1, -1), 'echo seen'));
  const done = place.run(['run'], { env: { LC_ALL: 'C' } });
  assert.equal(done.status, 1, done.stderr);
  assert.doesNotMatch(done.stdout + done.stderr, /[^\n\x20-\x7e]/);
  for (const glyph of ['\\+', '~', 'x', '/']) assert.match(done.stdout, new RegExp(`^  ${glyph} \\S`, 'm'));
}));

test('colours: refused by NO_COLOR, forced into a pipe by CLICOLOR_FORCE, never with cursor codes', withWorkspace({}, (place) => {
  place.pipeline(mixed);
  const forced = place.run(['run'], { env: { CLICOLOR_FORCE: '1', NO_COLOR: '' } });
  assert.match(forced.stdout, /\x1b\[32m✓\x1b\[0m setup/);
  assert.doesNotMatch(uncolored(forced.stdout), unsafe);
  for (const [words, env] of [[['run'], { CLICOLOR_FORCE: '1', NO_COLOR: '1' }], [['run'], { CLICOLOR_FORCE: '0', NO_COLOR: '' }],
    [['run', '--no-color'], { CLICOLOR_FORCE: '1', NO_COLOR: '' }]])
    assert.doesNotMatch(place.run(words, { env }).stdout, /\x1b/, JSON.stringify(env));
}));

test('quiet: failures and the result alone', withWorkspace({}, (place) => {
  place.pipeline(mixed);
  const lines = linesOf(place.run(['run', '-q']).stdout);
  assert.match(lines[0], /^ {2}✕ bad /);
  assert.match(lines[1], /^▸ bad: last lines/);
  const rest = lines.slice(2).filter((line) => !line.startsWith('  │ '));
  assert.deepEqual(rest.map((line) => line.split(':')[0]), ['failed', '  bad', '  resume', '  report']);
  place.pipeline("steps: [{id: a, run: 'echo a > a.txt'}]\n");
  const good = place.run(['run', '-q']);
  assert.deepEqual(linesOf(good.stdout).map((line) => line.split(':')[0]), ['completed', '  report']);
  assert.equal(good.stderr, '');
}));

test('json: lines of JSON alone on stdout, of a failure too; the verdict on stderr', withWorkspace({}, (place) => {
  place.pipeline(mixed);
  const done = place.run(['run', '--output-format', 'json'], { env: { CLICOLOR_FORCE: '1', NO_COLOR: '' } });
  assert.equal(done.status, 1);
  const events = linesOf(done.stdout).map((line) => JSON.parse(line));
  assert.ok(events.every((event) => event.v === 1 && event.event));
  const count = (name) => events.filter((event) => event.event === name).length;
  assert.deepEqual(['step_completed', 'step_failed', 'step_retried', 'step_skipped'].map(count), [3, 1, 1, 1]);
  assert.match(done.stderr, /failed: 1 of 5 steps failed/);
  assert.doesNotMatch(done.stderr, unsafe);
}));

test('github-comment: Markdown alone on stdout', withWorkspace({}, (place) => {
  place.pipeline(mixed);
  const done = place.run(['run', '--output-format', 'github-comment']);
  assert.equal(done.status, 1);
  assert.match(done.stdout, /^### mixed: failed/);
  assert.doesNotMatch(done.stdout, unsafe);
  assert.doesNotMatch(done.stdout, /^ {2}[✓✕↻»] |^wave \d|^::/m);
  for (const tag of ['details', 'summary'])
    assert.equal(done.stdout.split(`<${tag}>`).length, done.stdout.split(`</${tag}>`).length, tag);
  assert.match(done.stderr, /failed: 1 of 5 steps failed/);
}));

/** The lines outside of stop-commands, and the tokens; fails when a pair is not closed. */
function outsideOfStops(lines) {
  const tokens = [];
  const outside = [];
  let token = null;
  for (const [index, line] of lines.entries()) {
    if (token !== null) {
      if (line === `::${token}::`) token = null;
      continue;
    }
    const begin = /^::stop-commands::(.*)$/.exec(line);
    if (begin) tokens.push((token = begin[1]));
    else outside.push({ index, line });
  }
  assert.equal(token, null, 'the last stop-commands is ended');
  return { tokens, outside };
}

test('github: groups are balanced and flat, output is between tokens, ten annotations at most', withWorkspace({}, (place) => {
  const failing = Array.from({ length: 12 }, (_, index) => `  - {id: bad-${index}, run: ${JSON.stringify(`echo ::group::mine; echo ::endgroup::; ${hostile}; echo last words of ${index}; exit 3`)}}`);
  place.pipeline(`${mixed.replace('mixed', 'many')}${failing.join('\n')}\n`);
  const done = place.run(['run', '--push', 'never'], { env: { GITHUB_ACTIONS: 'true' } });
  assert.equal(done.status, 1, done.stderr);
  assert.doesNotMatch(done.stdout, /\r/);
  const lines = linesOf(done.stdout);
  const { tokens, outside } = outsideOfStops(lines);
  for (const { line } of outside) assert.doesNotMatch(line, unsafe);
  assert.equal(new Set(tokens).size, tokens.length);
  for (const token of tokens) assert.match(token, /^[0-9a-f]{32}$/);

  let open = null;
  const groups = [];
  for (const { index, line } of outside) {
    const title = /^::group::(.*)$/.exec(line);
    if (title) {
      assert.equal(open, null, `'${line}' inside of '${open?.title}'`);
      open = { title: title[1], from: index };
    } else if (line === '::endgroup::') {
      assert.ok(open, 'an end without a begin');
      groups.push({ ...open, to: index });
      open = null;
    } else {
      assert.equal(open, null, `'${line}' is folded away in '${open?.title}'`);
    }
  }
  assert.equal(open, null);
  assert.deepEqual(groups.map((group) => group.title).sort(), [longName, 'flaky', 'flaky (attempt 2)', 'bad', ...failing.map((_, index) => `bad-${index}`)].sort());
  assert.equal(tokens.length, groups.length);

  const errors = outside.filter(({ line }) => line.startsWith('::error')).map(({ line }) => line);
  assert.equal(errors.length, 10);
  assert.match(errors[9], /^::error::4 more /);
  for (const error of errors.slice(0, 9)) assert.match(error, /^::error title=step bad(-\d+)? failed::exit status 3$/);

  const tails = outside.filter(({ line }) => line.startsWith('▸ '));
  assert.equal(tails.length, 10);
  for (const { index, line } of tails) {
    const name = /^▸ (\S+): last lines/.exec(line)[1];
    assert.ok(index > groups.find((group) => group.title === name).to, `${name}: the tail is behind its group`);
  }
}));

// Steps that wait for a file, so that the block can be looked at for as long as it takes.
const gate = (after = 'true') => `while ! test -e ../go; do sleep 0.05; done; ${after}`;
const open = (place) => writeFileSync(join(place.root, 'go'), '');

const held = `
name: held
execution: {jobs: 14}
steps:
  - {id: setup, run: 'echo ready > setup.txt'}
  - {id: bad, needs: [setup], run: 'echo trouble; exit 3'}
  - {id: flaky, needs: [setup], run: 'test "$WAVETRAIN_ATTEMPT" = 2', retry: {max: 2, backoff: 10ms}}
  - {id: ${longName}, needs: [setup], run: 'echo 日本語のとても長い出力の行です。${'漢字'.repeat(60)}; ${gate()}'}
  - {id: coloured, needs: [setup], run: ${JSON.stringify(`${hostile}; ${gate()}`)}}
${Array.from({ length: 10 }, (_, index) => `  - {id: slow-${index}, needs: [setup], run: 'echo é and ${'long words '.repeat(25)}; ${gate()}'}`).join('\n')}
`;

/** The blocks of all frames so far, as lines of visible text. */
function blocks(raw) {
  const frames = raw.split('\x1b[?2026h').slice(1).filter((frame) => frame.includes('\x1b[?2026l'));
  return frames.map((frame) => {
    const lines = frame.split('\x1b[?2026l')[0].replace(/\x1b(\[[\d;?]*[A-Za-z]|[78])/g, '').split(/\r*\n/).map((line) => line.replaceAll('\r', ''));
    const head = lines.findIndex((line) => blockHead.test(line));
    return head < 0 ? [] : lines.slice(head).filter((line) => line !== '');
  });
}

const onScreen = (terminal, pattern) => terminal.screen().filter((line) => pattern.test(line)).length;

for (const [columns, rows] of [[80, 24], [40, 10], [200, 50]])
  test(`terminal of ${columns}x${rows}: the block keeps within it and is gone in the end`, withWorkspace({}, async (place) => {
    place.pipeline(held);
    await inTerminal(place, ['run'], { columns, rows }, async (terminal) => {
      await terminal.shows(/^\[3\/15 20 %\] 12 running/m);
      await until(() => blocks(terminal.raw).length > 8, 'some frames');
      assert.equal(onScreen(terminal, blockHead), 1, terminal.screen().join('\n'));
      open(place);
      assert.equal(await terminal.ended(), 1);
      const frames = blocks(terminal.raw);
      assert.ok(frames.some((block) => block.length > 5), 'a block of several lines was seen');
      for (const block of frames) {
        assert.ok(block.length <= Math.min(10, rows - 1), `${block.length} lines`);
        for (const line of block) {
          assert.ok(width(line) < columns, `${width(line)} columns: ${line}`);
          assert.doesNotMatch(line, unsafe);
        }
      }
      const left = terminal.history();
      assert.ok(!left.some((line) => blockHead.test(line) || line.includes('▶')), left.join('\n'));
      for (const name of ['setup', 'bad', 'coloured', 'slow-0', 'slow-9'])
        assert.equal(left.filter((line) => stepLine.exec(line)?.[2] === name).length, 1, `${name} once in\n${left.join('\n')}`);
      assert.equal(left.filter((line) => stepLine.exec(line)?.[2] === 'flaky').length, 2);
      assert.match(left.join('\n'), /\nfailed: 1 of 15 steps failed/);
      for (const flag of ['cursor_flag', 'wrap_flag']) assert.equal(terminal.fact(flag), '1', flag);
      assert.ok(terminal.restored);
    });
  }));

// A block that still fits when a narrow terminal wraps it, below enough lines to fill the screen.
const few = `${held.split('\n').filter((line) => !/id: slow-[3-9]/.test(line)).join('\n')}
${Array.from({ length: 40 }, (_, index) => `  - {id: quick-${index}, run: 'true'}`).join('\n')}
`;

test('terminal: resized while steps run, nothing of the old block stays', withWorkspace({}, async (place) => {
  place.pipeline(few);
  await inTerminal(place, ['run'], { columns: 100, rows: 40 }, async (terminal) => {
    await terminal.shows(/^\[43\/48 89 %\] 5 running/m);
    for (const [columns, rows] of [[45, 40], [120, 40], [60, 40], [120, 20], [70, 20], [100, 40]]) {
      terminal.resize(columns, rows);
      const seen = terminal.raw.length;
      await until(() => blocks(terminal.raw.slice(seen)).length >= 2, 'frames of the new size');
      const whole = () => {
        const screen = terminal.screen();
        const head = screen.findIndex((line) => blockHead.test(line));
        return head >= 0 && screen.length - head === 6 && screen.slice(head + 1).every((line) => line.startsWith('  ▶ ')) &&
          onScreen(terminal, /▶|elapsed|left/) <= 6;
      };
      try {
        await until(whole, `one block at ${columns}x${rows}`, 3000);
      } catch (error) {
        assert.fail(`${error.message}:\n${terminal.screen().join('\n')}`);
      }
    }
    open(place);
    assert.equal(await terminal.ended(), 1);
    const left = terminal.history();
    assert.ok(!left.some((line) => blockHead.test(line) || line.includes('▶')), left.join('\n'));
    for (const name of ['setup', 'bad', 'slow-0']) assert.equal(left.filter((line) => stepLine.exec(line)?.[2] === name).length, 1, left.join('\n'));
  });
}));

test('terminal: a window of two rows has room for the totals alone', withWorkspace({}, async (place) => {
  place.pipeline(held);
  await inTerminal(place, ['run'], { columns: 80, rows: 2 }, async (terminal) => {
    await until(() => blocks(terminal.raw).filter((block) => block.length === 1 && / 12 running/.test(block[0])).length > 3, 'frames of one line');
    open(place);
    assert.equal(await terminal.ended(), 1);
    for (const block of blocks(terminal.raw)) assert.ok(block.length <= 1, block.join('\n'));
  });
}));

test('terminal: while a step is slow to end, the display says what a second Ctrl-C does', withWorkspace({}, async (place) => {
  place.pipeline("steps:\n  - {id: deaf, run: 'trap \"\" TERM; touch ../started; while :; do sleep 0.05; done'}\n");
  await inTerminal(place, ['run'], { columns: 100 }, async (terminal) => {
    await until(() => existsSync(join(place.root, 'started')), 'the step to start');
    assert.doesNotMatch(terminal.raw, /stopping/);
    terminal.keys('C-c');
    await until(() => blocks(terminal.raw).some((block) => /1 running · stopping, Ctrl-C again ends at once/.test(block[0])), 'the word');
    terminal.keys('C-c');
    assert.equal(await terminal.ended(), 75);
  });
}));

test('terminal: Ctrl-C once ends the run in order and gives the terminal back', withWorkspace({}, async (place) => {
  place.pipeline(held);
  await inTerminal(place, ['run'], {}, async (terminal) => {
    await terminal.shows(/^\[3\/15 20 %\] 12 running/m);
    terminal.keys('C-c');
    assert.equal(await terminal.ended(), 75);
    const left = terminal.history();
    assert.match(left.join('\n'), /\n {2}resume: wavetrain resume run_\S+/);
    assert.ok(!left.some((line) => blockHead.test(line) || line.includes('▶')), left.join('\n'));
    for (const flag of ['cursor_flag', 'wrap_flag']) assert.equal(terminal.fact(flag), '1', flag);
    assert.equal(terminal.fact('alternate_on'), '0');
    assert.ok(terminal.restored);
    assert.equal(place.latest().state, 'interrupted');
  });
}));

/** Runs the pipeline in a terminal, with the gate open, to its end: all that was written. */
const written = (place, words, env) =>
  inTerminal(place, words, { columns: 100, env }, async (terminal) => {
    assert.equal(await terminal.ended(), 1);
    await until(() => /report: /.test(terminal.raw), 'the last line');
    return terminal.raw;
  });

test('terminal: NO_COLOR, --no-color and TERM=dumb are obeyed, colours are the default', withWorkspace({}, async (place) => {
  place.pipeline(held);
  open(place);
  assert.match(await written(place, ['run'], {}), /\x1b\[32m✓\x1b\[0m setup/);
  for (const [words, env] of [[['run'], { NO_COLOR: '1' }], [['run', '--no-color'], {}], [['run'], { NO_COLOR: '1', CLICOLOR_FORCE: '1' }]]) {
    const raw = await written(place, words, env);
    assert.match(raw, /✓ setup/);
    assert.doesNotMatch(raw, /\x1b\[[\d;]*m/);
  }
  assert.doesNotMatch(await written(place, ['run'], { TERM: 'dumb' }), /\x1b/);
  assert.doesNotMatch(uncolored(await written(place, ['run'], { TERM: 'dumb', CLICOLOR_FORCE: '1' })), /\x1b/);
}));

test('terminal: ASCII alone where the locale is not UTF-8', withWorkspace({}, async (place) => {
  place.pipeline(held.replace(/echo 日本語[^;]*;/, 'echo words;').replaceAll('é', 'e').replace(JSON.stringify(hostile).slice(1, -1), 'echo plain'));
  await inTerminal(place, ['run'], { env: { LC_ALL: 'C' } }, async (terminal) => {
    await terminal.shows(/^\[3\/15 20 %\] 12 running/m);
    await terminal.shows(/^  > slow-0/m);
    open(place);
    assert.equal(await terminal.ended(), 1);
    assert.doesNotMatch(terminal.raw, /[^\r\n\x1b\x20-\x7e]/);
  });
}));

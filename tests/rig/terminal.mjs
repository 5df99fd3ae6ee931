// wavetrain in a real pseudo terminal of a known size: a tmux server of its own, whose screen is
// read back and all that was written to it kept.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import assert from 'node:assert/strict';
import { cleanEnvironment, program, until } from './workspace.mjs';

const quoted = (word) => `'${word.replaceAll("'", "'\\''")}'`;

/** What the pane runs: it starts when told, and stays so that the screen can be read afterwards. */
const script = (paths, words, env) => `
trap : INT
${Object.entries(env).map(([name, value]) => (value === null ? `unset ${name}` : `export ${name}=${quoted(value)}`)).join('\n')}
tmux wait-for go
stty -g > ${quoted(paths.before)}
${[program, ...words].map(quoted).join(' ')}
echo $? > ${quoted(paths.status)}.new
stty -g > ${quoted(paths.after)}
mv ${quoted(paths.status)}.new ${quoted(paths.status)}
tmux wait-for end
`;

export class Terminal {
  /** env: what is added; null takes a variable away. NO_COLOR is not set unless asked for. */
  constructor(place, words, { columns = 80, rows = 24, env = {} } = {}) {
    // A folder for each: a server that is ending must not be met again.
    const folder = mkdtempSync(join(place.root, 'terminal-'));
    const path = (name) => join(folder, name);
    this.folder = place.path;
    this.socket = path('socket');
    this.paths = { status: path('status'), before: path('before'), after: path('after'), raw: path('raw') };
    writeFileSync(this.paths.raw, '');
    writeFileSync(path('script'), script(this.paths, words, { TERM: 'xterm-256color', NO_COLOR: null, ...env }));
    this.environment = cleanEnvironment({ SHELL: '/bin/sh', TMUX: '' });
    this.tmux('new-session', '-d', '-x', String(columns), '-y', String(rows), '-c', place.path, `exec sh ${quoted(path('script'))}`);
    this.tmux('set-option', '-g', 'status', 'off');
    this.resize(columns, rows);
    this.tmux('pipe-pane', `exec cat > ${quoted(this.paths.raw)}`);
    this.tmux('wait-for', '-S', 'go');
  }

  tmux(...words) {
    const done = spawnSync('tmux', ['-u', '-f', '/dev/null', '-S', this.socket, ...words], { env: this.environment, encoding: 'utf8', timeout: 20000 });
    assert.equal(done.status, 0, `tmux ${words.join(' ')}: ${done.error ?? done.stderr}`);
    return done.stdout;
  }

  /** The lines of the screen, without what is empty at the end; with their SGR sequences if asked. */
  screen({ colors = false } = {}) {
    return this.tmux('capture-pane', '-p', ...(colors ? ['-e'] : [])).trimEnd().split('\n');
  }

  /** The same with what has scrolled out. */
  history() {
    return this.tmux('capture-pane', '-p', '-J', '-S', '-').trimEnd().split('\n').map((line) => line.trimEnd());
  }

  /** Every byte that was written to the terminal so far. */
  get raw() {
    return readFileSync(this.paths.raw, 'utf8');
  }

  resize(columns, rows) {
    this.tmux('resize-window', '-x', String(columns), '-y', String(rows));
  }

  keys(...names) {
    this.tmux('send-keys', ...names);
  }

  /** #{name} of the pane: cursor_flag, cursor_x, … */
  fact(name) {
    return this.tmux('display-message', '-p', `#{${name}}`).trimEnd();
  }

  async shows(pattern, limitMs = 20000) {
    try {
      await until(() => pattern.test(this.screen().join('\n')), String(pattern), limitMs);
    } catch (error) {
      assert.fail(`${error.message}; the screen:\n${this.screen().join('\n')}`);
    }
  }

  /** Waits for the end; the exit status. */
  async ended(limitMs = 30000) {
    await until(() => existsSync(this.paths.status), 'wavetrain to end in the terminal', limitMs);
    return Number(readFileSync(this.paths.status, 'utf8'));
  }

  /** Whether the line settings are those of before. */
  get restored() {
    return readFileSync(this.paths.before, 'utf8') === readFileSync(this.paths.after, 'utf8');
  }

  /** Ends what still runs, and waits for it: its folder is about to be removed. */
  async close() {
    spawnSync('tmux', ['-S', this.socket, 'kill-server'], { env: this.environment });
    await until(() => !readdirSync('/proc').some((pid) => /^\d+$/.test(pid) && worksIn(pid, this.folder)), 'the terminal to be left');
  }
}

function worksIn(pid, folder) {
  try {
    return readlinkSync(`/proc/${pid}/cwd`).startsWith(folder);
  } catch {
    return false;
  }
}

/** Runs body with a terminal that is closed afterwards. */
export async function inTerminal(place, words, options, body) {
  const terminal = new Terminal(place, words, options);
  try {
    return await body(terminal);
  } finally {
    await terminal.close();
  }
}

const zeroWidth = /[\p{Mn}\p{Me}\p{Cf}]/u;
const wide = /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]/u;

/** Columns that a text without control characters takes. */
export function width(text) {
  return [...text].reduce((sum, character) => sum + (zeroWidth.test(character) ? 0 : wide.test(character) ? 2 : 1), 0);
}

/** The text without SGR sequences. */
export const uncolored = (text) => text.replace(/\x1b\[[\d;]*m/g, '');

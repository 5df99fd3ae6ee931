// Which workflow commands GitHub's runner obeys in the output of a step. The rules are those of
// actions/runner (src/Runner.Common/ActionCommand.cs, src/Runner.Worker/ActionCommandManager.cs):
// a line ends at LF, CR or CRLF; "::name properties::data" counts after leading blanks, and
// "##[name properties]data" anywhere in the line; only known names count, in any case of letters;
// after stop-commands nothing counts until its token comes as a name.
const NAMES = ['stop-commands', 'set-env', 'set-output', 'save-state', 'add-mask', 'add-path',
  'add-matcher', 'remove-matcher', 'debug', 'notice', 'warning', 'error', 'group', 'endgroup', 'echo'];

const unescapeData = (text) => text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');
const unescapeProperty = (text) => unescapeData(text.replaceAll('%3A', ':').replaceAll('%2C', ','));

function properties(text, separator) {
  const pairs = text.split(separator).map((pair) => pair.trim()).filter((pair) => pair.includes('='));
  return Object.fromEntries(pairs.map((pair) => {
    const at = pair.indexOf('=');
    return [pair.slice(0, at), unescapeProperty(pair.slice(at + 1))];
  }));
}

function command(info, data, separator, names) {
  const [name] = info.split(' ', 1);
  if (!names.has(name.toLowerCase())) return null;
  return { name: name.toLowerCase(), properties: properties(info.slice(name.length), separator), data: unescapeData(data) };
}

function parse(line, names) {
  // .NET's TrimStart: every Unicode white space, NEL too.
  const text = line.replace(/^[\s\u0085]+/u, '');
  const end = text.startsWith('::') ? text.indexOf('::', 2) : -1;
  const found = end < 0 ? null : command(text.slice(2, end), text.slice(end + 2), ',', names);
  if (found) return found;
  const start = line.indexOf('##[');
  const close = start < 0 ? -1 : line.indexOf(']', start);
  return close < 0 ? null : command(line.slice(start + 3, close), line.slice(close + 1), ';', names);
}

/**
 * The commands that are obeyed, in order, as { name, properties, data, line }. With
 * ignoreStop the runner is taken for one that does not know stop-commands.
 */
export function obeyedCommands(output, { ignoreStop = false } = {}) {
  const names = new Set(NAMES);
  const obeyed = [];
  let token = null;
  for (const [index, line] of output.split(/\r\n|\n|\r/).entries()) {
    const found = parse(line, names);
    if (!found) continue;
    if (token !== null) {
      if (found.name !== token) continue;
      names.delete(token);
      token = null;
      continue;
    }
    if (found.name !== 'stop-commands') {
      obeyed.push({ ...found, line: index + 1 });
    } else if (!ignoreStop) {
      token = found.data.toLowerCase();
      names.add(token);
    }
  }
  return obeyed;
}

/** Whether commands are still stopped at the end: then the job's later output would be dead. */
export function endsStopped(output) {
  const probe = '\n::notice::probe of the end\n';
  return !obeyedCommands(output + probe).some((one) => one.data === 'probe of the end');
}

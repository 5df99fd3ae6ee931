/* The panel of one step, and the same as Markdown. */

const detail = byId('detail');

/* Text with colour sequences, as the step wrote it, in pieces with classes. */
function coloredText(text) {
	const made = document.createDocumentFragment();
	let classes = [];
	for (const piece of text.split(/(\x1b\[[\d;]*m)/)) {
		const match = /^\x1b\[([\d;]*)m$/.exec(piece);
		if (!match) {
			if (piece)
				made.append(classes.length ? element('span', { class: classes.join(' ') }, piece) : piece);
			continue;
		}
		for (const code of (match[1] || '0').split(';').map(Number)) {
			if (code === 0)
				classes = [];
			else if (code === 39 || (code >= 30 && code <= 37) || (code >= 90 && code <= 97))
				classes = classes.filter((it) => !/^sgr3\d$/.test(it));
			if ((code >= 1 && code <= 4) || (code >= 31 && code <= 36) || (code >= 91 && code <= 96))
				classes.push('sgr' + (code > 90 ? code - 60 : code));
		}
	}
	return made;
}

function stepLink(i) {
	return element('li', null, element('a', { href: '#step=' + encodeURIComponent(steps.id[i]) }, lookGlyph(i) + ' ' + steps.id[i]));
}

const heading = (text, note = '') => element('h3', null, text + ' ', element('small', null, note));

function scrollable(name, label, ...children) {
	return element(name, { class: 'scroll', role: 'group', tabindex: '0', 'aria-label': label }, ...children);
}

function linkList(title, indices) {
	if (!indices.length)
		return [];
	const made = element('ul', null, ...[...indices.slice(0, 24)].map(stepLink));
	if (indices.length > 24)
		made.append(element('li', { class: 'muted' }, 'and ' + (indices.length - 24) + ' more'));
	return [heading(title, indices.length), made];
}

function table(titles, rows) {
	const head = element('tr', null, ...titles.map((it) => element('th', { scope: 'col' }, it)));
	const body = rows.map((row) => element('tr', null, ...row.map((it) => element('td', null, it))));
	return scrollable('div', titles.join(', '), element('table', null, element('thead', null, head), element('tbody', null, ...body)));
}

/* [start, took, exit, signal, class, queue, cpu, rss KiB, log bytes, reason] of every attempt */
function attemptsOf(i) {
	return steps.attempts[i] || (!attemptCount(i) ? [] : [[steps.start[i], steps.took[i], steps.exit[i], 0, '', steps.queue[i], steps.cpu[i], steps.rss[i], 0, '']]);
}

function attemptPart(i) {
	const rows = attemptsOf(i).map((it, index) => [String(index + 1), duration(it[0]), duration(it[1]),
		it[3] ? 'signal ' + it[3] : it[2] < 0 ? '–' : 'exit ' + it[2], it[4] || '–', duration(it[6]), it[7] > 0 ? bytesText(it[7] * 1024) : '–']);
	return rows.length ? [heading(rows.length > 1 ? 'Attempts' : 'Attempt'),
		table(['#', 'Start', 'Took', 'Ended', 'Failure', 'CPU', 'Memory'], rows)] : [];
}

const heldBy = (i) => ['session', 'cgroup', 'namespace', 'landlock'].filter((word, bit) => steps.held[i] & 1 << bit).join(', ');

/* A broken contract's errors stand below it: [pointer, keyword, expected, actual] of the first. */
function contractPart(i) {
	const all = steps.contracts[i];
	return all ? [heading('Contracts'), table(['Result', 'Contract', 'Found'], all.flatMap(([passed, subject, reason, attempt, errors = [], total]) => [
		[element('span', { class: 'state ' + (passed ? 'done' : 'failed') }, passed ? '✓ held' : '✕ broken'),
			subject, (total > 1 ? total + ' errors' : reason || '–') + (attempt > 1 ? ' (attempt ' + attempt + ')' : '')],
		...errors.map(([where, rule, expected, actual]) => ['', element('code', null, where || '(whole)'), rule + ': expected ' + expected + (actual ? ', found ' + actual : '')])]))] : [];
}

function outputPart(i) {
	const all = steps.outputs[i];
	return all ? [heading('Outputs'), table(['Name', 'Path', 'Size', 'SHA-256'],
		all.map(([name, path, size, sha]) => [name, path, bytesText(size), element('code', { title: sha }, sha.slice(0, 12))]))] : [];
}

function logPart(i) {
	const log = steps.logs[i];
	return log ? [heading('Log', log.note),
		scrollable('pre', 'Log', coloredText(log.text))] : [];
}

function changePart(i) {
	const delta = deltaOf(i);
	return Number.isNaN(delta) ? [] : [element('p', { class: 'meta' }, 'The run before: ' + duration(steps.previous[i]) + ' (' + signedDuration(delta) + ')')];
}

function actionButton(text, id, action) {
	const button = element('button', { type: 'button', id }, text);
	button.addEventListener('click', action);
	return button;
}

function fillDetail(i) {
	const wave = run.waves[steps.wave[i]];
	detail.replaceChildren(
		element('div', { class: 'title' }, element('h2', { id: 'detail-title' }, element('span', { class: 'chip ' + lookWord(i), 'aria-hidden': 'true' }, lookGlyph(i)), steps.id[i]), actionButton('Close', 'detail-close', closeStep)),
		...(steps.name[i] ? [element('p', null, steps.name[i])] : []),
		element('p', { class: 'meta' }, describe(i) + (steps.marks[i] ? ' · ' + steps.marks[i] : '') + (groupName(i) ? ' · group ' + groupName(i) : '') + (wave && wave.commit ? ' · commit ' + wave.commit.slice(0, 7) : '') + (steps.held[i] ? ' · held by ' + heldBy(i) : '')),
		...(steps.reason[i] ? [element('p', { class: 'state ' + lookWord(i) + ' wrap' }, steps.reason[i])] : []),
		...changePart(i),
		element('div', { class: 'actions' }, actionButton('Copy link', 'copy-link', copyLink), actionButton('Copy as Markdown', 'copy-markdown', copyMarkdown)),
		heading('Command'), scrollable('pre', 'Command', steps.command[i]),
		...logPart(i), ...attemptPart(i), ...contractPart(i),
		...linkList('Needs', needsOf(i)), ...linkList('Unlocks', dependentsOf(i)), ...outputPart(i));
	detail.hidden = false;
	detail.scrollTop = 0;
}

function fenced(text) {
	let fence = '```';
	while (text.includes(fence))
		fence += '`';
	return fence + '\n' + text.replace(/\x1b\[[\d;]*m/g, '') + '\n' + fence + '\n';
}

function markdownOf(i) {
	const log = steps.logs[i];
	return `### ${lookGlyph(i)} ${steps.id[i]}\n\n${describe(i)}\n` + (steps.reason[i] ? `\n${steps.reason[i]}\n` : '')
		+ '\nCommand:\n\n' + fenced(steps.command[i])
		+ attemptsOf(i).map((it, index) => `- attempt ${index + 1}: ${duration(it[1])}, ${it[3] ? 'signal ' + it[3] : 'exit ' + it[2]} ${it[4]}\n`).join('')
		+ (steps.contracts[i] || []).map((it) => `- contract ${it[1]}: ${it[0] ? 'held' : it[2]}\n`).join('')
		+ (log ? `\n${log.note}:\n\n` + fenced(log.text) : '') + `\nRun ${run.id}, ${run.pipeline}\n`;
}

'use strict';
/*
 * The data of the report: two islands of JSON become arrays, one entry a step. Whatever comes from
 * the run is text: it reaches the page through textContent and createTextNode only.
 */

const byId = (id) => document.getElementById(id);
const modified = (event) => event.ctrlKey || event.metaKey || event.altKey;

/* element('td', {class: 'number', title: 'x'}, 'text', child, …) */
function element(name, attributes, ...children) {
	const made = document.createElement(name);
	for (const key in attributes || {})
		if (attributes[key] !== null && attributes[key] !== undefined)
			made.setAttribute(key, attributes[key]);
	made.append(...children.filter((child) => child !== null && child !== undefined));
	return made;
}

const run = JSON.parse(byId('run').textContent);
const LOOKS = run.looks.map((it) => it[0]);
const [DONE, RETRIED, CACHED, FAILED, RUNNING, SKIPPED, PENDING] = LOOKS.keys();
/* When several steps share a pixel the worst one shows. */
const SEVERITY = [2, 4, 1, 6, 5, 3, 0];

const steps = { count: 0 };

async function decodeIsland(island) {
	const text = island.textContent;
	island.remove();
	if (island.dataset.enc === 'json')
		return JSON.parse(text);
	const binary = atob(text);
	const bytes = new Uint8Array(binary.length);
	for (let i = 0; i < bytes.length; i++)
		bytes[i] = binary.charCodeAt(i);
	const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
	return new Response(stream).json();
}

/* Start times are written as differences; what never started has a duration of -1. */
function readColumns(columns) {
	const count = columns.id.length;
	let start = 0;
	Object.assign(steps, columns, { count, start: new Float64Array(count), end: new Float64Array(count),
		took: Float64Array.from(columns.took), queue: Float64Array.from(columns.queue),
		wave: Int32Array.from(columns.wave), group: Int32Array.from(columns.group),
		look: Uint8Array.from(columns.look, Number), critical: new Uint8Array(count),
		offset: new Uint32Array(count + 1), needs: Uint32Array.from(columns.needs) });
	for (let i = 0; i < count; i++) {
		start += columns.start[i];
		steps.start[i] = steps.took[i] < 0 ? NaN : start;
		steps.end[i] = start + Math.max(0, steps.took[i]);
		steps.offset[i + 1] = steps.offset[i] + columns.need_count[i];
		for (let k = steps.offset[i]; k < steps.offset[i + 1]; k++)
			steps.needs[k] = i - columns.needs[k];
	}
	for (const key in columns.attempts)
		for (const attempt of columns.attempts[key])
			steps.end[key] = Math.max(steps.end[key], attempt[0] + attempt[1]);
	for (const i of run.critical)
		steps.critical[i] = 1;
	/* Parts of the id that stand in the command are written as one character: U+0001 and up. */
	columns.command.forEach((command, i) => {
		if (/[\x01-\x08]/.test(command)) {
			const parts = columns.id[i].split('/');
			columns.command[i] = command.replace(/[\x01-\x08]/g, (mark) => parts[mark.charCodeAt(0) - 1]);
		}
	});
	steps.search = columns.id.map((id, i) => (columns.name[i] ? id + ' ' + columns.name[i] : id).toLowerCase());
}

const attemptCount = (i) => (steps.attempts[i] ? steps.attempts[i].length : steps.took[i] < 0 || steps.look[i] === CACHED ? 0 : 1);
const groupName = (i) => (steps.group[i] < 0 ? '' : run.groups[steps.group[i]]);
const waveName = (w) => (w < 0 ? '' : String(w + 1));
const lookWord = (i) => LOOKS[steps.look[i]];
const lookGlyph = (i) => run.looks[steps.look[i]][1];
const needsOf = (i) => steps.needs.subarray(steps.offset[i], steps.offset[i + 1]);

/* Who waits for whom, turned round once when first asked for. */
let dependentOffset = null, dependentList = null;
function dependentsOf(i) {
	if (!dependentOffset) {
		dependentOffset = new Uint32Array(steps.count + 1);
		dependentList = new Uint32Array(steps.needs.length);
		for (const need of steps.needs)
			dependentOffset[need + 1]++;
		for (let k = 0; k < steps.count; k++)
			dependentOffset[k + 1] += dependentOffset[k];
		const next = dependentOffset.slice();
		for (let k = 0; k < steps.count; k++)
			for (const need of needsOf(k))
				dependentList[next[need]++] = k;
	}
	return dependentList.subarray(dependentOffset[i], dependentOffset[i + 1]);
}

/* The step, what it needed and what it unlocked, far and near; at most `limit` either way. */
function relatives(i, limit = 4000) {
	const found = new Set([i]);
	for (const next of [needsOf, dependentsOf]) {
		const queue = [i];
		for (let at = 0; at < queue.length && queue.length < limit; at++)
			for (const other of next(queue[at]))
				if (!found.has(other)) {
					found.add(other);
					queue.push(other);
				}
	}
	return found;
}

function duration(ms) {
	if (!(ms >= 0))
		return '–';
	if (ms < 1000)
		return Math.round(ms) + '\u00a0ms';
	if (ms < 60000)
		return (ms / 1000).toFixed(1) + '\u00a0s';
	const seconds = Math.round(ms / 1000), minutes = Math.floor(seconds / 60);
	const two = (number) => String(number).padStart(2, '0');
	return minutes < 60 ? minutes + 'm\u00a0' + two(seconds % 60) + 's'
		: Math.floor(minutes / 60) + 'h\u00a0' + two(minutes % 60) + 'm';
}

function bytesText(bytes) {
	const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
	let unit = 0;
	for (; bytes >= 1024 && unit < 4; unit++)
		bytes /= 1024;
	return (unit ? bytes.toFixed(1) : bytes) + '\u00a0' + units[unit];
}

/* "5s", "1.5m", "200ms" or a bare number of seconds, in milliseconds; NaN: none of them. */
function parseDuration(text) {
	const match = /^([\d.]+)(ms|s|m|h)?$/.exec(text);
	return match ? Number(match[1]) * { ms: 1, s: 1000, m: 60000, h: 3600000 }[match[2] || 's'] : NaN;
}

function shorten(text, limit) {
	if (text.length <= limit)
		return text;
	const tail = Math.floor((limit - 1) / 2);
	return limit < 3 ? '' : text.slice(0, limit - 1 - tail) + '…' + text.slice(text.length - tail);
}

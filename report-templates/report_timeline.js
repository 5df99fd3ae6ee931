/*
 * The timeline: one canvas. From the top an axis, the waves, the lanes, how many steps ran at
 * once, and the whole run in small. A lane holds its steps by start; what is narrower than two
 * pixels is merged by pixel column, where the worst status wins.
 */

const chart = byId('chart'), canvas = byId('canvas'), tip = byId('tip');
const pen = canvas.getContext('2d', { alpha: false }), colors = {};
const AXIS = 26, WAVES = 22, STRIP = 56, MINI = 34, LANE_LIMIT = 1000;
const view = { from: 0, to: 1, span: 1, mode: '', lanes: [], hover: -1, drag: null, frame: 0, mini: null };

/* Steps by start; packs those of one key into as few lanes as never overlap. */
function packLanes(keyOf, nameOf, order) {
	const byKey = new Map();
	for (const i of order) {
		const key = keyOf(i);
		if (!byKey.has(key))
			byKey.set(key, []);
		const lanes = byKey.get(key);
		let lane = lanes.find((it) => it.free <= steps.start[i] + 1);
		if (!lane) {
			lane = lanes.length < 64 ? { free: 0, steps: [], name: '' } : lanes[i % 64];
			if (lanes.length < 64)
				lanes.push(lane);
		}
		lane.free = Math.max(lane.free, steps.end[i]);
		lane.steps.push(i);
	}
	const all = [];
	for (const key of [...byKey.keys()].sort((a, b) => a - b)) {
		byKey.get(key)[0].name = nameOf(key);
		all.push(...byKey.get(key));
	}
	return all;
}

function buildLanes() {
	const order = [];
	for (let i = 0; i < steps.count; i++)
		if (steps.took[i] >= 0)
			order.push(i);
	order.sort((a, b) => steps.start[a] - steps.start[b] || a - b);
	if (view.mode === 'step') {
		view.lanes = order.map((i) => ({ name: steps.id[i], steps: [i] }));
		for (let i = 0; i < steps.count; i++)
			if (steps.took[i] < 0)
				view.lanes.push({ name: steps.id[i], steps: [], idle: i });
	} else if (view.mode === 'wave') {
		view.lanes = packLanes((i) => steps.wave[i], (w) => (w < 0 ? 'serial' : 'wave ' + (w + 1)), order);
	} else if (view.mode === 'group') {
		view.lanes = packLanes((i) => steps.group[i], (g) => (g < 0 ? 'no group' : run.groups[g]), order);
	} else {
		view.lanes = packLanes(() => 0, () => 'slots', order);
	}
	view.lanes.length = Math.min(view.lanes.length, LANE_LIMIT);
	view.laneOf = new Int32Array(steps.count).fill(-1);
	view.lanes.forEach((lane, index) => lane.steps.forEach((i) => { view.laneOf[i] = index; }));
	view.rowHeight = view.mode === 'step' ? 26 : Math.max(4, Math.min(24, Math.floor(720 / view.lanes.length)));
}

function readColors() {
	const style = getComputedStyle(document.documentElement);
	const read = (name) => style.getPropertyValue('--' + name).trim();
	for (const name of ['background', 'panel', 'ink', 'muted', 'line', 'hair', 'accent'])
		colors[name] = read(name);
	colors.fill = LOOKS.map((look) => read(look + '-fill'));
	colors.label = LOOKS.map((look) => read(look + '-label'));
	colors.text = LOOKS.map((look) => read(look + '-text'));
}

function layout() {
	const ratio = window.devicePixelRatio || 1;
	view.width = Math.max(240, chart.clientWidth);
	view.gutter = view.mode === 'step' ? Math.round(Math.min(240, view.width * 0.36)) : Math.min(92, view.width * 0.2);
	view.top = AXIS + (run.waves.length ? WAVES : 0);
	view.height = view.top + view.lanes.length * view.rowHeight + 10 + STRIP + MINI;
	canvas.width = Math.min(8192, Math.round(view.width * ratio));
	canvas.height = Math.min(16384, Math.round(view.height * ratio));
	canvas.style.width = view.width + 'px';
	canvas.style.height = view.height + 'px';
	view.plot = view.width - view.gutter - 14;
	view.mini = null;
}

const xOf = (time) => view.gutter + (time - view.from) / (view.to - view.from) * view.plot;
const timeOf = (x) => view.from + (x - view.gutter) / view.plot * (view.to - view.from);

/* The first of `count` places where the test fails that held before. */
function partition(count, test) {
	let low = 0, high = count;
	while (low < high) {
		const middle = (low + high) >> 1;
		if (test(middle))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const countUntil = (sorted, time) => partition(sorted.length, (k) => sorted[k] <= time);
const firstEnding = (lane, time) => partition(lane.steps.length, (k) => steps.end[lane.steps[k]] < time);

function fillBox(color, x, y, width, height) {
	pen.fillStyle = color;
	pen.fillRect(x, y, width, height);
}

function write(color, text, x, y) {
	pen.fillStyle = color;
	pen.fillText(text, x, y);
}

function drawBands() {
	const bottom = view.height - MINI;
	run.waves.forEach((wave, index) => {
		if (wave.start < 0)
			return;
		const left = Math.max(view.gutter, xOf(wave.start)), right = Math.min(view.width - 14, xOf(wave.end));
		if (right <= left)
			return;
		if (index % 2 === 0)
			fillBox(colors.panel, left, AXIS, right - left, bottom - AXIS);
		const text = 'wave ' + (index + 1) + (wave.commit ? '  ◆ ' + wave.commit.slice(0, 7) : '');
		const room = Math.floor((right - left - 10) / 6.4);
		if (room >= text.length || room >= 2)
			write(colors.muted, room >= text.length ? text : room >= 7 ? 'wave ' + (index + 1) : String(index + 1), left + 5, AXIS + 15);
		fillBox(colors.line, Math.round(right) - 0.5, AXIS, 1, bottom - AXIS);
	});
}

function drawAxis() {
	const length = view.to - view.from, wanted = length / Math.max(2, Math.floor(view.plot / 110));
	const step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 3e4, 6e4, 12e4, 3e5, 6e5, 18e5, 36e5, 72e5, 288e5].find((it) => it >= wanted) || 864e5;
	pen.textAlign = 'center';
	for (let time = Math.ceil(view.from / step) * step; time <= view.to; time += step) {
		const x = Math.round(xOf(time)) + 0.5;
		fillBox(colors.hair, x - 0.5, view.top, 1, view.height - MINI - view.top);
		pen.fillStyle = colors.muted;
		if (x < view.width - 24)
			pen.fillText(time === 0 ? '0' : duration(time).replace(/\.0(?=\u00a0)|\u00a000s/, ''), Math.max(x, view.gutter + 6), 16);
	}
	pen.textAlign = 'left';
}

function hatch(x, y, width, height, color) {
	pen.save();
	pen.beginPath();
	pen.rect(x, y, width, height);
	pen.clip();
	pen.strokeStyle = color;
	pen.globalAlpha *= 0.45;
	pen.lineWidth = 2;
	pen.beginPath();
	for (let at = x - height; at < x + width; at += 7) {
		pen.moveTo(at, y + height);
		pen.lineTo(at + height, y);
	}
	pen.stroke();
	pen.restore();
}

function dots(x, y, width, height, color) {
	pen.fillStyle = color;
	for (let row = 0, top = Math.round(y) + 3; top + 2 <= y + height - 1; row++, top += 4)
		for (let left = Math.round(x) + 3 + row % 2 * 3; left + 2 <= x + width - 1; left += 6)
			pen.fillRect(left, top, 2, 2);
}

/* Waiting for a slot; bars are drawn over it. */
function drawQueue(i, y, height) {
	if (steps.queue[i] > 0 && steps.queue[i] / (view.to - view.from) * view.plot > 1) {
		const from = Math.max(view.gutter, xOf(steps.start[i] - steps.queue[i]));
		fillBox(colors.line, from, y + height / 2 - 0.5, Math.max(0, xOf(steps.start[i]) - from), 1);
	}
}

function drawBar(i, y, height) {
	const left = xOf(steps.start[i]), look = steps.look[i];
	const right = Math.max(left + (view.mode === 'step' && look === CACHED ? 26 : 1.5), xOf(steps.end[i])), width = right - left;
	pen.fillStyle = colors.fill[look];
	if (attemptCount(i) > 1 && width > 6) {
		const all = steps.attempts[i];
		pen.fillRect(left, y + height / 2 - 1, width, 2);
		all.forEach((attempt, index) => {
			const x0 = xOf(attempt[0]), x1 = Math.max(x0 + 1.5, xOf(attempt[0] + attempt[1]));
			const last = index === all.length - 1;
			fillBox(colors.fill[last ? look : FAILED], x0, y, x1 - x0, height);
			if (!last || look === RETRIED)
				hatch(x0, y, x1 - x0, height, last ? colors.label[look] : colors.background);
		});
	} else {
		pen.beginPath();
		pen.roundRect(left, y, width, height, Math.min(3, width / 2));
		pen.fill();
		if (look === RUNNING && width > 8)
			hatch(left, y, width, height, colors.label[look]);
		if (look === CACHED)
			dots(left, y, width, height, colors.label[look]);
	}
	if (steps.critical[i] && width >= 3) {
		pen.strokeStyle = colors.ink;
		pen.lineWidth = 2;
		pen.strokeRect(left + 1, y + 1, Math.max(1, width - 2), height - 2);
	}
	drawBarText(i, { left, right, y, height });
}

function drawBarText(i, { left, right, y, height }) {
	const middle = y + height / 2 + 4;
	if (view.mode === 'step') {
		const text = steps.look[i] === CACHED ? 'cached' : duration(steps.took[i]) + (attemptCount(i) > 1 ? '  ↻ ' + attemptCount(i) + ' attempts' : '');
		const room = text.length * 6.6 + 8;
		if (right + room < view.width - 14) {
			write(colors.muted, text, right + 6, middle);
		} else if (right - left > room) {
			pen.fillStyle = colors.label[steps.look[i]];
			pen.textAlign = 'right';
			pen.fillText(text, Math.min(right, view.width - 14) - 8, middle);
			pen.textAlign = 'left';
		}
		if (steps.look[i] === FAILED && attemptCount(i) === 1 && right - left > 18)
			write(colors.label[FAILED], '✕', Math.max(left, view.gutter) + 5, middle);
		return;
	}
	const from = Math.max(left, view.gutter), room = Math.floor((Math.min(right, view.width - 14) - from - 10) / 6.8);
	if (height < 13 || room < 4 || attemptCount(i) > 1)
		return;
	write(colors.label[steps.look[i]], shorten((steps.look[i] === FAILED ? '✕ ' : '') + steps.id[i], room), from + 6, middle);
}

/* Puts a step into the pixel columns it covers, where the worst look stays. */
function merge(columns, i, from, scale) {
	const last = Math.min(columns.length - 1, Math.floor((steps.end[i] - from) * scale));
	for (let x = Math.max(0, Math.floor((steps.start[i] - from) * scale)); x <= last; x++)
		if (!columns[x] || SEVERITY[steps.look[i]] > SEVERITY[columns[x] - 1])
			columns[x] = steps.look[i] + 1;
}

/* Merged bars of a lane: equal columns beside one another are one box. */
function drawColumns(columns, y, height) {
	let from = 0;
	for (let x = 1; x <= columns.length; x++) {
		if (x < columns.length && columns[x] === columns[from])
			continue;
		if (columns[from] > 0)
			fillBox(colors.fill[columns[from] - 1], view.gutter + from, y, x - from, height);
		from = x;
	}
}

function drawLane(lane, index, near) {
	const y = view.top + index * view.rowHeight, inset = view.rowHeight > 12 ? 3 : view.rowHeight > 6 ? 1 : 0.5;
	const height = view.rowHeight - 2 * inset;
	const scale = view.plot / (view.to - view.from);
	const wide = [];
	let columns = null;
	for (let k = firstEnding(lane, view.from); k < lane.steps.length; k++) {
		const i = lane.steps[k], start = steps.start[i], end = steps.end[i];
		if (start > view.to)
			break;
		if ((end - start) * scale >= 2 || (view.mode === 'step' && steps.look[i] === CACHED)) {
			wide.push(i);
			continue;
		}
		columns = columns || new Uint8Array(Math.ceil(view.plot) + 2);
		merge(columns, i, view.from, scale);
	}
	pen.globalAlpha = near && wide.length === 0 ? 0.3 : 1;
	for (const i of wide)
		drawQueue(i, y + inset, height);
	if (columns)
		drawColumns(columns, y + inset, height);
	for (const i of wide) {
		pen.globalAlpha = near && !near.has(i) ? 0.22 : 1;
		drawBar(i, y + inset, height);
	}
	pen.globalAlpha = 1;
	if (lane.idle !== undefined)
		write(colors.text[steps.look[lane.idle]], shorten(steps.reason[lane.idle] || lookWord(lane.idle), Math.floor(view.plot / 7)), view.gutter + 6, y + view.rowHeight / 2 + 4);
}

function drawGutter() {
	fillBox(colors.background, 0, 0, view.gutter - 1, view.height);
	pen.fillRect(view.width - 14, view.top, 14, view.height - view.top);
	view.lanes.forEach((lane, index) => {
		const y = view.top + index * view.rowHeight;
		if (!lane.name || (view.rowHeight < 11 && view.mode === 'step'))
			return;
		let x = 10;
		if (view.mode === 'step') {
			const i = lane.idle === undefined ? lane.steps[0] : lane.idle;
			write(colors.text[steps.look[i]], lookGlyph(i), x, y + view.rowHeight / 2 + 4);
			x += 18;
		}
		write(lane.idle === undefined ? colors.ink : colors.muted, shorten(lane.name, Math.floor((view.gutter - x - 6) / 6.7)), x, y + Math.max(11, view.rowHeight / 2 + 4));
	});
	fillBox(colors.hair, view.gutter - 1, AXIS, 1, view.height - AXIS);
}

function drawStrip() {
	const { edges } = view;
	const bottom = view.height - MINI - 6, height = STRIP - 16;
	const most = Math.max(1, run.peak);
	const base = bottom - height;
	fillBox(colors.hair, 0, base - 8, view.width, 1);
	pen.beginPath();
	pen.moveTo(view.gutter, bottom);
	for (let x = 0; x <= view.plot; x++) {
		const time = timeOf(view.gutter + x);
		const running = countUntil(edges.starts, time) - countUntil(edges.ends, time);
		pen.lineTo(view.gutter + x, bottom - Math.max(0, running) / most * height);
	}
	pen.lineTo(view.gutter + view.plot, bottom);
	pen.closePath();
	pen.fillStyle = colors.accent;
	pen.globalAlpha = 0.28;
	pen.fill();
	pen.globalAlpha = 1;
	write(colors.muted, 'at once', 10, bottom - height / 2 - 3);
	pen.fillText('max ' + run.peak, 10, bottom - height / 2 + 12);
}

/* The whole run in small, once for a size. */
function miniColumns() {
	if (!view.mini) {
		view.mini = new Uint8Array(Math.ceil(view.plot) + 1);
		for (let i = 0; i < steps.count; i++)
			if (steps.took[i] >= 0)
				merge(view.mini, i, 0, view.plot / view.span);
	}
	return view.mini;
}

function drawMini() {
	const y = view.height - MINI;
	fillBox(colors.panel, 0, y, view.width, MINI);
	fillBox(colors.hair, 0, y, view.width, 1);
	drawColumns(miniColumns(), y + 12, 10);
	write(colors.muted, 'whole run', 10, y + 21);
	const left = view.gutter + view.from / view.span * view.plot, right = view.gutter + view.to / view.span * view.plot;
	pen.strokeStyle = colors.accent;
	pen.lineWidth = 2;
	pen.strokeRect(left, y + 7, Math.max(3, right - left), 20);
}

function draw() {
	view.frame = 0;
	const ratio = canvas.width / view.width;
	const shown = view.hover >= 0 ? view.hover : state.step;
	const near = shown >= 0 && steps.count <= 20000 ? relatives(shown) : null;
	pen.setTransform(ratio, 0, 0, canvas.height / view.height, 0, 0);
	pen.font = '12px ' + getComputedStyle(document.body).fontFamily;
	fillBox(colors.background, 0, 0, view.width, view.height);
	drawBands();
	drawAxis();
	view.lanes.forEach((lane, index) => drawLane(lane, index, near));
	drawGutter();
	drawStrip();
	drawMini();
	if (shown >= 0 && view.laneOf[shown] >= 0)
		drawCursor(shown);
	if (view.drag && view.drag.moved && !view.drag.mini) {
		pen.fillStyle = colors.accent;
		pen.globalAlpha = 0.2;
		pen.fillRect(Math.min(view.drag.x, view.drag.now), AXIS, Math.abs(view.drag.now - view.drag.x), view.height - MINI - AXIS);
		pen.globalAlpha = 1;
	}
}

function drawCursor(i) {
	const left = Math.max(view.gutter, xOf(steps.start[i])), right = Math.max(left + 4, Math.min(view.width - 12, xOf(steps.end[i])));
	pen.strokeStyle = colors.accent;
	pen.lineWidth = 2;
	pen.strokeRect(left - 2, view.top + view.laneOf[i] * view.rowHeight + 1, right - left + 4, view.rowHeight - 2);
}

function redraw() {
	if (!view.frame)
		view.frame = requestAnimationFrame(draw);
}

function zoomTo(from, to) {
	const length = Math.max(view.span / 1e6, 1, Math.min(view.span, to - from));
	view.from = Math.max(0, Math.min(from, view.span - length));
	view.to = view.from + length;
	redraw();
}

function zoomBy(factor, at = (view.from + view.to) / 2) {
	zoomTo(at - (at - view.from) * factor, at + (view.to - at) * factor);
}

const zoomAll = () => zoomTo(0, view.span);

/* The step under the pointer, with a little tolerance for thin bars; the worst one near. */
function stepAt(x, y) {
	const index = Math.floor((y - view.top) / view.rowHeight), lane = view.lanes[index];
	if (!lane || y < view.top)
		return -1;
	if (x < view.gutter)
		return view.mode === 'step' ? (lane.idle === undefined ? lane.steps[0] : lane.idle) : -1;
	const from = timeOf(x - 2), to = timeOf(x + 2);
	let best = -1;
	for (let k = firstEnding(lane, from); k < lane.steps.length && steps.start[lane.steps[k]] <= to; k++)
		if (best < 0 || SEVERITY[steps.look[lane.steps[k]]] > SEVERITY[steps.look[best]])
			best = lane.steps[k];
	return best;
}

function showTip(i, event) {
	tip.hidden = i < 0;
	if (i < 0)
		return;
	tip.replaceChildren(element('b', null, lookGlyph(i) + ' ' + steps.id[i]), describe(i));
	const left = Math.min(event.clientX + 14, window.innerWidth - tip.offsetWidth - 8);
	const top = event.clientY + 18 + tip.offsetHeight > window.innerHeight ? event.clientY - tip.offsetHeight - 12 : event.clientY + 18;
	tip.style.transform = `translate(${Math.max(4, left)}px, ${top}px)`;
}

function describe(i) {
	const parts = [lookWord(i)];
	if (steps.took[i] >= 0)
		parts.push(duration(steps.took[i]), 'from ' + duration(steps.start[i]));
	if (steps.queue[i] >= 100)
		parts.push('waited ' + duration(steps.queue[i]));
	if (attemptCount(i) > 1)
		parts.push(attemptCount(i) + ' attempts');
	if (steps.wave[i] >= 0)
		parts.push('wave ' + (steps.wave[i] + 1));
	if (steps.critical[i])
		parts.push('on the critical path');
	return parts.join(' · ');
}

function place(event) {
	const box = canvas.getBoundingClientRect();
	return { x: event.clientX - box.left, y: event.clientY - box.top };
}

function panMini(x) {
	const time = (x - view.gutter) / view.plot * view.span, half = (view.to - view.from) / 2;
	zoomTo(time - half, time + half);
}

function listenToPointer() {
	canvas.addEventListener('pointerdown', (event) => {
		const { x, y } = place(event);
		view.drag = { x, y, now: x, moved: false, mini: y > view.height - MINI };
		if (view.drag.mini)
			panMini(x);
		canvas.setPointerCapture(event.pointerId);
	});
	canvas.addEventListener('pointermove', (event) => {
		const { x, y } = place(event);
		if (view.drag) {
			view.drag.now = x;
			view.drag.moved = view.drag.moved || Math.abs(x - view.drag.x) > 4;
			if (view.drag.mini)
				panMini(x);
			redraw();
			return;
		}
		const found = stepAt(x, y);
		showTip(found, event);
		if (found !== view.hover) {
			view.hover = found;
			canvas.style.cursor = found >= 0 ? 'pointer' : 'crosshair';
			redraw();
		}
	});
	canvas.addEventListener('pointerup', (event) => {
		const { drag } = view, { x, y } = place(event);
		view.drag = null;
		if (drag && !drag.mini && drag.moved)
			zoomTo(timeOf(Math.min(drag.x, x)), timeOf(Math.max(drag.x, x)));
		else if (drag && !drag.mini && stepAt(x, y) >= 0)
			openStep(stepAt(x, y));
		redraw();
	});
	canvas.addEventListener('pointerleave', () => {
		view.hover = -1;
		tip.hidden = true;
		redraw();
	});
	chart.addEventListener('wheel', (event) => {
		const focused = document.activeElement === chart;
		if (!event.ctrlKey && !(focused && event.deltaX))
			return;
		event.preventDefault();
		if (event.ctrlKey)
			zoomBy(Math.exp(event.deltaY / 300), timeOf(place(event).x));
		else
			zoomTo(view.from + event.deltaX / view.plot * (view.to - view.from), view.to + event.deltaX / view.plot * (view.to - view.from));
	}, { passive: false });
}

/* Left and right in the lane, up and down to the lane beside it at the same time. */
function walkLanes(dx, dy) {
	if (!view.lanes.length)
		return false;
	const lane = state.step < 0 ? -1 : view.laneOf[state.step];
	if (lane < 0)
		return selectStep(view.lanes[0].steps.length ? view.lanes[0].steps[0] : view.lanes[0].idle);
	if (dx) {
		const next = view.lanes[lane].steps[view.lanes[lane].steps.indexOf(state.step) + dx];
		return next !== undefined && selectStep(next);
	}
	const other = view.lanes[lane + dy];
	if (!other || !other.steps.length)
		return false;
	const time = steps.start[state.step];
	return selectStep(other.steps.reduce((best, i) => (Math.abs(steps.start[i] - time) < Math.abs(steps.start[best] - time) ? i : best)));
}

function revealInTimeline(i) {
	if (steps.took[i] >= 0 && (steps.start[i] < view.from || steps.end[i] > view.to)) {
		const half = (view.to - view.from) / 2, middle = (steps.start[i] + steps.end[i]) / 2;
		zoomTo(middle - half, middle + half);
	}
	redraw();
}

function startTimeline() {
	const select = byId('lanes');
	const useful = { step: steps.count <= 120, slot: true, wave: run.waves.length > 0 && run.waves.length <= 120, group: run.groups.length > 0 };
	for (const option of [...select.options])
		if (!useful[option.value])
			option.remove();
	view.mode = steps.count <= 60 ? 'step' : 'slot';
	select.value = view.mode;
	const started = [...steps.start.keys()].filter((i) => steps.took[i] >= 0);
	view.edges = { starts: Float64Array.from(started, (i) => steps.start[i]).sort(), ends: Float64Array.from(started, (i) => steps.end[i]).sort() };
	view.span = Math.max(1, run.span, view.edges.ends.length ? view.edges.ends[view.edges.ends.length - 1] : 0);
	view.to = view.span;
	byId('timeline-text').textContent = started.filter(attemptCount).length + ' of ' + steps.count + ' steps ran in ' + duration(view.span) + ', at most ' + run.peak + ' at once.';
	const renew = () => { buildLanes(); layout(); redraw(); };
	select.addEventListener('change', () => { view.mode = select.value; renew(); });
	byId('zoom-in').addEventListener('click', () => zoomBy(0.5));
	byId('zoom-out').addEventListener('click', () => zoomBy(2));
	byId('zoom-all').addEventListener('click', zoomAll);
	listenToPointer();
	readColors();
	renew();
	new ResizeObserver(() => {
		if (chart.clientWidth !== view.width) {
			layout();
			redraw();
		}
	}).observe(chart);
}

/*
 * The list of all steps: a grid whose few rows are reused while it scrolls. It holds the same
 * facts as the timeline, for those who cannot see a canvas.
 */

const grid = byId('grid'), filterBox = byId('filter');
const ROW = 32, HEAD = 36, SCROLL_LIMIT = 8e6;
const list = { order: new Uint32Array(0), pool: [], space: byId('grid-space'), head: byId('grid-head'), frame: 0, active: 0 };

const exitText = (i) => {
	const all = steps.attempts[i], exit = all ? all[all.length - 1][2] : steps.exit[i];
	return exit < 0 ? '' : String(exit);
};
const deltaOf = (i) => (steps.previous && steps.previous[i] >= 0 && steps.took[i] >= 0 ? steps.took[i] - steps.previous[i] : NaN);

function signedDuration(ms) {
	return Number.isNaN(ms) ? '' : ms === 0 ? '±0' : (ms < 0 ? '−' : '+') + duration(Math.abs(ms));
}

/* key, text(i), value(i) to sort by; in the order of the cells in report.html */
const COLUMNS = [
	['status', null, (i) => -SEVERITY[steps.look[i]]],
	['name', (i) => steps.id[i], (i) => steps.id[i]],
	['group', groupName, groupName],
	['wave', (i) => waveName(steps.wave[i]), (i) => steps.wave[i]],
	['start', (i) => (steps.took[i] < 0 ? '' : duration(steps.start[i])), (i) => (steps.took[i] < 0 ? Infinity : steps.start[i])],
	['queue', (i) => (steps.took[i] < 0 ? '' : duration(steps.queue[i])), (i) => steps.queue[i]],
	['took', (i) => (steps.took[i] < 0 ? '' : duration(steps.took[i])), (i) => steps.took[i]],
	['delta', (i) => signedDuration(deltaOf(i)), (i) => deltaOf(i) || 0],
	['attempts', (i) => String(attemptCount(i) || ''), attemptCount],
	['rss', (i) => (steps.rss[i] > 0 ? bytesText(steps.rss[i] * 1024) : ''), (i) => steps.rss[i]],
	['exit', exitText, (i) => Number(exitText(i) || -1)],
];

/* "took:>5s" and the like as a function of the step; anything else is looked for in the name. */
function compileWord(word) {
	const match = /^(status|group|wave|took|queue|attempts?|exit|is):([<>]=?)?(.+)$/.exec(word);
	if (!match)
		return (i) => steps.search[i].includes(word);
	const [, key, sign, text] = match;
	if (key === 'status')
		return (i) => lookWord(i).startsWith(text);
	if (key === 'group')
		return (i) => groupName(i).toLowerCase().includes(text);
	if (key === 'is')
		return (i) => (text === 'critical' ? steps.critical[i] === 1 : false);
	const wanted = key === 'took' || key === 'queue' ? parseDuration(text) : Number(text);
	const value = { wave: (i) => steps.wave[i] + 1, took: (i) => steps.took[i], queue: (i) => steps.queue[i],
		attempt: attemptCount, attempts: attemptCount, exit: (i) => Number(exitText(i) || NaN) }[key];
	return { '>': (i) => value(i) > wanted, '<': (i) => value(i) < wanted && value(i) >= 0, '>=': (i) => value(i) >= wanted,
		'<=': (i) => value(i) <= wanted && value(i) >= 0 }[sign] || ((i) => value(i) === wanted);
}

function refreshList() {
	const tests = state.filter.toLowerCase().split(/\s+/).filter(Boolean).map(compileWord);
	const found = new Uint32Array(steps.count);
	let count = 0;
	for (let i = 0; i < steps.count; i++)
		if (tests.every((test) => test(i)))
			found[count++] = i;
	list.order = found.subarray(0, count);
	sortList();
	byId('count').textContent = count === steps.count ? count.toLocaleString('en') + (count === 1 ? ' step' : ' steps')
		: count.toLocaleString('en') + ' of ' + steps.count.toLocaleString('en') + ' steps';
	list.active = Math.min(list.active, Math.max(0, count - 1));
	grid.setAttribute('aria-rowcount', count + 1);
	list.space.style.height = Math.min(SCROLL_LIMIT, count * ROW) + 'px';
	grid.style.height = Math.max(1, Math.min(15, count)) * ROW + HEAD + 2 + 'px';
	byId('nothing').hidden = count > 0;
	drawRows();
}

function sortList() {
	const column = COLUMNS.find((it) => it[0] === state.sort);
	if (column) {
		const values = column[2], sign = state.down ? -1 : 1;
		const key = new Array(steps.count);
		for (const i of list.order)
			key[i] = values(i);
		list.order = list.order.slice().sort((a, b) => (key[a] < key[b] ? -sign : key[a] > key[b] ? sign : a - b));
	}
	for (const cell of list.head.children) {
		const sorted = cell.dataset.key === state.sort;
		cell.setAttribute('aria-sort', sorted ? (state.down ? 'descending' : 'ascending') : 'none');
	}
}

const shownRows = () => Math.max(1, Math.floor((grid.clientHeight - HEAD) / ROW));

/* Beyond the browser's limit of height the scroll bar stands for a scaled position. */
function firstRow() {
	const hidden = Math.max(1, list.space.offsetHeight - (grid.clientHeight - HEAD));
	const most = Math.max(0, list.order.length - shownRows());
	return list.order.length * ROW <= SCROLL_LIMIT ? Math.floor(grid.scrollTop / ROW) : Math.round(grid.scrollTop / hidden * most);
}

function fillRow(row, place) {
	const i = list.order[place];
	row.dataset.step = i;
	row.setAttribute('aria-rowindex', place + 2);
	row.setAttribute('aria-selected', String(i === state.step));
	COLUMNS.forEach((column, at) => {
		const cell = row.children[at];
		if (at === 0) {
			cell.className = 'c-status state ' + lookWord(i);
			cell.firstChild.className = 'chip ' + lookWord(i);
			cell.firstChild.textContent = lookGlyph(i);
			cell.lastChild.textContent = lookWord(i);
			cell.setAttribute('aria-label', lookWord(i));
			return;
		}
		cell.textContent = column[1](i);
		if (column[0] === 'delta')
			cell.className = 'c-delta number ' + (Math.abs(deltaOf(i)) > Math.max(1000, steps.previous ? steps.previous[i] * 0.2 : 0) ? (deltaOf(i) > 0 ? 'slower' : 'faster') : 'muted');
	});
	row.children[1].title = steps.name[i] || steps.id[i];
}

function drawRows() {
	list.frame = 0;
	const first = firstRow();
	const scaled = list.order.length * ROW > SCROLL_LIMIT;
	list.pool.forEach((row, at) => {
		const place = first + at;
		row.hidden = place >= list.order.length;
		if (row.hidden)
			return;
		fillRow(row, place);
		row.id = 'row-' + at;
		row.style.transform = `translateY(${scaled ? grid.scrollTop + at * ROW : place * ROW}px)`;
		if (place === list.active)
			grid.setAttribute('aria-activedescendant', row.id);
	});
}

function scrollToRow(place) {
	const visible = shownRows(), first = firstRow();
	list.active = Math.max(0, Math.min(list.order.length - 1, place));
	if (list.active < first || list.active >= first + visible) {
		const top = list.active < first ? list.active : list.active - visible + 1;
		const most = Math.max(1, list.order.length - visible);
		grid.scrollTop = list.order.length * ROW <= SCROLL_LIMIT ? top * ROW
			: top / most * (list.space.offsetHeight - (grid.clientHeight - HEAD));
	}
	drawRows();
}

function revealInList(i) {
	const place = list.order.indexOf(i);
	if (place >= 0)
		scrollToRow(place);
	else
		drawRows();
}

function sortBy(key) {
	const same = state.sort === key;
	if (same && state.down)
		Object.assign(state, { sort: '', down: false });
	else
		Object.assign(state, { sort: key, down: same });
	refreshList();
	saveState();
}

function listenToGrid() {
	grid.addEventListener('scroll', () => {
		if (!list.frame)
			list.frame = requestAnimationFrame(drawRows);
	}, { passive: true });
	list.space.addEventListener('click', (event) => {
		const row = event.target.closest('.row');
		if (row)
			openStep(Number(row.dataset.step));
	});
	grid.addEventListener('keydown', (event) => {
		const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: shownRows(), PageUp: -shownRows(), Home: -Infinity, End: Infinity };
		if (event.target !== grid || modified(event) || !list.order.length)
			return;
		if (event.key in moves) {
			event.preventDefault();
			scrollToRow(list.active + moves[event.key]);
			selectStep(list.order[list.active]);
		} else if (event.key === 'Enter') {
			openStep(list.order[list.active]);
		}
	});
	let timer = 0;
	filterBox.addEventListener('input', () => {
		clearTimeout(timer);
		timer = setTimeout(() => {
			state.filter = filterBox.value;
			grid.scrollTop = 0;
			list.active = 0;
			refreshList();
			saveState();
		}, 60);
	});
	filterBox.addEventListener('keydown', (event) => {
		if (event.key === 'Enter' || event.key === 'ArrowDown') {
			event.preventDefault();
			grid.focus();
		}
	});
}

function startList() {
	for (const cell of list.head.children)
		cell.firstChild.addEventListener('click', () => sortBy(cell.dataset.key));
	grid.classList.toggle('first', !steps.previous);
	for (let i = 0; i < Math.min(18, steps.count); i++)
		list.pool.push(byId('row-template').content.firstElementChild.cloneNode(true));
	list.space.append(...list.pool);
	listenToGrid();
}

/* What holds the parts together: the chosen step, the address, the keys, the theme, printing. */

const state = { step: -1, open: false, filter: '', sort: '', down: false };
let returnTo = null;

function say(text) {
	byId('live').textContent = text;
}

/* Some viewers forbid the clipboard or the storage; nothing depends on them. */
async function copyText(text, what) {
	try {
		await navigator.clipboard.writeText(text);
		say(what + ' copied');
	} catch {
		say('The browser does not allow copying');
	}
}

function saveState() {
	const parts = [];
	if (state.open && state.step >= 0)
		parts.push('step=' + encodeURIComponent(steps.id[state.step]));
	if (state.filter)
		parts.push('q=' + encodeURIComponent(state.filter));
	if (state.sort)
		parts.push('sort=' + (state.down ? '-' : '') + state.sort);
	try {
		history.replaceState(null, '', '#' + parts.join('&'));
	} catch { /* a document without an address of its own */ }
}

function decoded(text) {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}

function loadState() {
	const hash = location.hash.slice(1);
	if (!hash.includes('='))
		return;
	const values = Object.fromEntries(hash.split('&').map((part) => [part.slice(0, part.indexOf('=')), decoded(part.slice(part.indexOf('=') + 1))]));
	if (values.q !== undefined)
		state.filter = filterBox.value = values.q;
	if (values.sort !== undefined)
		Object.assign(state, { sort: values.sort.replace('-', ''), down: values.sort.startsWith('-') });
	refreshList();
	const found = values.step === undefined ? -1 : steps.id.indexOf(values.step);
	if (found >= 0)
		openStep(found);
}

function selectStep(i) {
	state.step = i;
	say(steps.id[i] + ', ' + describe(i));
	if (state.open)
		fillDetail(i);
	revealInList(i);
	revealInTimeline(i);
	saveState();
}

function openStep(i) {
	if (!state.open)
		returnTo = document.activeElement;
	state.open = true;
	tip.hidden = true;
	selectStep(i);
	fillDetail(i);
	byId('detail-close').focus({ preventScroll: true });
}

function closeStep() {
	if (!state.open)
		return;
	state.open = false;
	detail.hidden = true;
	saveState();
	if (returnTo && returnTo !== document.body)
		returnTo.focus({ preventScroll: true });
	else
		grid.focus({ preventScroll: true });
}

const copyLink = () => copyText(location.href, 'Link');
const copyMarkdown = () => state.step >= 0 && copyText(markdownOf(state.step), 'Step');

/* The next step after the chosen one that fits, going round. */
function jump(fits, direction) {
	for (let k = 1; k <= steps.count; k++) {
		const i = ((state.step < 0 && direction < 0 ? 0 : state.step) + k * direction + 2 * steps.count) % steps.count;
		if (fits(i)) {
			selectStep(i);
			return;
		}
	}
	say('There is none');
}

function nextCritical() {
	const at = run.critical.indexOf(state.step);
	if (run.critical.length)
		selectStep(run.critical[(at + 1) % run.critical.length]);
}

function goTo(id) {
	const section = byId(id);
	if (!section)
		return;
	section.scrollIntoView();
	const target = { steps: filterBox, timeline: chart }[id] || section;
	if (target === section)
		section.tabIndex = -1;
	target.focus({ preventScroll: true });
}

const KEYS = [
	['/', () => { goTo('steps'); filterBox.select(); }],
	['f', () => jump((i) => steps.look[i] === FAILED, 1)],
	['F', () => jump((i) => steps.look[i] === FAILED, -1)],
	['c', nextCritical],
	['+', () => zoomBy(0.5)],
	['-', () => zoomBy(2)],
	['0', zoomAll],
	['y', copyLink],
	['m', copyMarkdown],
	['Enter', () => state.step >= 0 && openStep(state.step)],
	['Escape', closeStep],
	['?', () => byId('help').showModal()],
];
const PLACES = { t: 'timeline', s: 'steps', w: 'waves', d: 'time', x: 'failed' };

function listenToKeys() {
	let afterG = false;
	document.addEventListener('keydown', (event) => {
		const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
		if (modified(event) || byId('help').open)
			return;
		if (typing) {
			if (event.key === 'Escape' && event.target === filterBox)
				grid.focus();
			return;
		}
		if (event.key === 'Enter' && event.target !== document.body && event.target !== chart)
			return;
		if (afterG && PLACES[event.key]) {
			afterG = false;
			event.preventDefault();
			goTo(PLACES[event.key]);
			return;
		}
		afterG = event.key === 'g';
		const key = KEYS.find((it) => it[0] === event.key);
		if (key) {
			event.preventDefault();
			key[1]();
		}
	});
	chart.addEventListener('keydown', (event) => {
		const walk = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
		if (walk && !modified(event)) {
			event.preventDefault();
			walkLanes(...walk);
		}
	});
	byId('help-open').addEventListener('click', () => byId('help').showModal());
	byId('help-close').addEventListener('click', () => byId('help').close());
}

function startTheme() {
	const button = byId('theme'), themes = ['auto', 'light', 'dark'];
	let theme = 'auto';
	const apply = () => {
		if (theme === 'auto')
			delete document.documentElement.dataset.theme;
		else
			document.documentElement.dataset.theme = theme;
		button.textContent = 'Theme: ' + theme;
		readColors();
		redraw();
	};
	try {
		theme = themes.find((it) => it === localStorage.getItem('wavetrain-theme')) || 'auto';
	} catch { /* no storage here */ }
	button.addEventListener('click', () => {
		theme = themes[(themes.indexOf(theme) + 1) % themes.length];
		try {
			localStorage.setItem('wavetrain-theme', theme);
		} catch { /* no storage here */ }
		apply();
	});
	matchMedia('(prefers-color-scheme: dark)').addEventListener('change', apply);
	apply();
}

/* On paper the list of steps is a plain table of the first ones; the canvas prints as it stands. */
function startPrinting() {
	const count = Math.min(200, steps.count);
	addEventListener('beforeprint', () => {
		const rows = [...Array(count).keys()].map((i) => [lookGlyph(i) + ' ' + lookWord(i), steps.id[i], groupName(i), waveName(steps.wave[i]), duration(steps.took[i])]);
		byId('steps').append(element('div', { class: 'print-only', id: 'print-steps' }, table(['Status', 'Name', 'Group', 'Wave', 'Took'], rows)));
	});
	addEventListener('afterprint', () => byId('print-steps') && byId('print-steps').remove());
}

async function start() {
	document.documentElement.classList.add('js');
	readColumns(await decodeIsland(byId('step-data')));
	startTimeline();
	startList();
	startTheme();
	listenToKeys();
	startPrinting();
	refreshList();
	loadState();
	addEventListener('hashchange', loadState);
	document.addEventListener('click', (event) => {
		const button = event.target.closest('[data-copy]');
		if (button)
			copyText(button.dataset.copy, button.dataset.copy);
	});
	document.documentElement.dataset.ready = String(Math.round(performance.now()));
}

start();

/*
 * The report in Chromium. REPORT_FIXTURE names the program that writes the runs.
 * A page that requires Trusted Types makes page.waitForFunction hang, so the tests ask in a loop.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import assert from 'node:assert/strict';

const require = createRequire(import.meta.url);
const fixture = process.env.REPORT_FIXTURE;
const chromiumPath = process.env.CHROMIUM || '/usr/bin/chromium';

function missing() {
	if (!fixture || !existsSync(fixture))
		return 'REPORT_FIXTURE does not name the fixture program';
	if (!existsSync(chromiumPath))
		return 'there is no Chromium';
	try {
		require.resolve('playwright-core');
		require.resolve('axe-core');
		require.resolve('html-validate');
	} catch {
		return 'run `npm ci` in tests/';
	}
	return false;
}

const arguments_ = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
	'--disable-background-networking', '--disable-component-update', '--disable-sync'];
const obstacle = missing();
if (obstacle) throw new Error(obstacle);
const folder = mkdtempSync(join(tmpdir(), 'report-test-'));
const kinds = ['empty', 'one', 'small', 'compared', 'hostile', 'notes', '3000', '100000'];
let browser;

const reportOf = (kind) => join(folder, kind, 'report.html');

/* Opens a report and waits until its script is done; what goes wrong in it is collected. */
async function open(kind, { hash = '', ...options } = {}) {
	const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, offline: true, ...options });
	const page = await context.newPage();
	const seen = { errors: [], requests: [], dialogs: [] };
	page.on('console', (message) => ['error', 'warning'].includes(message.type()) && seen.errors.push(message.text()));
	page.on('pageerror', (error) => seen.errors.push(String(error)));
	page.on('dialog', (dialog) => { seen.dialogs.push(dialog.message()); dialog.dismiss(); });
	page.on('request', (request) => seen.requests.push(request.url()));
	await page.goto(pathToFileURL(reportOf(kind)).href + hash);
	if (options.javaScriptEnabled !== false)
		await until(page, () => document.documentElement.dataset.ready !== undefined);
	return { page, seen, close: () => context.close() };
}

async function until(page, condition, argument) {
	for (let attempt = 0; attempt < 400; attempt++) {
		if (await page.evaluate(condition, argument))
			return;
		await page.evaluate(() => new Promise((resolve) => { requestAnimationFrame(() => resolve()); }));
	}
	assert.fail('never became true: ' + condition);
}

const shownNames = (page) => page.$$eval('#grid .space .row:not([hidden]) .name', (cells) => cells.map((cell) => cell.textContent));
const countText = (page) => page.$eval('#count', (it) => it.textContent);

describe('report.html', () => {
	before(async () => {
		for (const kind of kinds) {
			mkdirSync(join(folder, kind));
			execFileSync(fixture, [kind, join(folder, kind)]);
		}
		const { chromium } = require('playwright-core');
		browser = await chromium.launch({ executablePath: chromiumPath, args: arguments_ });
	});
	after(async () => {
		await browser?.close();
		rmSync(folder, { recursive: true, force: true });
	});

	for (const kind of kinds)
		test(`${kind}: opens without an error and asks for nothing else`, async () => {
			const { page, seen, close } = await open(kind);
			assert.deepEqual(seen.errors, []);
			assert.deepEqual(seen.dialogs, []);
			assert.deepEqual(seen.requests, [pathToFileURL(reportOf(kind)).href]);
			assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
			await close();
		});

	test('sizes stay within the budget', async () => {
		const size = (kind) => statSync(reportOf(kind)).size;
		assert.ok(size('one') <= 80 * 1024, `one step: ${size('one')} bytes`);
		assert.ok(size('3000') <= 220 * 1024, `3000 steps: ${size('3000')} bytes`);
		assert.ok(size('100000') <= 2.5e6, `100000 steps: ${size('100000')} bytes`);
		const { page, close } = await open('100000');
		const nodes = await page.evaluate(() => document.getElementsByTagName('*').length);
		assert.ok(nodes <= 1500, `${nodes} elements`);
		assert.match(await countText(page), /^100,000 steps$/);
		await close();
	});

	test('script and style stay small', () => {
		const templates = new URL('../../report-templates/', import.meta.url);
		const bytes = readdirSync(templates).filter((name) => /\.(js|css)$/.test(name))
			.reduce((sum, name) => sum + statSync(new URL(name, templates)).size, 0);
		assert.ok(bytes <= 61 * 1024, `${bytes} bytes`);
	});

	test('script and style carry no way to make markup or code from text', () => {
		const text = readFileSync(reportOf('small'), 'utf8');
		assert.doesNotMatch(text, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|Function\(|\sstyle=|\son[a-z]+=/);
		assert.match(text, /script-src 'sha256-[A-Za-z0-9+/]{43}='/);
	});

	test('a changed script does not run', async () => {
		const text = readFileSync(reportOf('one'), 'utf8').replace("'use strict';", "'use strict';alert(1);");
		const context = await browser.newContext({ offline: true });
		const page = await context.newPage();
		const errors = [];
		page.on('console', (message) => errors.push(message.text()));
		page.on('dialog', (dialog) => assert.fail(dialog.message()));
		await page.setContent(text);
		assert.ok(errors.some((error) => /Content Security Policy/.test(error)), errors.join());
		assert.equal(await page.evaluate(() => document.documentElement.classList.contains('js')), false);
		await context.close();
	});

	test('hostile names and logs are text', async () => {
		const { page, seen, close } = await open('hostile');
		const count = (selector) => page.$$eval(selector, (found) => found.length);
		const names = await shownNames(page);
		assert.ok(names.includes('<img src=x onerror=alert(3)>'));
		assert.ok(names.includes('⟨202E⟩evil⟨202C⟩ bidi'));
		assert.ok(names.includes('{{verdict}} {{{script}}} {{#run}}'));
		assert.equal(await page.$eval('h1', (it) => it.textContent), '</script><script>alert(2)</script>');
		const logs = await page.$$eval('.failure pre', (found) => found.map((it) => it.textContent));
		assert.ok(logs.includes('"><svg onload=alert(4)>'));
		assert.ok(logs.includes('bell⟨07⟩ backspace⟨08⟩ return⟨0D⟩ nul-free'), JSON.stringify(logs));
		for (const name of names) {
			await page.evaluate((id) => { location.hash = '#step=' + encodeURIComponent(id); }, name);
			await until(page, (id) => document.querySelector('#detail-title')?.textContent.endsWith(id), name);
		}
		assert.equal(await count('script'), 2);
		assert.equal(await count('img, iframe, object, embed, b:not(#tip b)'), 0);
		assert.equal(await count('svg'), await count('svg.share, svg.bar-cell'));
		assert.deepEqual(seen.errors, []);
		assert.deepEqual(seen.dialogs, []);
		assert.equal(seen.requests.length, 1);
		await close();
	});

	test('the filter, its words and the sorting', async () => {
		const { page, close } = await open('3000');
		const filter = async (text, expected) => {
			await page.fill('#filter', text);
			await until(page, (it) => document.getElementById('count').textContent === it, expected);
		};
		await filter('status:failed', '5 of 3,000 steps');
		await filter('attempt:>1', '8 of 3,000 steps');
		await filter('module-00428', '1 of 3,000 steps');
		await filter('wave:2 is:critical', '1 of 3,000 steps');
		await filter('nothing-like-this', '0 of 3,000 steps');
		assert.equal(await page.isVisible('#nothing'), true);
		await filter('', '3,000 steps');
		await page.click('.c-took button');
		await page.click('.c-took button');
		assert.equal(await page.getAttribute('.head .c-took', 'aria-sort'), 'descending');
		assert.match(page.url(), /sort=-took/);
		const rows = await page.$$eval('.space .row:not([hidden]) .c-took', (cells) => cells.map((it) => parseFloat(it.textContent)));
		assert.deepEqual(rows, [...rows].sort((a, b) => b - a));
		await close();
	});

	test('the address keeps the state', async () => {
		const { page, close } = await open('small', { hash: '#step=validate&q=status%3Afailed&sort=-took' });
		assert.equal(await page.inputValue('#filter'), 'status:failed');
		assert.deepEqual(await shownNames(page), ['validate']);
		assert.equal(await page.isVisible('#detail'), true);
		assert.match(await page.textContent('#detail'), /expected at least 1 file, found 0/);
		await close();
	});

	test('everything by keyboard', async () => {
		const { page, close } = await open('small');
		const focused = () => page.evaluate(() => document.activeElement.id || document.activeElement.className);
		await page.keyboard.press('Tab');
		assert.equal(await focused(), 'skip');
		await page.keyboard.press('f');
		await page.keyboard.press('g');
		await page.keyboard.press('t');
		assert.equal(await focused(), 'chart');
		await page.keyboard.press('Enter');
		assert.match(await page.textContent('#detail-title'), /validate/);
		assert.equal(await focused(), 'detail-close');
		await page.keyboard.press('Escape');
		assert.equal(await page.isHidden('#detail'), true);
		assert.equal(await focused(), 'chart');
		await page.keyboard.press('/');
		assert.equal(await focused(), 'filter');
		await page.keyboard.type('parse/');
		await page.keyboard.press('Enter');
		assert.equal(await focused(), 'grid');
		await until(page, () => document.getElementById('count').textContent === '3 of 12 steps');
		await page.keyboard.press('ArrowDown');
		await page.keyboard.press('Enter');
		assert.match(await page.textContent('#detail-title'), /parse\/manuals/);
		await page.keyboard.press('Escape');
		await page.keyboard.press('?');
		assert.equal(await page.isVisible('#help'), true);
		await page.keyboard.press('Escape');
		assert.equal(await page.isHidden('#help'), true);
		await close();
	});

	test('what has the focus is not hidden by the bar on top', async () => {
		const { page, close } = await open('small', { viewport: { width: 1280, height: 500 } });
		for (let k = 0; k < 40; k++) {
			await page.keyboard.press('Tab');
			const hidden = await page.evaluate(() => {
				const it = document.activeElement, box = it.getBoundingClientRect(), top = document.querySelector('.top');
				return it !== document.body && !top.contains(it) && !it.matches('.skip') && box.bottom <= top.getBoundingClientRect().bottom
					? it.outerHTML.slice(0, 80) : null;
			});
			assert.equal(hidden, null);
		}
		await close();
	});

	test('light, dark and the switch', async () => {
		const background = (page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
		const dark = await open('small', { colorScheme: 'dark' });
		assert.equal(await background(dark.page), 'rgb(13, 17, 23)');
		await dark.page.click('#theme');
		assert.equal(await background(dark.page), 'rgb(255, 255, 255)');
		await dark.close();
		const light = await open('small', { colorScheme: 'light' });
		assert.equal(await background(light.page), 'rgb(255, 255, 255)');
		await light.close();
	});

	test('the canvas shows a failure among 100000 steps', async () => {
		const { page, close } = await open('100000', { colorScheme: 'light' });
		const failed = await page.evaluate(() => {
			const canvas = document.getElementById('canvas');
			const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
			let count = 0;
			for (let k = 0; k < data.length; k += 4)
				count += data[k] === 0xaf && data[k + 1] === 0x10 && data[k + 2] === 0x1f;
			return count;
		});
		assert.ok(failed >= 5, `${failed} pixels in the colour of failures`);
		await close();
	});

	test('without scripts the facts are there', async () => {
		const { page, close } = await open('small', { javaScriptEnabled: false });
		for (const text of ['1 of 12 steps failed', 'wavetrain resume run_20251209_143022', 'expected a date', 'Critical path', 'timeline.txt'])
			assert.ok((await page.innerText('body')).includes(text), text);
		assert.equal(await page.isVisible('#steps'), false);
		await close();
	});

	test('notes, gates, contract errors, optional failures and the cache', async () => {
		const { page, close } = await open('notes', { hash: '#step=document' });
		const detail = await page.textContent('#detail');
		assert.match(detail, /55 errors/);
		assert.match(detail, /value.*minimum: expected one of 'alpha'/);
		assert.doesNotMatch(detail, /undefined|null/);
		await page.keyboard.press('Escape');
		assert.deepEqual(await page.$$eval('.failure h3 a', (found) => found.map((it) => it.textContent)), ['document', 'extra']);
		assert.match(await page.textContent('.failure:last-of-type .meta'), /optional/);
		assert.match(await page.textContent('.next'), /sign off.*waits for approval/s);
		assert.equal(await page.$$eval('.note', (found) => found.length), 50);
		assert.equal(await page.$$eval('.note[open]', (found) => found.length), 3);
		await page.fill('#filter', 'status:cached');
		await until(page, () => document.getElementById('count').textContent === '12 of 63 steps');
		assert.match(await page.textContent('.legend'), /12\s*cached/);
		assert.match(await page.textContent('#timeline-text'), /^51 of 63 steps ran/);
		await close();
	});

	test('bars of cached steps are dotted', async () => {
		const { page, close } = await open('notes');
		await page.selectOption('#lanes', 'step');
		await until(page, () => {
			const canvas = document.getElementById('canvas'), style = getComputedStyle(document.documentElement);
			const color = (name) => parseInt(style.getPropertyValue(name).trim().slice(1), 16);
			const { data, width } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
			const at = (k) => data[k] << 16 | data[k + 1] << 8 | data[k + 2];
			const fill = color('--cached-fill'), label = color('--cached-label');
			let count = 0;
			for (let k = 4; k < data.length - 4 * width; k += 4)
				count += at(k) === label && at(k - 4) === fill;
			return count > 12;
		});
		await close();
	});

	test('printing lists the steps', async () => {
		const { page, close } = await open('small');
		await page.emulateMedia({ media: 'print' });
		await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
		assert.equal(await page.$$eval('#print-steps tbody tr', (rows) => rows.length), 12);
		assert.equal(await page.isVisible('#grid'), false);
		await close();
	});

	for (const colorScheme of ['light', 'dark'])
		for (const width of [320, 1280])
			for (const [kind, hash] of [['compared', ''], ['small', '#step=validate'], ['hostile', '#q=status:failed'], ['empty', ''], ['notes', ''], ['notes', '#step=document']])
				test(`axe: ${kind}${hash} ${colorScheme} ${width}`, async () => {
					const { page, close } = await open(kind, { hash, colorScheme, viewport: { width, height: 900 }, bypassCSP: true });
					assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, 'scrolls sideways');
					await page.evaluate(readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8'));
					const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
					assert.deepEqual(violations.map((it) => `${it.id}: ${it.nodes.map((node) => node.html.slice(0, 120)).join(' | ')}`), []);
					await close();
				});

	for (const kind of ['empty', 'small', 'compared', 'hostile', 'notes'])
		test(`html-validate: ${kind}`, async () => {
			const { HtmlValidate } = require('html-validate');
			/* Length of lines and titles is the run's; the rest of the recommended rules hold. */
			const validator = new HtmlValidate({ extends: ['html-validate:recommended'],
				rules: { 'long-title': 'off', 'no-inline-style': 'error' } });
			const report = await validator.validateString(readFileSync(reportOf(kind), 'utf8'));
			const messages = report.results.flatMap((it) => it.messages.map((message) => `${message.line}:${message.column} ${message.ruleId} ${message.message}`));
			assert.deepEqual([...new Set(messages)].slice(0, 20), []);
		});
});

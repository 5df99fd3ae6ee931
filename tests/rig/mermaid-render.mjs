// Renders Mermaid files in a real browser with Mermaid's default limits, as GitHub does, and fails
// on any that does not come out as a picture.
//
//   node mermaid-render.mjs [--png FOLDER] [--labels] FILE.mmd…
//
// --png writes FOLDER/FILE.png; --labels prints the text of every node, one a line, as drawn.
// Needs the packages playwright-core and mermaid; CHROMIUM names another browser.

import { createRequire } from 'node:module';
import { mkdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';

const require = createRequire(import.meta.url);

const { values: options, positionals: files } = parseArgs({
	allowPositionals: true,
	options: { png: { type: 'string' }, labels: { type: 'boolean', default: false } },
});
if (files.length === 0) {
	console.error('usage: mermaid-render.mjs [--png FOLDER] [--labels] FILE.mmd…');
	process.exit(2);
}

/* Runs in the page. Mermaid draws its own picture of a bomb for text it refuses: that is a failure. */
async function renderInPage(text) {
	const holder = document.getElementById('holder');
	holder.replaceChildren();
	try {
		await window.mermaid.parse(text);
		const { svg } = await window.mermaid.render('graph', text);
		holder.innerHTML = svg;
	} catch (error) {
		return { error: String(error.message ?? error).slice(0, 400) };
	}
	const role = holder.querySelector('svg')?.getAttribute('aria-roledescription');
	if (role === 'error' || !role)
		return { error: 'drawn as an error' };
	const labels = [...holder.querySelectorAll('.node .nodeLabel')].map((node) => node.textContent);
	return {
		labels,
		edges: holder.querySelectorAll('path.flowchart-link').length,
		strange: holder.querySelectorAll('script, img, iframe, a').length,
	};
}

async function renderFile(page, file) {
	const result = await page.evaluate(renderInPage, readFileSync(file, 'utf8'));
	if (result.error) {
		console.error(`${file}: ${result.error}`);
		return false;
	}
	if (result.strange > 0) {
		console.error(`${file}: a label became ${result.strange} links, images or scripts`);
		return false;
	}
	console.log(`${file}: ${result.labels.length} nodes, ${result.edges} edges`);
	if (options.labels)
		for (const label of result.labels)
			console.log(label);
	if (options.png) {
		mkdirSync(options.png, { recursive: true });
		const path = join(options.png, `${basename(file, '.mmd')}.png`);
		await page.locator('#holder').screenshot({ path });
	}
	return true;
}

const { chromium } = require('playwright-core');
const browser = await chromium.launch({
	executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
	args: ['--no-sandbox'],
});
let failures = 0;
try {
	const page = await browser.newPage({ viewport: { width: 1600, height: 1000 } });
	let dialogs = 0;
	let requests = 0;
	page.on('dialog', (dialog) => {
		dialogs++;
		dialog.dismiss();
	});
	page.on('request', () => requests++);
	await page.setContent('<!doctype html><meta charset="utf-8"><div id="holder"></div>');
	await page.addScriptTag({ path: require.resolve('mermaid/dist/mermaid.min.js') });
	await page.evaluate(() => window.mermaid.initialize({ startOnLoad: false }));
	requests = 0;
	for (const file of files)
		failures += (await renderFile(page, file)) ? 0 : 1;
	if (dialogs + requests > 0) {
		console.error(`the graphs opened ${dialogs} dialogs and sent ${requests} requests`);
		failures++;
	}
} finally {
	await browser.close();
}
process.exit(failures > 0 ? 1 : 0);

// The one table. A row compares two contenders of a group in one measure; a bar is a limit on the
// ratio or, where people wait or pay for it, on our own value.
import { median, ratio } from './measure.mjs';

const units = {
  wall_ms: { label: 'wall', show: showTime },
  cpu_ms: { label: 'CPU', show: showTime },
  own_cpu_ms: { label: "runner's CPU", show: showTime },
  chains_ms: { label: 'chains', show: showTime },
  checkpoint_ms: { label: 'checkpoint', show: showTime },
  peak_kib: { label: 'peak memory', show: showMemory },
  each_us: { label: 'each', show: (us) => `${us.toFixed(0)} µs` },
  size_kib: { label: 'size', show: showMemory },
};

function showTime(ms) {
  return ms >= 1000 ? `${(ms / 1000).toFixed(2)} s` : `${ms.toFixed(ms < 100 ? 1 : 0)} ms`;
}

function showMemory(kib) {
  return kib >= 1024 ? `${(kib / 1024).toFixed(1)} MiB` : `${Math.round(kib)} KiB`;
}

function showRatio(number) {
  return number >= 100 ? number.toFixed(0) : number >= 10 ? number.toFixed(1) : number.toFixed(2);
}

export class Table {
  #rows = [];
  #notes = [];
  #shows_bars;

  /** shows_bars: the sizes are those the bars are set for. */
  constructor({ shows_bars }) {
    this.#shows_bars = shows_bars;
  }

  /**
   * row: {work, measure, who, beside, bar: {ratio, most} or {value}}; most is for the worst ratio.
   * Without beside: a value alone.
   */
  add(results, row) {
    const { show } = units[row.measure];
    const mine = median(results[row.who].map((result) => result[row.measure]));
    const compared = row.beside && ratio(results, row.who, row.beside, row.measure);
    const theirs = row.beside && median(results[row.beside].map((result) => result[row.measure]));
    const bar = (this.#shows_bars && row.bar) || {};
    const limit = bar.ratio ? `≤ ${showRatio(bar.ratio)} ×${bar.most ? `, worst ${showRatio(bar.most)}` : ''}` : bar.value ? `≤ ${show(bar.value)}` : '';
    const met = bar.ratio ? compared.median <= bar.ratio && compared.most <= (bar.most ?? Infinity) : bar.value ? mine <= bar.value : undefined;
    this.#rows.push([
      row.work,
      units[row.measure].label,
      row.who,
      row.beside ?? '',
      compared ? `**${showRatio(compared.median)}**` : '',
      compared ? `${showRatio(compared.least)}–${showRatio(compared.most)}` : '',
      show(mine) + (row.beside ? ` / ${show(theirs)}` : ''),
      limit,
      met === undefined ? '' : met ? 'met' : 'missed',
    ]);
  }

  note(sentence) {
    this.#notes.push(sentence);
  }

  toString() {
    const head = ['work', 'measure', 'who', 'beside', 'ratio', 'least–most', 'in this run', 'bar', ''];
    const line = (cells) => `| ${cells.join(' | ')} |`;
    const rule = line(head.map((_, column) => (column >= 4 && column <= 6 ? '---:' : '---')));
    const notes = this.#notes.map((note) => `- ${note}`);
    return [line(head), rule, ...this.#rows.map(line), ...(notes.length ? ['', ...notes] : [])].join('\n');
  }

  get size() {
    return this.#rows.length;
  }
}

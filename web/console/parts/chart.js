// SPDX-License-Identifier: ISC
// A graph of one measure over time, perhaps with that of another period behind it. Its essence stands in words, its numbers in a table
// beside it; the second line differs by its dashes, not by its colour alone.
import uPlot from 'uplot';
import { html, useEffect, useRef, useState } from '../lib/html.js';
import { t } from '../lib/text.js';
import { createStore, useStore } from '../lib/store.js';

const HEIGHT = 256;
const DASH = [5, 5];
const ROUND = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14].flatMap((power) => [1, 2, 5].map((one) => one * 10 ** power));
const ROUND_SECONDS = [1, 5, 10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 21600, 43200, ...ROUND.map((days) => days * 86400)];
const dark = matchMedia('(prefers-color-scheme: dark)');
const forced = matchMedia('(forced-colors: active)');
const look = createStore(0); // counts changes of the colours, upon which graphs are drawn again
dark.addEventListener('change', () => look.set((old) => old + 1));
forced.addEventListener('change', () => look.set((old) => old + 1));

function colours() {
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue(name).trim();
  return forced.matches
    ? { first: 'Highlight', second: 'CanvasText', fill: 'transparent', text: 'CanvasText', line: 'GrayText' }
    : { first: of('--accent'), second: of('--series-2'), fill: `${of('--accent')}1c`, text: of('--muted'), line: of('--line') };
}

function options({ width, labels, series, format, time, onPoint }) {
  const colour = colours();
  const axis = { stroke: colour.text, grid: { stroke: colour.line, width: 1 }, ticks: { show: false }, font: '12px system-ui, sans-serif' };
  return {
    width, height: HEIGHT, padding: [12, 12, 0, 0],
    legend: { show: false },
    scales: { x: { time: false }, y: { range: (_, __, max) => [0, max > 0 ? max * 1.08 : 1] } },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
    series: [{}, ...series.map((_, i) => ({
      stroke: i === 0 ? colour.first : colour.second, width: 2, dash: i === 0 ? [] : DASH, fill: i === 0 ? colour.fill : undefined,
      points: { show: labels.length < 40 && i === 0, size: 5, fill: colour.first },
    }))],
    axes: [
      { ...axis, grid: { show: false }, size: 30, space: 72, incrs: [1, 2, 3, 4, 6, 7, 12, 14, 24, 28, 30, 60, 90, 180], values: (_, splits) => splits.map((at) => labels[at] ?? '') },
      { ...axis, size: 64, incrs: time ? ROUND_SECONDS : ROUND, values: (_, splits) => splits.map((value) => format(value)) },
    ],
    hooks: { setCursor: [(plot) => onPoint(plot.cursor.idx ?? null)] },
  };
}

function Plot({ labels, series, format, time, onPoint, words }) {
  const box = useRef(null);
  const looks = useStore(look);
  useEffect(() => {
    const data = [labels.map((_, i) => i), ...series.map(({ values }) => labels.map((_, i) => values[i] ?? null))];
    const plot = new uPlot(options({ width: box.current.clientWidth, labels, series, format, time, onPoint }), data, box.current);
    const watch = new ResizeObserver(([{ contentRect }]) => plot.setSize({ width: contentRect.width, height: HEIGHT }));
    watch.observe(box.current);
    return () => {
      watch.disconnect();
      plot.destroy();
    };
  }, [labels, series, format, looks]);
  return html`<div class="chart" ref=${box} role="img" aria-label=${words}></div>`;
}

function Line({ second }) {
  return html`<svg viewBox="0 0 28 8" aria-hidden="true"><path d="M0 4h28" stroke="currentColor" stroke-width="2.5" stroke-dasharray=${second ? '5 4' : null} /></svg>`;
}

function Table({ head, names, series, format }) {
  return html`<details><summary>${t('chart.table')}</summary><div class="scroll tall" tabindex="0" role="region" aria-label=${t('chart.table')}>
    <table><thead><tr><th scope="col">${head}</th>${series.map(({ label }) => html`<th scope="col" class="number">${label}</th>`)}</tr></thead>
    <tbody>${names.map((name, i) => html`<tr key=${name}><th scope="row">${name}</th>
      ${series.map(({ values }) => html`<td class="number">${format(values[i] ?? null)}</td>`)}</tr>`)}</tbody></table></div></details>`;
}

// labels: short names of the steps; names: their long ones. series: [{label, values}], the second one is what it is compared with.
// time: the values are seconds. children: what stands under the graph, along its axis.
export function Chart({ labels, names, series, format, time = false, words, head, children }) {
  const [at, setAt] = useState(null);
  const spoken = at === null ? words : `${names[at]}: ${series.map(({ label, values }) => `${label} ${format(values[at] ?? null)}`).join(' · ')}`;
  return html`<div class="stack tight">
    <p class="readout">${spoken}</p>
    <${Plot} labels=${labels} series=${series} format=${format} time=${time} onPoint=${setAt} words=${words} />${children}
    ${series.length > 1 && html`<div class="key">${series.map(({ label }, i) => html`<span class=${i === 0 ? 'first' : 'second'}><${Line} second=${i > 0} />${label}</span>`)}</div>`}
    <${Table} head=${head} names=${names} series=${series} format=${format} />
  </div>`;
}

// SPDX-License-Identifier: ISC
// The retention curve: how many of the views were given each part of a medium, and where people jump to.
import { html, useMemo } from '../lib/html.js';
import { language, t } from '../lib/text.js';
import { get } from '../lib/api.js';
import { clock, number, percent } from '../lib/format.js';
import { useData } from '../lib/hooks.js';
import { Chart } from './chart.js';
import { Storyboard } from './storyboard.js';
import { Loaded, Panel } from './states.js';

const shareFormat = (value) => percent(value, 1);

function partName({ start_seconds: seconds, start_percent: share }) {
  return seconds === null ? percent(share, 0) : clock(seconds);
}

// The essence: what share the beginning and the end were given to, and how far half of the views come.
function inWords(data, items) {
  const half = items.findLast(({ share }) => share >= 0.5);
  const parts = [t('retention.words', { first: percent(items[0].share * 100), last: percent(items.at(-1).share * 100) })];
  if (half && half !== items.at(-1)) {
    parts.push(t('retention.half', { where: partName(half) }));
  }
  return parts.join(' ');
}

function Curve({ data, children }) {
  const { items } = data;
  const shown = useMemo(() => ({
    labels: items.map(partName),
    names: items.map((item) => t('retention.part', { from: partName(item) })),
    series: [{ label: t('retention.share'), values: items.map(({ share }) => share * 100) }],
    words: inWords(data, items),
  }), [data, language()]);
  return html`<${Chart} ...${shown} format=${shareFormat} head=${t('retention.head')}>${children}<//>`;
}

function Hotspots({ data }) {
  return data.hotspots.length > 0 && html`<div class="stack tight"><h3>${t('retention.hotspots')}</h3><ul>${data.hotspots.map((spot) => html`<li key=${spot.start_percent}>
    ${t('retention.hotspot', { where: partName(spot), rise: percent(spot.rise * 100) })}</li>`)}</ul></div>`;
}

// ask: who asks the API; somebody with an account unless it is said.
export function Retention({ medium, period, filters, ask = (query, signal) => get(`/media/media/${medium.id}/retention`, query, signal) }) {
  const curve = useData((signal) => ask({ ...period.query, ...filters }, signal), [medium.id, period, JSON.stringify(filters)]);
  return html`<${Panel} title=${t('retention')}><${Loaded} of=${curve}>${(data) => (data.items.length === 0 || data.known_views === 0
    ? html`<p class="muted">${t('retention.none')}</p>`
    : html`<${Curve} data=${data}><${Storyboard} medium=${medium} hotspots=${data.hotspots} /><//><${Hotspots} data=${data} />
      <p class="small muted">${t('retention.known', { known: number(data.known_views), total: number(data.total_views) })}
        ${data.exact ? '' : ` ${t('retention.sample', { error: percent(Math.max(...data.items.map((item) => item.standard_error)) * 100) })}`}</p>`)}<//><//>`;
}

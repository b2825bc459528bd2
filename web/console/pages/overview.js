// SPDX-License-Identifier: ISC
// All media together: sums, their graph, and what is watched most.
import { html } from '../lib/html.js';
import { t } from '../lib/text.js';
import { get } from '../lib/api.js';
import { bytes, number } from '../lib/format.js';
import { href, setQuery, usePlace } from '../lib/router.js';
import { can } from '../lib/scopes.js';
import { useData, useEvery, useTitle } from '../lib/hooks.js';
import { Health, useStatus } from '../parts/health.js';
import { Bars } from '../parts/bars.js';
import { Select } from '../parts/form.js';
import { MEASURES } from '../parts/measures.js';
import { Numbers } from '../parts/numbers.js';
import { Period, usePeriod } from '../parts/period.js';
import { ShareReport } from '../parts/share_report.js';
import { Empty, Head, Loaded, Panel } from '../parts/states.js';

const LIVE_MS = 5000;
export const MOST_STEPS = 400; // of a graph; above it months are shown

// Sums and series of a path between bounds, and the same of the period before. Whole months where days are too many.
export async function loadNumbers(path, period, signal) {
  const ask = (bounds, interval) => get(path, { ...period.query, ...bounds, interval }, signal);
  let data = await ask(period.bounds, period.interval);
  if (data.series.length > MOST_STEPS) {
    data = await ask(period.bounds, 'month');
  }
  return { data, before: period.before ? await ask(period.before, data.interval) : null };
}

function LiveCard() {
  const live = useData((signal) => get('/analytics/live', { limit: 1 }, signal), []);
  useEvery(LIVE_MS, live.reload);
  return html`<a class="card" href=${href('/live')}><span class="name">${t('measure.live')}</span>
    <span class="figure">${number(live.data?.watching)}</span><span class="aside">${t('live.see')}</span></a>`;
}

const BY = { views: 'views', plays: 'plays', bytes: 'bytes', watched: 'seconds' };
const VALUE = { views: (item) => item.views, plays: (item) => item.plays, bytes: (item) => item.bytes_sent, watched: (item) => item.watched_seconds };

// linked: a name leads to the medium's page. ask: who asks the API.
export function Top({ period, linked = true, ask = (query, signal) => get('/analytics/top', query, signal) }) {
  const { query } = usePlace();
  const by = query.top in BY ? query.top : 'views';
  const top = useData((signal) => ask({ ...period.query, by: BY[by], limit: 10 }, signal), [period, by]);
  const choice = html`<${Select} label=${t('top.by')} value=${by} options=${Object.keys(BY).map((one) => [one, t(`measure.${one}`)])}
    onChange=${(one) => setQuery({ top: one === 'views' ? null : one }, { replace: true })} />`;
  return html`<${Panel} title=${t('top')} actions=${choice}><${Loaded} of=${top}>${({ items }) => (items.length === 0
    ? html`<${Empty} icon="overview" title=${t('top.none')} words=${t('top.none.words')} />`
    : html`<${Bars} label=${t('top')} items=${items.map((item) => ({
      key: item.media_id, value: VALUE[by](item), shown: MEASURES[by].format(VALUE[by](item)),
      name: item.deleted ? html`<span class="muted">${t('deleted', { title: item.title })}</span>` : linked ? html`<a href=${href(`/media/${item.media_id}/analytics`)}>${item.title}</a>` : item.title,
    }))} />`)}<//><//>`;
}

function Stock({ data }) {
  return html`<${Panel} title=${t('stock')}><dl class="facts">
    <dt>${t('media')}</dt><dd>${number(data.media)}</dd>
    <dt>${t('type.video')}</dt><dd>${number(data.videos)}</dd>
    <dt>${t('type.audio')}</dt><dd>${number(data.audios)}</dd>
    <dt>${t('stock.bytes')}</dt><dd>${bytes(data.media_bytes)}</dd>
  </dl>${data.media === 0 && can('createUpload') && html`<p><a class="button first" href=${href('/uploads')}>${t('uploads.first')}</a></p>`}<//>`;
}

function StatusPanel() {
  return html`<${Health} status=${useStatus()} />`;
}

export function Overview() {
  useTitle(t('overview'));
  const period = usePeriod();
  const numbers = useData((signal) => loadNumbers('/analytics/overview', period, signal), [period]);
  return html`<${Head} title=${t('overview')} />
    <${Period} period=${period}><${ShareReport} period=${period} /><//>
    <${Loaded} of=${numbers}>${({ data, before }) => html`
      <${Numbers} period=${period} data=${data} before=${before}>${can('getLive') && html`<${LiveCard} />`}<//>
      <div class="columns wide"><${Top} period=${period} /><div class="stack"><${Stock} data=${data} />${can('status') && html`<${StatusPanel} />`}</div></div>`}<//>`;
}

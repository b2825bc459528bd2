// SPDX-License-Identifier: ISC
// The analytics of one medium: sums and graph, what its views have in common, the views themselves, and taking them along.
import { html, useState } from '../lib/html.js';
import { t } from '../lib/text.js';
import { bytes, compact, country, dateTime, NONE, percent, span } from '../lib/format.js';
import { agentName } from '../lib/agent.js';
import { setQuery } from '../lib/router.js';
import { can } from '../lib/scopes.js';
import { useAction, useData } from '../lib/hooks.js';
import { usePaged } from '../lib/paged.js';
import { Paged } from '../parts/list.js';
import { Bars } from '../parts/bars.js';
import { FilterLink, filtersOf } from '../parts/filters.js';
import { Retention } from '../parts/retention.js';
import { Button, Wrong } from '../parts/form.js';
import { Explain } from '../parts/explain.js';
import { save as saveFile } from '../parts/download.js';
import { Numbers } from '../parts/numbers.js';
import { World } from '../parts/world.js';
import { Period, usePeriod } from '../parts/period.js';
import { ShareReport } from '../parts/share_report.js';
import { Empty, Loaded, Panel } from '../parts/states.js';
import { loadNumbers } from './overview.js';

// What views have in common: {list: the filter that its rows are}.
const LISTS = { countries: 'country', referrers: 'referrer', devices: 'device', systems: 'system', browsers: 'browser', viewers: 'viewer', user_agents: null };

function nameOf(list, { name }, fixed) {
  return html`<${FilterLink} name=${LISTS[list]} value=${name} fixed=${LISTS[list] in fixed} title=${list === 'user_agents' ? name : null}>${list === 'user_agents' ? agentName(name) : null}<//>`;
}

function List({ kind, items, fixed }) {
  return items.length === 0 ? html`<p class="muted">${t(`top.${kind}.none`)}</p>` : html`<${Bars} label=${t(`top.${kind}`)} items=${items.map((one) => ({
    key: one.name, name: nameOf(kind, one, fixed), value: one.views, shown: `${compact(one.views)}${one.standard_error > 0 ? ` ± ${percent(one.standard_error * 100)}` : ''}`,
  }))} />`;
}

function Countries({ items, fixed }) {
  const list = html`<${List} kind="countries" items=${items} fixed=${fixed} />`;
  return html`<${Panel} title=${t('top.countries')}>${items.length === 0 ? list : html`<div class="columns wide">
    <${World} items=${items} onChoose=${'country' in fixed ? null : (code) => setQuery({ country: code })} />${list}</div>`}<//>`;
}

// fixed: filters that hold already and cannot be others, by name.
export function Common({ top, fixed = {} }) {
  const kinds = Object.keys(LISTS).filter((kind) => kind !== 'countries' && top[kind] && !(kind === 'user_agents' && top.browsers));
  return html`${top.countries && html`<${Countries} items=${top.countries} fixed=${fixed} />`}
    <div class="columns two">${kinds.map((kind) => html`<${Panel} key=${kind} title=${t(`top.${kind}`)}><${List} kind=${kind} items=${top[kind]} fixed=${fixed} /><//>`)}</div>
    ${!top.exact && html`<p class="small muted">${t('top.sample', { sample: top.sample })}</p>`}`;
}

function Row({ view, tz, onExplain }) {
  return html`<tr><td class="nowrap" data-name=${t('view.when')}>${dateTime(view.timestamp, tz)}</td>
    <td data-name=${t('view.who')}>${view.viewer ?? view.viewed_by_ip}${view.country && html` <span class="muted">${country(view.country)}</span>`}</td>
    <td data-name=${t('view.with')}><span class="small" title=${view.user_agent}>${view.user_agent ? agentName(view.user_agent) : NONE}</span>${view.bot && html` <span class="chip warn">${t('view.bot')}</span>`}</td>
    <td class="number" data-name=${t('measure.delivered')}>${percent(view.delivered_percent)}</td>
    <td class="number" data-name=${t('measure.watched')}>${span(view.watched_seconds)}</td>
    <td class="number" data-name=${t('measure.bytes')}>${bytes(view.bytes_sent)}</td>
    ${can('explainGrant') && html`<td class="number">${view.grant_id && html`<${Button} kind="plain" aria-label=${`${t('explain')}: ${dateTime(view.timestamp, tz)}`} onClick=${() => onExplain(view.grant_id)}>${t('explain')}<//>`}</td>`}</tr>`;
}

function Views({ medium, period }) {
  const path = `/media/media/${medium.id}/views`;
  const [grant, setGrant] = useState(null);
  const list = usePaged(path, { ...period.filters, bots: period.query.bots }, 20);
  return html`<${Panel} title=${t('views.list')}><${Paged} of=${list} empty=${html`<${Empty} icon="overview" title=${t('views.none')} words=${t('views.none.words')} />`}>${(items) => html`<table class="list"><thead><tr><th scope="col">${t('view.when')}</th><th scope="col">${t('view.who')}</th><th scope="col">${t('view.with')}</th>
      <th scope="col" class="number">${t('measure.delivered')}</th><th scope="col" class="number">${t('measure.watched')}</th><th scope="col" class="number">${t('measure.bytes')}</th>${can('explainGrant') && html`<th scope="col"><span class="sr">${t('explain')}</span></th>`}</tr></thead>
      <tbody>${items.map((view) => html`<${Row} key=${view.id} view=${view} tz=${period.tz} onExplain=${setGrant} />`)}</tbody></table>`}<//>
    ${grant && html`<${Explain} grant=${grant} tz=${period.tz} onClose=${() => setGrant(null)} />`}<//>`;
}

function Export({ medium, period }) {
  const save = useAction((format) => saveFile('/analytics/export', { ...period.query, media_id: medium.id, format },
    `medium-${medium.id}-views.${format}`));
  return html`<${Panel} title=${t('export')}><p class="muted">${t('export.words')}</p><${Wrong} problem=${save.problem} />
    <div class="row">${['csv', 'ndjson'].map((format) => html`<${Button} key=${format} icon="download" busy=${save.busy} onClick=${() => save.run(format)}>${t(`export.${format}`)}<//>`)}</div><//>`;
}

export function MediumAnalytics({ medium }) {
  const period = usePeriod();
  const numbers = useData((signal) => loadNumbers(`/media/media/${medium.id}/analytics`, period, signal), [medium.id, period]);
  return html`<${Period} period=${period}><${ShareReport} medium=${medium} period=${period} /><//>
    <${Loaded} of=${numbers}>${({ data, before }) => html`<${Numbers} period=${period} data=${data} before=${before} />${can('getRetention') && html`<${Retention} medium=${medium} period=${period} filters=${filtersOf(period.filters, 'getRetention')} />`}<${Common} top=${data.top} />`}<//>
    ${can('listViews') && html`<${Views} medium=${medium} period=${period} />`}
    ${can('exportViews') && html`<${Export} medium=${medium} period=${period} />`}`;
}

// SPDX-License-Identifier: ISC
// Why a grant counted, or did not: a line for each of its deliveries, from the logs of all nodes. The nodes take a few seconds.
import { html } from '../lib/html.js';
import { t } from '../lib/text.js';
import { get } from '../lib/api.js';
import { bytes, dateTime, number, percent } from '../lib/format.js';
import { useData, useEvery } from '../lib/hooks.js';
import { Dialog } from './dialog.js';
import { Loaded, Waiting } from './states.js';

const EVERY_MS = 1000;

function Delivery({ one, tz }) {
  return html`<tr><td class="nowrap" data-name=${t('view.when')}>${dateTime(one.time, tz)}</td>
    <td data-name=${t('explain.verdict')}><span class=${`chip ${one.verdict === 'counts' ? 'good' : ''}`}>${one.verdict}</span> <span class="small">${one.reason}</span></td>
    <td data-name=${t('explain.part')}><code>${one.file}</code> <span class="small muted">${one.range}</span></td>
    <td class="number" data-name=${t('measure.bytes')}>${one.body_bytes === undefined ? '' : bytes(one.body_bytes)}</td></tr>`;
}

function Node({ node, tz }) {
  const { answer } = node;
  if (answer === null) {
    return html`<p class="muted">${t(`explain.${node.state}`, { node: node.node })}</p>`;
  }
  return html`<h3>${node.node}</h3><p class="small muted">${t('explain.sum', { counted: number(answer.counted_deliveries), total: number(answer.total_deliveries), views: number(answer.counted_views) })}</p>
    ${answer.deliveries.length > 0 && html`<table class="list"><thead><tr><th scope="col">${t('view.when')}</th><th scope="col">${t('explain.verdict')}</th><th scope="col">${t('explain.part')}</th><th scope="col" class="number">${t('measure.bytes')}</th></tr></thead>
      <tbody>${answer.deliveries.map((one, i) => html`<${Delivery} key=${i} one=${one} tz=${tz} />`)}</tbody></table>`}`;
}

export function Explain({ grant, tz, onClose }) {
  const story = useData((signal) => get(`/media/grants/${grant}/explain`, {}, signal), [grant]);
  useEvery(EVERY_MS, story.reload, story.data !== null && !story.data.complete);
  return html`<${Dialog} title=${t('explain.title')} onClose=${onClose}><p class="small muted">${t('share.grant')} <code>${grant}</code></p>
    <${Loaded} of=${story}>${(data) => html`${!data.complete && html`<${Waiting} />`}
      ${data.nodes.map((node) => html`<${Node} key=${node.node} node=${node} tz=${tz} />`)}
      ${data.views.length > 0 && html`<p>${t('explain.views', { count: data.views.length })} ${data.views.map((view) => `${bytes(view.bytes_sent)}, ${percent(view.delivered_percent)}`).join('; ')}</p>`}`}<//><//>`;
}

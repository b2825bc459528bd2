// SPDX-License-Identifier: ISC
// The installation: its version and health, and where its other pages are.
import { html } from '../lib/html.js';
import { t } from '../lib/text.js';
import { can, exists } from '../lib/scopes.js';
import { useTitle } from '../lib/hooks.js';
import { bytes, number, NONE, span } from '../lib/format.js';
import { Health, useStatus } from '../parts/health.js';
import { Head, Panel } from '../parts/states.js';

function Nodes({ nodes }) {
  return html`<${Panel} title=${t('system.ingest')}>${nodes.length === 0 ? html`<p class="muted">${t('health.nobody')}</p>`
    : html`<table class="list"><thead><tr><th scope="col">${t('system.node')}</th><th scope="col">${t('state')}</th><th scope="col" class="number">${t('system.unread')}</th><th scope="col" class="number">${t('system.lag')}</th></tr></thead>
      <tbody>${nodes.map((node) => html`<tr key=${node.node}><th scope="row">${node.node}</th><td><span class=${`chip ${node.up ? 'good' : 'bad'}`}>${t(node.up ? 'health.up' : 'health.silent')}</span></td>
        <td class="number" data-name=${t('system.unread')}>${bytes(node.unread_bytes)}</td><td class="number" data-name=${t('system.lag')}>${span(node.lag_seconds)}</td></tr>`)}</tbody></table>`}<//>`;
}

const LINKS = [['/docs/', 'system.docs', 'getDocs'], ['/redoc/', 'system.redoc', 'getRedoc'], ['/openapi.json', 'system.openapi', 'getOpenApi']];

export function System() {
  useTitle(t('system'));
  const status = useStatus();
  return html`<${Head} title=${t('system')} />
    <div class="columns two"><${Health} status=${status} />
    <${Panel} title=${t('system.about')}><dl class="facts">
      <dt>${t('system.version')}</dt><dd>${status.data?.version ?? NONE}</dd>
      ${status.data?.media && html`<dt>${t('stock.bytes')}</dt><dd>${bytes(status.data.media.stored_bytes)}</dd>`}
      <dt>${t('measure.live')}</dt><dd>${number(status.data?.watching)}</dd></dl>
      <ul class="links">${LINKS.filter(([, , operation]) => exists(operation)).map(([path, name]) => html`<li key=${path}><a href=${path}>${t(name)}</a></li>`)}</ul>
      ${can('metrics') && html`<p class="small muted">${t('system.metrics')} <code>GET /metrics</code></p>`}<//></div>
    ${status.data?.ingest && html`<${Nodes} nodes=${status.data.ingest} />`}`;
}

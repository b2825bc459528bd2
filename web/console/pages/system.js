// SPDX-License-Identifier: ISC
// The installation: its version and health, who counts, its settings, and where its other pages are.
import { html, useState } from '../lib/html.js';
import { t } from '../lib/text.js';
import { ask } from '../lib/api.js';
import { can, exists } from '../lib/scopes.js';
import { useData, useTitle } from '../lib/hooks.js';
import { ago, bytes, number, NONE, span } from '../lib/format.js';
import { Button } from '../parts/form.js';
import { Dialog } from '../parts/dialog.js';
import { Health, useStatus } from '../parts/health.js';
import { Settings } from '../parts/settings.js';
import { Head, Loaded, Panel } from '../parts/states.js';

function Nodes({ nodes }) {
  return html`<${Panel} title=${t('system.ingest')}>${nodes.length === 0 ? html`<p class="muted">${t('health.nobody')}</p>`
    : html`<table class="list"><thead><tr><th scope="col">${t('system.node')}</th><th scope="col">${t('state')}</th><th scope="col" class="number">${t('system.unread')}</th><th scope="col" class="number">${t('system.lag')}</th></tr></thead>
      <tbody>${nodes.map((node) => html`<tr key=${node.node}><th scope="row">${node.node}</th><td><span class=${`chip ${node.up ? 'good' : 'bad'}`}>${t(node.up ? 'health.up' : 'health.silent')}</span></td>
        <td class="number" data-name=${t('system.unread')}>${bytes(node.unread_bytes)}</td><td class="number" data-name=${t('system.lag')}>${span(node.lag_seconds)}</td></tr>`)}</tbody></table>`}<//>`;
}

const LINKS = [['/docs/', 'system.docs', 'getDocs'], ['/redoc/', 'system.redoc', 'getRedoc'], ['/openapi.json', 'system.openapi', 'getOpenApi']];

// With the token of who is here: by itself, a browser sends none.
function Metrics({ onClose }) {
  const text = useData(async (signal) => (await ask('GET', '/metrics', { signal })).text(), []);
  return html`<${Dialog} title=${t('system.metrics')} onClose=${onClose}><${Loaded} of=${text}>${(data) => html`<pre class="scroll log" tabindex="0" aria-label=${t('system.metrics')}>${data}</pre>`}<//><//>`;
}

function About({ data }) {
  const [shown, setShown] = useState(false);
  return html`<${Panel} title=${t('system.about')}><dl class="facts">
      <dt>${t('system.version')}</dt><dd>${data?.version ?? NONE}</dd>
      ${data?.media && html`<dt>${t('system.stored')}</dt><dd>${bytes(data.media.stored_bytes)}</dd>`}
      <dt>${t('measure.live')}</dt><dd>${number(data?.watching)}</dd>
      ${data && html`<dt>${t('system.backup')}</dt><dd>${data.last_backup_at ? ago(data.last_backup_at) : t('system.backup.none')}</dd>`}</dl>
    <ul class="links">${LINKS.filter(([, , operation]) => exists(operation)).map(([path, name]) => html`<li key=${path}><a href=${path}>${t(name)}</a></li>`)}</ul>
    ${can('metrics') && html`<div><${Button} onClick=${() => setShown(true)}>${t('system.metrics')}<//></div>`}
    ${shown && html`<${Metrics} onClose=${() => setShown(false)} />`}<//>`;
}

export function System() {
  useTitle(t('system'));
  const status = useStatus();
  return html`<${Head} title=${t('system')} />
    <div class="columns two"><${Health} status=${status} /><${About} data=${status.data} /></div>
    ${status.data?.ingest && html`<${Nodes} nodes=${status.data.ingest} />`}
    ${can('listSettings') && html`<${Settings} />`}`;
}

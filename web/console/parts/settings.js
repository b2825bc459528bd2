// SPDX-License-Identifier: ISC
// What the server runs on: each setting, its value and where that came from. Those that somebody set stand alone at first.
import { html, useState } from '../lib/html.js';
import { t } from '../lib/text.js';
import { get } from '../lib/api.js';
import { useData } from '../lib/hooks.js';
import { Check, Field } from './form.js';
import { Loaded, Panel } from './states.js';

const CHIPS = { default: '', file: 'good', environment: 'busy' };

function valueOf({ value, unit }) {
  const text = Array.isArray(value) ? value.join(', ') : String(value);
  return text === '' ? html`<span class="muted">${t('settings.empty')}</span>` : html`<code>${text}</code>${unit && html` <span class="small muted">${unit}</span>`}`;
}

function Row({ one }) {
  return html`<tr><th scope="row"><code>${one.name}</code><p class="small muted">${one.description}</p></th>
    <td data-name=${t('settings.value')}>${valueOf(one)}${one.source !== 'default' && html`<p class="small muted">${t('settings.default', { value: one.default || t('settings.empty') })}</p>`}</td>
    <td data-name=${t('settings.source')}><span class=${`chip ${CHIPS[one.source]}`}>${t(`settings.source.${one.source}`)}</span></td></tr>`;
}

function Rows({ items }) {
  return html`<table class="list settings"><thead><tr><th scope="col">${t('settings.name')}</th><th scope="col">${t('settings.value')}</th><th scope="col">${t('settings.source')}</th></tr></thead>
    <tbody>${items.map((one) => html`<${Row} key=${one.name} one=${one} />`)}</tbody></table>`;
}

export function Settings() {
  const [text, setText] = useState('');
  const [all, setAll] = useState(false);
  const list = useData((signal) => get('/settings', {}, signal), []);
  const wanted = text.trim().toLowerCase();
  const fits = (one) => (all || wanted !== '' || one.source !== 'default') && `${one.name} ${one.description}`.toLowerCase().includes(wanted);
  return html`<${Panel} title=${t('settings')}><p class="muted">${t('settings.words')}</p><${Loaded} of=${list}>${({ items }) => {
    const shown = items.filter(fits);
    return html`<div class="toolbar" role="search"><div class="search"><${Field} type="search" label=${t('settings.search')} value=${text} onInput=${setText} /></div>
        <${Check} label=${t('settings.all')} checked=${all} onChange=${setAll} /></div>
      <p class="small muted" role="status">${t('settings.count', { count: items.length, shown: shown.length })}</p>
      ${shown.length > 0 && html`<${Rows} items=${shown} />`}`;
  }}<//><//>`;
}

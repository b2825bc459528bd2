// SPDX-License-Identifier: ISC
// Shared reports: what each shows to whom, and withdrawing it. They are made where the numbers are.
import { html, useState } from '../lib/html.js';
import { t } from '../lib/text.js';
import { call } from '../lib/api.js';
import { ago, dateTime } from '../lib/format.js';
import { href } from '../lib/router.js';
import { can } from '../lib/scopes.js';
import { useTitle } from '../lib/hooks.js';
import { usePaged } from '../lib/paged.js';
import { Confirm } from '../parts/dialog.js';
import { FixedFilters } from '../parts/filters.js';
import { Button } from '../parts/form.js';
import { Paged } from '../parts/list.js';
import { reportTime } from '../parts/report_time.js';
import { Empty, Head, Panel } from '../parts/states.js';

const isOver = (one) => new Date(one.expires_at) <= Date.now();

function facts(one) {
  return [
    reportTime(one),
    one.has_password && t('reports.locked'),
    one.show_viewers && t('reports.viewers.on'),
    isOver(one) ? t('reports.over', { when: ago(one.expires_at) }) : t('reports.until', { when: dateTime(one.expires_at) }),
  ].filter(Boolean).join(' · ');
}

function Of({ medium }) {
  return medium === null ? html`<span>${t('reports.all')}</span>` : html`<a href=${href(`/media/${medium.id}/analytics`)}>${medium.title}</a>`;
}

function Report({ one, onWithdraw }) {
  return html`<li><div class="what"><div class="row"><strong>${one.title}</strong>${isOver(one) && html`<span class="chip">${t('reports.over.chip')}</span>`}</div>
      <span class="small"><${Of} medium=${one.medium} /></span><span class="small muted">${facts(one)}</span>
      <${FixedFilters} filters=${one.filter} robots=${one.bots === 'include'} /></div>
    ${can('deleteReport') && html`<${Button} kind="danger" icon="trash" aria-label=${t('reports.withdraw.of', { name: one.title })} onClick=${() => onWithdraw(one)}>${t('reports.withdraw')}<//>`}</li>`;
}

export function Reports() {
  useTitle(t('reports'));
  const [asked, setAsked] = useState(null);
  const list = usePaged('/reports');
  return html`<${Head} title=${t('reports')} />
    <p class="muted">${t('reports.words')}</p>
    <${Panel}><${Paged} of=${list} empty=${html`<${Empty} icon="share" title=${t('reports.none')} words=${t('reports.none.words')} />`}>${(items) => html`<ul class="items">
      ${items.map((one) => html`<${Report} key=${one.id} one=${one} onWithdraw=${setAsked} />`)}</ul>`}<//><//>
    ${asked && html`<${Confirm} title=${t('reports.withdraw.of', { name: asked.title })} words=${t('reports.withdraw.words')} verb=${t('reports.withdraw')}
      onClose=${() => setAsked(null)} action=${async () => { await call('DELETE', `/reports/${asked.id}`); list.reload(); }} />`}`;
}

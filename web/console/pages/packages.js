// SPDX-License-Identifier: ISC
// The queue of package jobs: what waits, what runs where and how long still, what failed, why and what helps.
import { html, useState } from '../lib/html.js';
import { t } from '../lib/text.js';
import { call, get } from '../lib/api.js';
import { ago, span } from '../lib/format.js';
import { href, setQuery, usePlace } from '../lib/router.js';
import { can } from '../lib/scopes.js';
import { useAction, useData, useEvery, useTitle } from '../lib/hooks.js';
import { usePaged } from '../lib/paged.js';
import { Button, Select, Wrong } from '../parts/form.js';
import { Dialog } from '../parts/dialog.js';
import { Paged } from '../parts/list.js';
import { Empty, Head, Loaded } from '../parts/states.js';
import { toast } from '../parts/toasts.js';

const STATES = ['', 'queued', 'running', 'failed', 'done', 'cancelled'];
const CHIPS = { queued: '', running: 'busy', failed: 'bad', done: 'good', cancelled: 'warn' };
const EVERY_MS = 4000;

function when(job) {
  const parts = {
    queued: () => [job.position !== null && t('packages.position', { place: job.position }), t('packages.asked', { when: ago(job.created_at) })],
    running: () => [job.node && t('packages.on', { node: job.node }), job.seconds_left !== null && t('uploads.left', { time: span(job.seconds_left) })],
  }[job.state] ?? (() => [t('packages.ended', { when: ago(job.ended_at ?? job.created_at) })]);
  return parts().filter(Boolean).join(' · ');
}

function Job({ job, onChange, onLog }) {
  const retry = useAction(async () => {
    await call('POST', `/media/media/${job.media_id}/package`);
    toast(t('packages.again'));
    onChange();
  });
  return html`<li><div class="what"><div class="row"><a href=${href(`/media/${job.media_id}`)}><strong>${job.title}</strong></a>
      <span class=${`chip ${CHIPS[job.state]}`}>${t(`packages.${job.state}`)}</span></div>
      ${job.state === 'running' && html`<progress class="meter" max="100" value=${job.progress_percent} aria-label=${t('packages.progress', { title: job.title })}></progress>`}
      <span class="small muted figures">${when(job)}</span>
      ${job.error && html`<div class="note bad"><div><p>${job.error}</p>${job.remedy && html`<p>${job.remedy}</p>`}</div></div>`}<${Wrong} problem=${retry.problem} /></div>
    <div class="row">${can('getPackageLog') && job.state !== 'queued' && html`<${Button} aria-label=${`${t('packages.log')}: ${job.title}`} onClick=${onLog}>${t('packages.log')}<//>`}
      ${can('requestPackage') && job.state === 'failed' && html`<${Button} icon="retry" busy=${retry.busy} aria-label=${`${t('retry')}: ${job.title}`} onClick=${retry.run}>${t('retry')}<//>`}</div></li>`;
}

function Log({ job, onClose }) {
  const log = useData((signal) => get(`/media/media/${job.media_id}/package/log`, {}, signal), [job.media_id]);
  return html`<${Dialog} title=${`${t('packages.log')}: ${job.title}`} onClose=${onClose}><${Loaded} of=${log}>${(data) => html`
    ${data.remedy && html`<p class="note warn">${data.remedy}</p>`}<pre class="scroll log" tabindex="0">${data.log || t('packages.log.none')}</pre>`}<//><//>`;
}

export function Packages() {
  useTitle(t('packages'));
  const { query } = usePlace();
  const [shown, setShown] = useState(null);
  const state = STATES.includes(query.state) ? query.state : '';
  const list = usePaged('/packages', state ? { state } : {});
  useEvery(EVERY_MS, list.reload, !list.extended && list.items.some((job) => ['queued', 'running'].includes(job.state)));
  return html`<${Head} title=${t('packages')} />
    <div class="toolbar"><${Select} label=${t('state')} value=${state} options=${STATES.map((one) => [one, t(one ? `packages.${one}` : 'all')])} onChange=${(one) => setQuery({ state: one || null })} /></div>
    <section class="panel" aria-label=${t('packages')}><${Paged} of=${list} empty=${html`<${Empty} icon="packages" title=${t('packages.none')} words=${t('packages.none.words')} />`}>${(items) => html`
      <ul class="items">${items.map((job) => html`<${Job} key=${job.id} job=${job} onChange=${list.reload} onLog=${() => setShown(job)} />`)}</ul>`}<//></section>
    ${shown && html`<${Log} job=${shown} onClose=${() => setShown(null)} />`}`;
}

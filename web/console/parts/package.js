// SPDX-License-Identifier: ISC
// The package of a medium (HLS and DASH): what state it is in, how far it is, and making, trying again or removing it.
import { html, useState } from '../lib/html.js';
import { t } from '../lib/text.js';
import { call } from '../lib/api.js';
import { span } from '../lib/format.js';
import { can } from '../lib/scopes.js';
import { useAction } from '../lib/hooks.js';
import { Button, Wrong } from './form.js';
import { Confirm } from './dialog.js';
import { Panel } from './states.js';

const CHIPS = { queued: 'busy', running: 'busy', ready: 'good', failed: 'bad', cancelled: 'warn' };

export function PackageChip({ medium }) {
  if (!medium.playable) {
    return html`<span class="chip warn">${t('media.nofile')}</span>`;
  }
  const state = medium.package?.state;
  return state ? html`<span class=${`chip ${CHIPS[state]}`}>${t(`package.${state}`)}${state === 'running' ? ` ${medium.package.progress_percent} %` : ''}</span>`
    : html`<span class="chip">${t('media.file')}</span>`;
}

function Progress({ made }) {
  return html`<div class="stack tight"><progress class="meter" max="100" value=${made.progress_percent} aria-label=${t('package.progress')}></progress>
    <p class="small muted figures">${made.progress_percent} %${made.seconds_left === null ? '' : ` · ${t('uploads.left', { time: span(made.seconds_left) })}`}</p></div>`;
}

export function PackagePanel({ medium, onChange }) {
  const [asking, setAsking] = useState(null);
  const path = `/media/media/${medium.id}/package`;
  const make = useAction(async () => onChange(await call('POST', path)));
  const made = medium.package;
  const busy = made?.state === 'queued' || made?.state === 'running';
  return html`<${Panel} title=${t('package')}>
    <div class="row"><span class=${`chip ${CHIPS[made?.state] ?? ''}`}>${t(`package.${made?.state ?? 'none'}`)}</span>
      ${made?.served && made.state !== 'ready' && html`<span class="muted small">${t('package.served')}</span>`}</div>
    ${busy && html`<${Progress} made=${made} />`}
    ${made?.error && html`<div class="note bad"><p>${made.error}</p></div>`}
    ${!made && html`<p class="muted">${t('package.words')}</p>`}
    <${Wrong} problem=${make.problem} />
    <div class="row">
      ${can('requestPackage') && !busy && html`<${Button} icon=${made ? 'retry' : 'packages'} busy=${make.busy} onClick=${make.run}>
        ${t(made?.state === 'failed' ? 'retry' : made ? 'package.again' : 'package.make')}<//>`}
      ${can('removePackage') && busy && html`<${Button} onClick=${() => setAsking('end')}>${t('package.end')}<//>`}
      ${can('removePackage') && made?.served && html`<${Button} kind="danger" icon="trash" onClick=${() => setAsking('remove')}>${t('package.remove')}<//>`}
    </div>
    ${asking && html`<${Confirm} title=${t(`package.${asking}`)} words=${t(`package.${asking}.words`)} verb=${t(`package.${asking}`)} onClose=${() => setAsking(null)}
      action=${async () => { await call('DELETE', path, { query: asking === 'end' ? { keep: 'true' } : {} }); onChange(null); }} />`}
  <//>`;
}

// SPDX-License-Identifier: ISC
// Webhooks: where events are sent. Those that fail stand first, with why.
import { html, useState } from '../lib/html.js';
import { t } from '../lib/text.js';
import { ago } from '../lib/format.js';
import { href } from '../lib/router.js';
import { can } from '../lib/scopes.js';
import { useTitle } from '../lib/hooks.js';
import { usePaged } from '../lib/paged.js';
import { Button } from '../parts/form.js';
import { Paged } from '../parts/list.js';
import { WebhookForm } from '../parts/webhook_form.js';
import { Empty, Head, Panel } from '../parts/states.js';

// off: by a person; stopped: by the server, after failures; failing: since the last success; well.
export function stateOf(hook) {
  if (!hook.enabled) {
    return hook.disabled_reason ? 'stopped' : 'off';
  }
  return hook.failing_since ? 'failing' : 'well';
}

const CHIPS = { off: '', stopped: 'bad', failing: 'bad', well: 'good' };
const needsSomebody = (hook) => CHIPS[stateOf(hook)] === 'bad';

export function HookState({ hook }) {
  return html`<span class=${`chip ${CHIPS[stateOf(hook)]}`}>${t(`webhooks.state.${stateOf(hook)}`)}</span>`;
}

export function HookEvents({ hook }) {
  return hook.events.includes('*') ? t('webhooks.all') : html`<code>${hook.events.join(' ')}</code>`;
}

// What is wrong, in words; nothing where all is well.
export function HookTrouble({ hook }) {
  const words = [hook.disabled_reason, hook.failing_since && t('webhooks.since', { when: ago(hook.failing_since) })].filter(Boolean);
  return needsSomebody(hook) && html`<div class="note bad"><div>${words.map((one) => html`<p key=${one}>${one}</p>`)}</div></div>`;
}

function Hook({ hook }) {
  return html`<li><div class="what">
      <div class="row"><a href=${href(`/webhooks/${hook.id}`)}><strong>${hook.description || hook.url}</strong></a><${HookState} hook=${hook} /></div>
      ${hook.description && html`<span class="small">${hook.url}</span>`}
      <span class="small muted"><${HookEvents} hook=${hook} /></span><${HookTrouble} hook=${hook} /></div>
    <a class="button" href=${href(`/webhooks/${hook.id}`)} aria-label=${t('webhooks.deliveries.of', { name: hook.description || hook.url })}>${t('webhooks.deliveries')}</a></li>`;
}

export function Webhooks() {
  useTitle(t('webhooks'));
  const [making, setMaking] = useState(false);
  const list = usePaged('/webhooks');
  const sorted = [...list.items.filter(needsSomebody), ...list.items.filter((hook) => !needsSomebody(hook))];
  return html`<${Head} title=${t('webhooks')}>
      ${can('createWebhook') && html`<${Button} kind="first" icon="plus" onClick=${() => setMaking(true)}>${t('webhooks.new')}<//>`}<//>
    <p class="muted">${t('webhooks.words')}</p>
    <${Panel}><${Paged} of=${list} empty=${html`<${Empty} icon="webhooks" title=${t('webhooks.none')} words=${t('webhooks.none.words')} />`}>${() => html`<ul class="items">
      ${sorted.map((hook) => html`<${Hook} key=${hook.id} hook=${hook} />`)}</ul>`}<//><//>
    ${making && html`<${WebhookForm} onClose=${() => setMaking(false)} onSaved=${list.reload} />`}`;
}

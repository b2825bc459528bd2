// SPDX-License-Identifier: ISC
// One webhook: what it is sent, what became of each delivery, trying it, and changing it.
import { html, useState } from '../lib/html.js';
import { t } from '../lib/text.js';
import { call, get } from '../lib/api.js';
import { ago, dateTime, number, NONE } from '../lib/format.js';
import { href, navigate } from '../lib/router.js';
import { can } from '../lib/scopes.js';
import { useAction, useData, useEvery, useTitle } from '../lib/hooks.js';
import { usePaged } from '../lib/paged.js';
import { Button, Wrong } from '../parts/form.js';
import { Confirm } from '../parts/dialog.js';
import { Paged } from '../parts/list.js';
import { RotateSecret, WebhookForm } from '../parts/webhook_form.js';
import { Empty, Head, Loaded, Panel } from '../parts/states.js';
import { toast } from '../parts/toasts.js';
import { HookEvents, HookState, HookTrouble } from './webhooks.js';

const EVERY_MS = 2000;
const CHIPS = { waiting: 'busy', delivered: 'good', failed: 'bad' };

// The last answer, or what is waited for.
function outcome(one) {
  return [
    one.error ?? (one.status !== null && t('webhooks.answered', { status: one.status })),
    one.latency_ms !== null && t('webhooks.latency', { ms: number(one.latency_ms) }),
    one.state === 'waiting' && one.attempts > 0 && one.next_attempt_at && t('webhooks.next', { when: ago(one.next_attempt_at) }),
  ].filter(Boolean).join(' · ');
}

function Delivery({ hook, one, onChange }) {
  const resend = useAction(async () => {
    await call('POST', `/webhooks/${hook.id}/deliveries/${one.id}/resend`);
    toast(t('webhooks.sent'));
    onChange();
  });
  return html`<tr><td class="nowrap" data-name=${t('view.when')}>${dateTime(one.created_at)}</td>
    <td data-name=${t('events.type')}><code class="nowrap" title=${one.event_id}>${one.type}</code></td>
    <td data-name=${t('state')}><span class=${`chip ${one.state === 'waiting' && one.error ? 'warn' : CHIPS[one.state]}`}>${t(`webhooks.delivery.${one.state}`)}</span></td>
    <td class="number" data-name=${t('webhooks.attempts')}>${number(one.attempts)}</td>
    <td class="small" data-name=${t('webhooks.outcome')}>${outcome(one) || NONE}<${Wrong} problem=${resend.problem} /></td>
    ${can('resendDelivery') && html`<td class="number"><${Button} icon="retry" busy=${resend.busy} aria-label=${t('webhooks.resend.of', { type: one.type, when: dateTime(one.created_at) })} onClick=${resend.run}>${t('webhooks.resend')}<//></td>`}</tr>`;
}

function Deliveries({ hook, list }) {
  return html`<${Panel} title=${t('webhooks.deliveries')}><p class="small muted">${t('webhooks.kept')}</p>
    <${Paged} of=${list} empty=${html`<${Empty} icon="webhooks" title=${t('webhooks.nothing')} words=${t('webhooks.nothing.words')} />`}>${(items) => html`<table class="list">
      <thead><tr><th scope="col">${t('view.when')}</th><th scope="col">${t('events.type')}</th><th scope="col">${t('state')}</th><th scope="col" class="number">${t('webhooks.attempts')}</th><th scope="col">${t('webhooks.outcome')}</th>
        ${can('resendDelivery') && html`<th scope="col"><span class="sr">${t('webhooks.resend')}</span></th>`}</tr></thead>
      <tbody>${items.map((one) => html`<${Delivery} key=${one.id} hook=${hook} one=${one} onChange=${list.reload} />`)}</tbody></table>`}<//><//>`;
}

function Facts({ hook }) {
  const before = hook.previous_secret_until && new Date(hook.previous_secret_until) > Date.now();
  return html`<${Panel} title=${t('facts')}><${HookTrouble} hook=${hook} /><dl class="facts">
    <dt>${t('state')}</dt><dd><${HookState} hook=${hook} /></dd>
    <dt>${t('webhooks.url')}</dt><dd>${hook.url}</dd>
    <dt>${t('webhooks.events')}</dt><dd><${HookEvents} hook=${hook} /></dd>
    <dt>${t('added')}</dt><dd>${dateTime(hook.created_at)}</dd><dt>${t('changed')}</dt><dd>${dateTime(hook.updated_at)}</dd>
    ${before && html`<dt>${t('webhooks.secret')}</dt><dd>${t('keys.previous', { when: dateTime(hook.previous_secret_until) })}</dd>`}</dl><//>`;
}

function Actions({ hook, onAsk, onChange, onTested }) {
  const test = useAction(async () => {
    await call('POST', `/webhooks/${hook.id}/test`);
    toast(t('webhooks.sent'));
    onTested();
  });
  const turn = useAction(async () => onChange(await call('PATCH', `/webhooks/${hook.id}`, { json: { enabled: !hook.enabled } })));
  return html`<div class="stack tight"><div class="row">
      ${can('testWebhook') && html`<${Button} icon="play" busy=${test.busy} onClick=${test.run}>${t('webhooks.test')}<//>`}
      ${can('changeWebhook') && html`<${Button} icon=${hook.enabled ? 'pause' : 'play'} busy=${turn.busy} onClick=${turn.run}>${t(hook.enabled ? 'people.disable' : 'people.enable')}<//>
        <${Button} icon="edit" onClick=${() => onAsk('edit')}>${t('medium.edit')}<//>`}
      ${can('rotateWebhookSecret') && html`<${Button} icon="retry" onClick=${() => onAsk('rotate')}>${t('webhooks.rotate')}<//>`}
      ${can('deleteWebhook') && html`<${Button} kind="danger" icon="trash" onClick=${() => onAsk('delete')}>${t('delete')}<//>`}</div>
    <${Wrong} problem=${test.problem ?? turn.problem} /></div>`;
}

function Body({ hook, onChange }) {
  const [asked, setAsked] = useState(null);
  const list = usePaged(`/webhooks/${hook.id}/deliveries`);
  useEvery(EVERY_MS, list.reload, hook.enabled && !list.extended && list.items.some(({ state }) => state === 'waiting'));
  const close = () => setAsked(null);
  const changed = (next) => {
    onChange(next);
    list.reload();
  };
  return html`<${Head} title=${hook.description || hook.url} before=${html`<p class="small"><a href=${href('/webhooks')}>${t('webhooks')}</a></p>`} />
    <${Actions} hook=${hook} onAsk=${setAsked} onChange=${changed} onTested=${list.reload} />
    <${Facts} hook=${hook} /><${Deliveries} hook=${hook} list=${list} />
    ${asked === 'edit' && html`<${WebhookForm} hook=${hook} onClose=${close} onSaved=${onChange} />`}
    ${asked === 'rotate' && html`<${RotateSecret} hook=${hook} onClose=${close} onSaved=${onChange} />`}
    ${asked === 'delete' && html`<${Confirm} title=${t('webhooks.delete')} words=${t('webhooks.delete.words')} verb=${t('delete')} onClose=${close}
      action=${async () => { await call('DELETE', `/webhooks/${hook.id}`); toast(t('webhooks.deleted')); navigate('/webhooks'); }} />`}`;
}

export function Webhook({ id }) {
  const hook = useData((signal) => get(`/webhooks/${id}`, {}, signal), [id]);
  useTitle(hook.data?.description || hook.data?.url || t('webhooks'));
  useEvery(5 * EVERY_MS, hook.reload);
  if (hook.problem?.status === 404) {
    return html`<${Head} title=${t('missing')} /><${Empty} icon="webhooks" title=${t('webhooks.gone')} words=${t('medium.gone.words')}><a class="button" href=${href('/webhooks')}>${t('webhooks')}</a><//>`;
  }
  return html`<${Loaded} of=${hook}>${(data) => html`<${Body} hook=${data} onChange=${hook.replace} />`}<//>`;
}

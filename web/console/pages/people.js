// SPDX-License-Identifier: ISC
// Who has an account: roles, disabling, and inviting by a link that is good once.
import { html, useState } from '../lib/html.js';
import { t } from '../lib/text.js';
import { call } from '../lib/api.js';
import { ago, dateTime } from '../lib/format.js';
import { can } from '../lib/scopes.js';
import { session } from '../lib/session.js';
import { useAction, useTitle } from '../lib/hooks.js';
import { usePaged } from '../lib/paged.js';
import { Button, Form, Select, Wrong } from '../parts/form.js';
import { Confirm, Dialog } from '../parts/dialog.js';
import { Copy } from '../parts/copy.js';
import { Paged } from '../parts/list.js';
import { Head, Panel } from '../parts/states.js';
import { toast } from '../parts/toasts.js';

const ROLES = ['owner', 'editor', 'analyst'];
const LIFETIMES = [86400, 7 * 86400, 30 * 86400];
const roleOptions = () => ROLES.map((role) => [role, t(`role.${role}`)]);

function Account({ account, onChange, onAsk }) {
  const own = account.id === session.get().account.id;
  const change = useAction(async (fields) => {
    await call('PATCH', `/accounts/${account.id}`, { json: fields });
    toast(t('people.changed', { email: account.email }));
    onChange();
  });
  return html`<li><div class="what"><div class="row"><strong>${account.email}</strong>
      ${own && html`<span class="chip">${t('account.you')}</span>`}${account.disabled && html`<span class="chip bad">${t('people.disabled')}</span>`}</div>
      <span class="small muted">${t('people.since', { when: dateTime(account.created_at) })}</span><${Wrong} problem=${change.problem} /></div>
    <div class="toolbar"><${Select} label=${t('people.role.of', { email: account.email })} value=${account.role} options=${roleOptions()} disabled=${change.busy}
      onChange=${(role) => change.run({ role })} />
      ${account.disabled ? html`<${Button} busy=${change.busy} onClick=${() => change.run({ disabled: false })}>${t('people.enable')}<//>`
    : html`<${Button} kind="danger" onClick=${onAsk}>${t('people.disable')}<//>`}</div></li>`;
}

function Invite({ onClose, onMade }) {
  const [role, setRole] = useState('editor');
  const [seconds, setSeconds] = useState(LIFETIMES[1]);
  const [link, setLink] = useState(null);
  const make = useAction(async () => {
    const { invitation } = await call('POST', '/invitations', { json: { role, expires_in: Number(seconds) } });
    setLink(`${location.origin}/console/#invitation=${encodeURIComponent(invitation)}`);
    onMade();
  });
  return html`<${Dialog} title=${t('people.invite')} onClose=${onClose}>${link ? html`<div class="stack"><p role="status">${t('people.link')}</p>
      <${Copy} label=${t('people.link.name')} forms=${[['link', link]]} /></div>`
    : html`<${Form} onSubmit=${make.run}><div class="fields">
      <${Select} label=${t('role')} hint=${t(`role.${role}.words`)} value=${role} options=${roleOptions()} onChange=${setRole} />
      <${Select} label=${t('share.ttl')} value=${seconds} options=${LIFETIMES.map((one) => [one, t('days', { count: one / 86400 })])} onChange=${setSeconds} /></div>
      <${Wrong} problem=${make.problem} />
      <div class="actions"><${Button} onClick=${onClose}>${t('cancel')}<//><${Button} kind="first" type="submit" busy=${make.busy}>${t('people.invite')}<//></div><//>`}<//>`;
}

function Invitations({ list }) {
  const [asked, setAsked] = useState(null);
  return html`<${Panel} title=${t('people.invitations')}><${Paged} of=${list} empty=${html`<p class="muted">${t('people.invitations.none')}</p>`}>${(items) => html`
    <ul class="items">${items.map((one) => html`<li key=${one.id}><div class="what"><strong>${t(`role.${one.role}`)}</strong>
      <span class="small muted">${t('people.until', { when: ago(one.expires_at) })}</span></div>
      <${Button} kind="danger" onClick=${() => setAsked(one)}>${t('people.withdraw')}<//></li>`)}</ul>`}<//>
    ${asked && html`<${Confirm} title=${t('people.withdraw')} words=${t('people.withdraw.words')} verb=${t('people.withdraw')} onClose=${() => setAsked(null)}
      action=${async () => { await call('DELETE', `/invitations/${asked.id}`); list.reload(); }} />`}<//>`;
}

export function People() {
  useTitle(t('people'));
  const [asked, setAsked] = useState(null);
  const accounts = usePaged('/accounts');
  const invitations = usePaged('/invitations');
  return html`<${Head} title=${t('people')}>
      ${can('createInvitation') && html`<${Button} kind="first" icon="plus" onClick=${() => setAsked('invite')}>${t('people.invite')}<//>`}
    <//>
    <${Panel} title=${t('people.accounts')}><${Paged} of=${accounts}>${(items) => html`<ul class="items">
      ${items.map((one) => html`<${Account} key=${one.id} account=${one} onChange=${accounts.reload} onAsk=${() => setAsked(one)} />`)}</ul>`}<//><//>
    <${Invitations} list=${invitations} />
    ${asked === 'invite' && html`<${Invite} onClose=${() => setAsked(null)} onMade=${invitations.reload} />`}
    ${asked?.email && html`<${Confirm} title=${t('people.disable')} words=${t('people.disable.words', { email: asked.email })} verb=${t('people.disable')} onClose=${() => setAsked(null)}
      action=${async () => { await call('PATCH', `/accounts/${asked.id}`, { json: { disabled: true } }); accounts.reload(); }} />`}`;
}

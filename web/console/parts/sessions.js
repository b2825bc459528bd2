// SPDX-License-Identifier: ISC
// Where one is logged in, and ending a session there.
import { html } from '../lib/html.js';
import { t } from '../lib/text.js';
import { call } from '../lib/api.js';
import { agentName } from '../lib/agent.js';
import { ago } from '../lib/format.js';
import { useAction } from '../lib/hooks.js';
import { usePaged } from '../lib/paged.js';
import { Button, Wrong } from './form.js';
import { Paged } from './list.js';
import { Panel } from './states.js';
import { toast } from './toasts.js';

function Session({ one, onEnd, busy }) {
  const name = one.client ? agentName(one.client) : t('sessions.unknown');
  return html`<li><div class="what"><div class="row"><strong title=${one.client}>${name}</strong>${one.current && html`<span class="chip good">${t('sessions.current')}</span>`}</div>
      <span class="small muted">${[one.address, t('keys.used', { when: ago(one.last_used_at) })].filter(Boolean).join(' · ')}</span></div>
    ${!one.current && html`<${Button} busy=${busy} aria-label=${t('sessions.end.of', { name })} onClick=${onEnd}>${t('sessions.end')}<//>`}</li>`;
}

export function Sessions() {
  const list = usePaged('/auth/sessions');
  const end = useAction(async (id) => {
    await call('DELETE', id === null ? '/auth/sessions' : `/auth/sessions/${id}`);
    toast(t(id === null ? 'sessions.ended.others' : 'sessions.ended'));
    list.reload();
  });
  const others = list.items.some(({ current }) => !current);
  return html`<${Panel} title=${t('sessions')}><${Wrong} problem=${end.problem} />
    <${Paged} of=${list}>${(items) => html`<ul class="items">${items.map((one) => html`<${Session} key=${one.id} one=${one} busy=${end.busy} onEnd=${() => end.run(one.id)} />`)}</ul>`}<//>
    ${others && html`<div><${Button} kind="danger" busy=${end.busy} onClick=${() => end.run(null)}>${t('sessions.end.others')}<//></div>`}<//>`;
}

// SPDX-License-Identifier: ISC
// One's own account: who one is, and the password.
import { html, useState } from '../lib/html.js';
import { t } from '../lib/text.js';
import { call } from '../lib/api.js';
import { dateTime } from '../lib/format.js';
import { session } from '../lib/session.js';
import { useStore } from '../lib/store.js';
import { can } from '../lib/scopes.js';
import { useAction, useTitle } from '../lib/hooks.js';
import { Button, Field, Form, Wrong } from '../parts/form.js';
import { Head, Panel } from '../parts/states.js';
import { SecondFactor } from '../parts/second_factor.js';
import { Sessions } from '../parts/sessions.js';
import { toast } from '../parts/toasts.js';

function Password() {
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const deed = useAction(async () => {
    await call('PUT', '/auth/password', { json: { current_password: current, new_password: next } });
    setCurrent('');
    setNext('');
    toast(t('password.changed'));
  });
  const wrong = deed.problem?.fields?.() ?? {};
  return html`<${Panel} title=${t('password.title')}><p class="muted">${t('password.words')}</p>
    <${Form} onSubmit=${deed.run}><div class="fields">
      <${Field} label=${t('password.current')} type="password" autocomplete="current-password" required value=${current} onInput=${setCurrent} wrong=${wrong['/current_password']} />
      <${Field} label=${t('password.new')} type="password" autocomplete="new-password" required hint=${t('password.hint', { count: 8 })} value=${next} onInput=${setNext} wrong=${wrong['/new_password']} />
      </div><${Wrong} problem=${deed.problem} also=${['/current_password', '/new_password']} />
      <div><${Button} kind="first" type="submit" busy=${deed.busy}>${t('password.change')}<//></div>
    <//><//>`;
}

export function Account() {
  useTitle(t('account'));
  const { account } = useStore(session);
  return html`<${Head} title=${t('account')} />
    <${Panel} title=${t('account.you')}><dl class="facts">
      <dt>${t('email')}</dt><dd>${account.email}</dd>
      <dt>${t('role')}</dt><dd>${t(`role.${account.role}`)}</dd>
      <dt>${t('account.since')}</dt><dd>${dateTime(account.created_at)}</dd>
    </dl><//>
    ${can('listSessions') && html`<${Sessions} />`}
    ${can('beginTotp') && html`<${SecondFactor} />`}
    ${can('changePassword') && html`<${Password} />`}`;
}

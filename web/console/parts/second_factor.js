// SPDX-License-Identifier: ISC
// A second factor: an authenticator app reads the picture, and a code of it proves that it has. Recovery codes are shown once.
import { html, useEffect, useMemo, useState } from '../lib/html.js';
import { t } from '../lib/text.js';
import { call } from '../lib/api.js';
import { useAction } from '../lib/hooks.js';
import { session } from '../lib/session.js';
import { useStore } from '../lib/store.js';
import { Button, Field, Form, Wrong } from './form.js';
import { Copy } from './copy.js';
import { Dialog } from './dialog.js';
import { Panel } from './states.js';
import { toast } from './toasts.js';

const CODE = { inputmode: 'numeric', autocomplete: 'one-time-code', maxlength: '64' };

// The server's picture, as an address that the page's policy takes: an image runs no script.
function Picture({ svg }) {
  const url = useMemo(() => URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' })), [svg]);
  useEffect(() => () => URL.revokeObjectURL(url), [url]);
  return html`<img class="qr" src=${url} alt=${t('totp.picture')} />`;
}

function Codes({ codes, onDone }) {
  return html`<div class="stack"><p role="status">${t('totp.codes')}</p><${Copy} label=${t('totp.codes.name')} forms=${[['codes', codes.join('\n')]]} />
    <div class="actions"><${Button} kind="first" onClick=${onDone}>${t('done')}<//></div></div>`;
}

// ask(method, path, json): how the calls are made; onDone() once the recovery codes were seen.
export function Enrol({ ask, onDone }) {
  const [secret, setSecret] = useState(null);
  const [codes, setCodes] = useState(null);
  const [code, setCode] = useState('');
  const begin = useAction(async () => setSecret(await ask('POST', '/auth/totp')));
  const confirm = useAction(async () => setCodes((await ask('POST', '/auth/totp/confirm', { code: code.trim() })).recovery_codes));
  useEffect(() => {
    begin.run();
  }, []);
  if (codes !== null) {
    return html`<${Codes} codes=${codes} onDone=${onDone} />`;
  }
  return html`<${Form} onSubmit=${confirm.run}><p>${t('totp.scan')}</p><${Wrong} problem=${begin.problem} />
    ${secret && html`<${Picture} svg=${secret.qr_svg} /><p class="small">${t('totp.typed')} <code>${secret.secret}</code></p>
    <${Field} label=${t('totp.code')} required value=${code} onInput=${setCode} wrong=${confirm.problem?.fields?.()['/code']} ...${CODE} />
    <${Wrong} problem=${confirm.problem} also=${['/code']} />
    <div class="actions"><${Button} kind="first" type="submit" busy=${confirm.busy}>${t('totp.confirm')}<//></div>`}<//>`;
}

function Remove({ onClose }) {
  const [password, setPassword] = useState('');
  const [otp, setOtp] = useState('');
  const remove = useAction(async () => {
    await call('DELETE', '/auth/totp', { json: { password, otp: otp.trim() } });
    note(false);
    toast(t('totp.removed'));
    onClose();
  });
  return html`<${Dialog} title=${t('totp.remove')} narrow onClose=${onClose}><${Form} onSubmit=${remove.run}>
    <${Field} label=${t('password')} type="password" autocomplete="current-password" required value=${password} onInput=${setPassword} />
    <${Field} label=${t('totp.code')} hint=${t('totp.code.hint')} required value=${otp} onInput=${setOtp} ...${CODE} />
    <${Wrong} problem=${remove.problem} />
    <div class="actions"><${Button} onClick=${onClose}>${t('cancel')}<//><${Button} kind="danger" type="submit" busy=${remove.busy}>${t('remove')}<//></div><//><//>`;
}

const note = (totp) => session.set((old) => ({ ...old, account: { ...old.account, totp } }));

export function SecondFactor() {
  const { account } = useStore(session);
  const [open, setOpen] = useState(null);
  const close = () => setOpen(null);
  const added = () => {
    note(true);
    close();
  };
  return html`<${Panel} title=${t('totp')}><p class="muted">${t('totp.words')}</p>
    <div>${account.totp ? html`<${Button} kind="danger" onClick=${() => setOpen('remove')}>${t('totp.remove')}<//>`
    : html`<${Button} icon="plus" onClick=${() => setOpen('add')}>${t('totp.add')}<//>`}</div>
    ${open === 'add' && html`<${Dialog} title=${t('totp.add')} narrow onClose=${close}>
      <${Enrol} ask=${(method, path, json) => call(method, path, json ? { json } : {})} onDone=${added} /><//>`}
    ${open === 'remove' && html`<${Remove} onClose=${close} />`}<//>`;
}

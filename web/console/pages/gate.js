// SPDX-License-Identifier: ISC
// The way in: log in, or make an account by an invitation (…/console/#invitation=…) or where sign-up is open.
import { html, useEffect, useState } from '../lib/html.js';
import { t } from '../lib/text.js';
import { asPerson, enrolled, logIn, session, signUp } from '../lib/session.js';
import { exists } from '../lib/scopes.js';
import { useAction, useData, useTitle } from '../lib/hooks.js';
import { useStore } from '../lib/store.js';
import { Button, Field, Form, Wrong } from '../parts/form.js';
import { Enrol } from '../parts/second_factor.js';
import { Brand, LanguageChoice } from '../parts/shell.js';

// Behind the #, so that no server's log has it.
function invitationOfAddress() {
  return new URLSearchParams(location.hash.slice(1)).get('invitation');
}

function LogIn({ locked }) {
  const { account } = useStore(session);
  const [email, setEmail] = useState(locked ? account.email : '');
  const [password, setPassword] = useState('');
  const [otp, setOtp] = useState('');
  const deed = useAction(() => logIn({ email, password, ...(otp.trim() ? { otp: otp.trim() } : {}) }));
  const [needed, setNeeded] = useState(false); // a code beside the password
  const asked = deed.problem?.type === '/problems/otp-required';
  useEffect(() => asked && setNeeded(true), [asked]);
  return html`<${Form} onSubmit=${deed.run}>
    <${Field} label=${t('email')} type="email" name="email" autocomplete="username" required value=${email} onInput=${setEmail}
      autofocus=${!locked} wrong=${deed.problem?.fields()['/email']} />
    <${Field} label=${t('password')} type="password" name="password" autocomplete="current-password" required value=${password} onInput=${setPassword}
      autofocus=${locked} wrong=${deed.problem?.fields()['/password']} />
    ${needed && html`<${Field} label=${t('totp.code')} hint=${t('totp.code.hint')} required autocomplete="one-time-code" maxlength="64" value=${otp} onInput=${setOtp}
      wrong=${deed.problem?.fields()['/otp']} />`}
    <${Wrong} problem=${asked ? null : deed.problem} also=${['/email', '/password', '/otp']} />
    <${Button} kind="first" type="submit" busy=${deed.busy}>${t('login')}<//>
  <//>`;
}

function SignUp({ first, invitation, shortest = 8 }) {
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const deed = useAction(async () => {
    await signUp({ email, password, ...(invitation ? { invitation } : {}) });
    history.replaceState(null, '', location.pathname + location.search);
    await logIn({ email, password });
  });
  const wrong = deed.problem?.fields?.() ?? {};
  return html`<${Form} onSubmit=${deed.run}>
    ${first && html`<p>${t('gate.first')}</p>`}
    ${invitation && html`<p>${t('gate.invited')}</p>`}
    <${Field} label=${t('email')} type="email" name="email" autocomplete="username" required value=${email} onInput=${setEmail} autofocus wrong=${wrong['/email']} />
    <${Field} label=${t('password')} type="password" name="password" autocomplete="new-password" required value=${password} onInput=${setPassword}
      hint=${t('password.hint', { count: shortest })} wrong=${wrong['/password']} />
    <${Wrong} problem=${deed.problem} also=${['/email', '/password']} />
    <${Button} kind="first" type="submit" busy=${deed.busy}>${t('signup')}<//>
  <//>`;
}

async function readPolicy(signal) {
  if (!exists('getSignupPolicy')) {
    return { policy: 'closed', first: false };
  }
  const answer = await fetch('/auth/signup', { signal });
  return answer.ok ? answer.json() : { policy: 'closed', first: false };
}

// Where the server wants a second factor of everybody, and this account has none yet.
export function EnrolGate() {
  useTitle(t('totp.needed'));
  return html`<div class="gate"><main><${Brand} /><div class="panel"><h1 tabindex="-1">${t('totp.needed')}</h1><${Enrol} ask=${asPerson} onDone=${enrolled} /></div></main></div>`;
}

// ended: as the session's state says. Whoever logged out left no name; whose session ended by itself finds theirs.
export function Gate({ ended }) {
  const locked = ended === 'locked';
  const invitation = locked ? null : invitationOfAddress();
  const { data } = useData(readPolicy, []);
  const open = !locked && (invitation !== null || data?.policy === 'open');
  const [chosen, setChosen] = useState(null);
  const page = chosen ?? (invitation !== null || (open && data?.first) ? 'signup' : 'login');
  const title = page === 'signup' && open ? t(data?.first ? 'gate.owner' : 'signup.title') : t(locked ? 'gate.ended' : 'login.title');
  useTitle(title);
  useEffect(() => {
    document.querySelector('.gate [autofocus]')?.focus();
  }, [page, open]);
  return html`<div class="gate"><main><div class="brand-row"><${Brand} /></div>
    <div class="panel"><h1 tabindex="-1">${title}</h1>
      ${(locked || ended === 'left') && html`<p class="muted">${t(`gate.${ended}`)}</p>`}
      ${page === 'signup' && open ? html`<${SignUp} first=${data?.first} invitation=${invitation} shortest=${data?.password_min} />` : html`<${LogIn} locked=${locked} />`}
      ${open && html`<${Button} kind="plain" onClick=${() => setChosen(page === 'signup' ? 'login' : 'signup')}>
        ${t(page === 'signup' ? 'gate.have' : 'gate.none')}<//>`}
    </div>
    <footer><${LanguageChoice} /></footer></main></div>`;
}

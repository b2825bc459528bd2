// SPDX-License-Identifier: ISC
// The frame of all pages: where one can go, who one is, and what lies over the page.
import { html, useEffect, useState } from '../lib/html.js';
import { language, languages, t } from '../lib/text.js';
import { href, usePlace } from '../lib/router.js';
import { logOut, session } from '../lib/session.js';
import { useStore } from '../lib/store.js';
import { areas } from '../lib/areas.js';
import { chooseLanguage } from '../lib/restart.js';
import { Button, useId } from './form.js';
import { Icon } from './icons.js';

function Logo() {
  return html`<img src=${document.querySelector('link[rel=icon]').href} alt="" />mediagate`;
}

export function Brand() {
  return html`<a class="brand" href=${href('/')}><${Logo} /></a>`;
}

// For whom there is no way into the console.
export function Mark() {
  return html`<span class="brand"><${Logo} /></span>`;
}

export function LanguageChoice() {
  const id = useId('l');
  return html`<div><label class="sr" for=${id}>${t('language')}</label>
    <select id=${id} onChange=${(event) => chooseLanguage(event.target.value)}>
      ${Object.entries(languages).map(([tag, { name }]) => html`<option value=${tag} lang=${tag} selected=${tag === language()}>${name}</option>`)}
    </select></div>`;
}

function NavLink({ area, path }) {
  const here = path === area.path || (area.path !== '/' && path.startsWith(`${area.path}/`));
  return html`<li><a href=${href(area.path)} aria-current=${here ? 'page' : null}><${Icon} name=${area.icon} />${t(area.title)}
    ${area.count && html`<${Count} of=${area.count} />`}</a></li>`;
}

function Count({ of }) {
  const count = useStore(of);
  return count > 0 && html`<span class="chip busy count">${count}</span>`;
}

function Side({ open, path }) {
  const { account } = useStore(session);
  const groups = areas().filter(({ items }) => items.length > 0);
  return html`<header class=${`side ${open ? 'open' : ''}`} id="side">
    <${Brand} />
    <nav class="nav" aria-label=${t('nav')}>
      ${groups.map(({ title, items }) => html`<div key=${title}>${title && html`<h2>${t(title)}</h2>`}
        <ul>${items.map((area) => html`<${NavLink} key=${area.path} area=${area} path=${path} />`)}</ul></div>`)}
    </nav>
    <div class="foot">
      <p class="who">${account.email}<br />${t(`role.${account.role}`)}</p>
      <${Button} icon="out" onClick=${logOut}>${t('logout')}<//>
      <${LanguageChoice} />
    </div>
  </header>`;
}

export function Shell({ children }) {
  const { path } = usePlace();
  const [open, setOpen] = useState(false);
  useEffect(() => setOpen(false), [path]);
  return html`<a class="button skip" href="#main" onClick=${(event) => {
    event.preventDefault();
    document.querySelector('main h1, main').focus();
  }}>${t('skip')}</a>
  <div class="top" role="region" aria-label=${t('menu')}><${Brand} /><${Button} kind="icon" icon=${open ? 'close' : 'menu'} aria-label=${t('menu')} aria-expanded=${String(open)}
    aria-controls="side" onClick=${() => setOpen(!open)} /></div>
  <div class="shell"><${Side} open=${open} path=${path} />
    <main class="main" id="main" tabindex="-1"><div class="page">${children}</div></main></div>`;
}

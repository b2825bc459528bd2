// SPDX-License-Identifier: ISC
// What stands where data is not there (yet): waiting, a problem with a second try, nothing to show and what to do.
import { html } from '../lib/html.js';
import { t } from '../lib/text.js';
import { Button, Wrong } from './form.js';
import { Icon } from './icons.js';

export function Waiting() {
  return html`<div class="waiting"><span class="spin" aria-hidden="true"></span><span>${t('loading')}</span></div>`;
}

export function Failed({ problem, retry }) {
  return html`<div class="stack tight"><${Wrong} problem=${problem} />
    ${retry && html`<div><${Button} icon="retry" onClick=${retry}>${t('retry')}<//></div>`}</div>`;
}

// Shows children(data) once there is data; the problem beside older data where a reload failed.
export function Loaded({ of, children }) {
  if (of.data === null) {
    return of.problem ? html`<${Failed} problem=${of.problem} retry=${of.reload} />` : html`<${Waiting} />`;
  }
  return html`${of.problem && html`<${Failed} problem=${of.problem} retry=${of.reload} />`}${children(of.data)}`;
}

export function Empty({ icon, title, words, children }) {
  return html`<div class="empty"><${Icon} name=${icon} size="40" /><h2>${title}</h2>${words && html`<p>${words}</p>`}${children}</div>`;
}

export function Head({ title, children, before }) {
  return html`<header class="head"><div>${before}<h1 tabindex="-1">${title}</h1></div>
    ${children && html`<div class="row">${children}</div>`}</header>`;
}

export function Panel({ title, actions, children, level = 2, ...rest }) {
  const heading = level === 2 ? html`<h2>${title}</h2>` : html`<h3>${title}</h3>`;
  return html`<section class="panel" aria-label=${title ?? null} ...${rest}>
    ${title && html`<header>${heading}${actions && html`<div class="row">${actions}</div>`}</header>`}${children}</section>`;
}

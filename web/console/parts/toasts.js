// SPDX-License-Identifier: ISC
// Short results at the foot of the page, read out by screen readers (role=status). Each stays until it is closed, or ten seconds.
import { html } from '../lib/html.js';
import { createStore, useStore } from '../lib/store.js';
import { t } from '../lib/text.js';
import { Icon } from './icons.js';

const STAY_MS = 10000;
const toasts = createStore([]);
let serial = 0;

export function toast(words, link = null) {
  const id = (serial += 1);
  toasts.set((old) => [...old.slice(-3), { id, words, link }]);
  setTimeout(() => close(id), STAY_MS);
}

function close(id) {
  toasts.set((old) => old.filter((one) => one.id !== id));
}

export function Toasts() {
  const shown = useStore(toasts);
  return html`<div class="toasts" role="status">
    ${shown.map(({ id, words, link }) => html`<div class="toast" key=${id}>
      <span>${words}${link && html` <a href=${link.href}>${link.words}</a>`}</span>
      <button type="button" aria-label=${t('close')} onClick=${() => close(id)}><${Icon} name="close" size="16" /></button>
    </div>`)}
  </div>`;
}

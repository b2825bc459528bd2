// SPDX-License-Identifier: ISC
// A choice of scopes, of those that one has oneself.
import { html } from '../lib/html.js';
import { session } from '../lib/session.js';
import { Check } from './form.js';

export function Scopes({ label, value, wrong, onChange }) {
  const mine = [...session.get().scopes].sort();
  const toggle = (scope) => (on) => onChange(on ? [...value, scope] : value.filter((one) => one !== scope));
  return html`<fieldset><legend class="legend">${label}</legend>
    <div class="fields">${mine.map((scope) => html`<${Check} key=${scope} label=${scope} checked=${value.includes(scope)} onChange=${toggle(scope)} />`)}</div>
    ${wrong && html`<p class="wrong">${wrong}</p>`}</fieldset>`;
}

// SPDX-License-Identifier: ISC
// A list of names with their numbers, each with a bar as long as its share of the first.
import { html } from '../lib/html.js';

// items: [{key, name (an element or words), value (number), shown}]
export function Bars({ items, label }) {
  const most = Math.max(1, ...items.map(({ value }) => value));
  return html`<ul class="bars" aria-label=${label}>${items.map(({ key, name, value, shown }) => html`<li key=${key}>
    <span class="name"><svg aria-hidden="true" preserveAspectRatio="none"><rect width=${`${(100 * value) / most}%`} height="100%" rx="4" fill="currentColor" /></svg><span>${name}</span></span>
    <span class="value">${shown}</span></li>`)}</ul>`;
}

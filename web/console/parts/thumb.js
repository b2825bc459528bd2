// SPDX-License-Identifier: ISC
// The small picture of a medium in a list: its poster where there is one, else what kind it is.
import { html } from '../lib/html.js';
import { Icon } from './icons.js';

export function Thumb({ medium, poster = null }) {
  return html`<span class="thumb">${poster ? html`<img src=${poster} alt="" loading="lazy" />` : html`<${Icon} name=${medium.type ?? 'media'} size="24" />`}</span>`;
}

// SPDX-License-Identifier: ISC
// A list that comes in pages: its rows as `children(items)` draws them, or `empty`, and the button for more.
import { html } from '../lib/html.js';
import { t } from '../lib/text.js';
import { Button, Wrong } from './form.js';
import { Loaded } from './states.js';

export function Paged({ of, empty, children }) {
  return html`<${Loaded} of=${of.first}>${() => (of.items.length === 0 ? empty : html`${children(of.items)}
    <${Wrong} problem=${of.more.problem} />
    ${of.cursor && html`<div><${Button} busy=${of.more.busy} onClick=${of.more.run}>${t('more')}<//></div>`}`)}<//>`;
}

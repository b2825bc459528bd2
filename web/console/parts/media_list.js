// SPDX-License-Identifier: ISC
// Media as a table or as tiles, each with a box to choose it.
import { html } from '../lib/html.js';
import { t } from '../lib/text.js';
import { ago, bytes, clock } from '../lib/format.js';
import { href } from '../lib/router.js';
import { PackageChip } from './package.js';
import { Thumb } from './thumb.js';

function Choose({ medium, chosen, onChoose }) {
  return onChoose && html`<span class="pick"><input type="checkbox" aria-label=${t('media.choose', { title: medium.title })} checked=${chosen.has(medium.id)}
    onChange=${(event) => onChoose(medium, event.target.checked)} /></span>`;
}

function Length({ medium }) {
  return html`${clock(medium.duration_seconds)}${medium.height ? ` · ${medium.height}p` : ''}`;
}

function Tags({ medium }) {
  return medium.tags?.length > 0 && html`<span class="row">${medium.tags.slice(0, 4).map((tag) => html`<a class="chip" key=${tag} href=${href('/media', { tags: tag })}>${tag}</a>`)}</span>`;
}

export function Table({ items, posters, chosen, onChoose }) {
  return html`<table class="list"><thead><tr><th scope="col">${t('title')}</th><th scope="col">${t('state')}</th>
    <th scope="col" class="number">${t('length')}</th><th scope="col" class="number">${t('size')}</th><th scope="col" class="number">${t('added')}</th></tr></thead>
    <tbody>${items.map((medium) => html`<tr key=${medium.id}>
      <th scope="row"><div class="titled"><${Choose} medium=${medium} chosen=${chosen} onChoose=${onChoose} /><${Thumb} medium=${medium} poster=${posters.get(medium.id)} />
        <div class="stack tight"><a href=${href(`/media/${medium.id}`)}>${medium.title}</a><${Tags} medium=${medium} /></div></div></th>
      <td><${PackageChip} medium=${medium} /></td>
      <td class="number" data-name=${t('length')}><${Length} medium=${medium} /></td>
      <td class="number" data-name=${t('size')}>${bytes(medium.size_bytes)}</td>
      <td class="number" data-name=${t('added')}>${ago(medium.created_at)}</td></tr>`)}</tbody></table>`;
}

export function Tiles({ items, posters, chosen, onChoose }) {
  return html`<ul class="tiles">${items.map((medium) => html`<li class="tile" key=${medium.id}><${Thumb} medium=${medium} poster=${posters.get(medium.id)} />
    <span class="titled"><${Choose} medium=${medium} chosen=${chosen} onChoose=${onChoose} /><a href=${href(`/media/${medium.id}`)}>${medium.title}</a></span>
    <span class="row small muted"><${PackageChip} medium=${medium} /><span><${Length} medium=${medium} /></span></span></li>`)}</ul>`;
}

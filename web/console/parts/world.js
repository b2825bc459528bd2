// SPDX-License-Identifier: ISC
// The countries of views on a map of the world. It is a picture of the list beside it: what the list has not, the map has not, and
// each country is a filter there too. The outlines are loaded when a map is first seen.
import { html, useEffect, useState } from '../lib/html.js';
import { t } from '../lib/text.js';
import { country, number } from '../lib/format.js';

const LEVELS = 5;

// 1 to LEVELS by the share of the largest, in steps of the square root: small ones are seen beside one that is large.
const levelOf = (views, most) => Math.max(1, Math.ceil(LEVELS * Math.sqrt(views / most)));

function Land({ path, code, views, most, onChoose, onPoint }) {
  const words = t('map.country', { country: country(code), count: views });
  return html`<path class=${`land level${levelOf(views, most)}`} d=${path} onClick=${onChoose && (() => onChoose(code))} onMouseEnter=${() => onPoint(words)} onMouseLeave=${() => onPoint(null)}><title>${words}</title></path>`;
}

// items: [{name: a code of two letters, views}], the largest first. onChoose(code) where one can be chosen, else null.
export function World({ items, onChoose }) {
  const [atlas, setAtlas] = useState(null);
  const [pointed, setPointed] = useState(null);
  useEffect(() => {
    let gone = false;
    import('mediagate:world').then(({ default: found }) => !gone && setAtlas(found), () => {}); // the list is there without it
    return () => { gone = true; };
  }, []);
  if (atlas === null) {
    return html`<div class="world"></div>`;
  }
  const drawn = items.filter(({ name, views }) => name in atlas.countries && views > 0);
  const most = Math.max(1, ...items.map(({ views }) => views));
  const named = new Set(drawn.map(({ name }) => name));
  const others = Object.entries(atlas.countries).filter(([code]) => !named.has(code)).map(([, path]) => path).join('') + atlas.rest;
  const words = items.length === 0 ? t('top.countries.none') : t('map.words', { country: country(items[0].name), views: number(items[0].views), count: items.length });
  const missing = items.length - drawn.length;
  return html`<figure class="world"><svg viewBox=${`0 0 ${atlas.width} ${atlas.height}`} role="img" aria-label=${words}>
      <path class="land" d=${others} />
      ${drawn.map(({ name, views }) => html`<${Land} key=${name} path=${atlas.countries[name]} code=${name} views=${views} most=${most} onChoose=${onChoose} onPoint=${setPointed} />`)}</svg>
    <figcaption class="readout">${pointed ?? words}${missing > 0 && ` ${t('map.missing', { count: missing })}`}</figcaption></figure>`;
}

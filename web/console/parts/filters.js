// SPDX-License-Identifier: ISC
// Filters of analytics. They stack, and stand in the page's address. A row of a list adds one, the chip of a filter takes it away.
import { html } from '../lib/html.js';
import { t } from '../lib/text.js';
import { country } from '../lib/format.js';
import { href, setQuery, usePlace } from '../lib/router.js';
import { takes } from '../lib/scopes.js';
import { Icon } from './icons.js';

const NAMES = ['country', 'referrer', 'viewer', 'device', 'system', 'browser', 'source', 'rendition'];

// Those of a page's query that the call knows.
export function filtersOf(query, operation = 'getOverview') {
  return Object.fromEntries(NAMES.filter((name) => query[name] && takes(operation, name)).map((name) => [name, query[name]]));
}

export function filterValue(name, value) {
  const words = { country: () => country(value), device: () => t(`device.${value}`), source: () => t(`source.${value}`) }[name];
  return words ? words() : value;
}

export function Filters({ filters }) {
  const given = Object.entries(filters);
  return given.length > 0 && html`<div class="row" role="group" aria-label=${t('filters')}>
    ${given.map(([name, value]) => html`<button type="button" class="button" key=${name} aria-label=${t('filter.off', { name: t(`filter.${name}`), value: filterValue(name, value) })}
      onClick=${() => setQuery({ [name]: null })}>${t(`filter.${name}`)}: ${filterValue(name, value)}<${Icon} name="close" size="16" /></button>`)}
  </div>`;
}

// Those that somebody else chose. robots: they count too, which is said as one more.
export function FixedFilters({ filters, robots }) {
  const words = [...Object.entries(filters).map(([name, value]) => `${t(`filter.${name}`)}: ${filterValue(name, value)}`), ...(robots ? [t('reports.robots')] : [])];
  return words.length > 0 && html`<ul class="row chips" aria-label=${t('filters')}>${words.map((one) => html`<li class="chip" key=${one}>${one}</li>`)}</ul>`;
}

// What a row of a list is called, and leads to: the same page with this filter too, unless it holds already.
export function FilterLink({ name, value, fixed = false, children, ...rest }) {
  const { path, query } = usePlace();
  const words = children || filterValue(name, value);
  return name !== null && !fixed && takes('getAnalytics', name) && query[name] !== value
    ? html`<a href=${href(path, { ...query, [name]: value })} ...${rest}>${words}</a>` : html`<span ...${rest}>${words}</span>`;
}

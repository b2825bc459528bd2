// SPDX-License-Identifier: ISC
// The choice of a period, its time zone and what it is compared with. All of it stands in the page's address.
import { html, useMemo } from '../lib/html.js';
import { t } from '../lib/text.js';
import { setQuery, usePlace } from '../lib/router.js';
import { addDays, boundsOf, comparedBounds, dayIn, intervalOf, ownZone, RANGES, zones } from '../lib/time.js';
import { Check, Field, Select } from './form.js';
import { Filters, filtersOf } from './filters.js';

const STORED = 'mediagate-time-zone';

// {bounds, tz, interval, before, bots, query}: `query` is what the API is asked with.
export function usePeriod() {
  const { query } = usePlace();
  const { range = '30d', from, to, compare = '', tz = localStorage.getItem(STORED) ?? ownZone, bots } = query;
  const filters = JSON.stringify(filtersOf(query));
  return useMemo(() => {
    const bounds = boundsOf({ range, from, to }, tz);
    const interval = intervalOf(bounds, tz);
    const before = comparedBounds(bounds, compare);
    const chosen = JSON.parse(filters);
    return {
      range, bounds, tz, interval, before, compare, bots: bots === 'include', filters: chosen,
      query: { ...bounds, tz, bots: bots === 'include' ? 'include' : null, ...chosen },
    };
  }, [range, from, to, compare, tz, bots, filters]);
}

function chooseRange(range, tz) {
  const today = dayIn(tz);
  setQuery(range === 'custom' ? { range, from: addDays(today, -29), to: today } : { range: range === '30d' ? null : range, from: null, to: null });
}

function Custom() {
  const { query } = usePlace();
  return html`<${Field} label=${t('range.from')} type="date" value=${query.from ?? ''} max=${query.to} onInput=${(from) => from && setQuery({ from })} />
    <${Field} label=${t('range.to')} type="date" value=${query.to ?? ''} min=${query.from} onInput=${(to) => to && setQuery({ to })} />`;
}

// children: what else stands in the bar.
export function Period({ period, children }) {
  const names = useMemo(() => zones().map((name) => [name, name.replaceAll('_', ' ')]), []);
  return html`<div class="toolbar" role="group" aria-label=${t('period')}>
    <${Select} label=${t('range')} value=${period.range} options=${RANGES.map((range) => [range, t(`range.${range}`)])} onChange=${(range) => chooseRange(range, period.tz)} />
    ${period.range === 'custom' && html`<${Custom} />`}
    <${Select} label=${t('compare')} value=${period.compare} disabled=${period.bounds.from === null}
      options=${['', 'previous', 'year'].map((one) => [one, t(`compare.${one || 'none'}`)])} onChange=${(compare) => setQuery({ compare: compare || null })} />
    <${Select} label=${t('zone')} value=${period.tz} options=${names} onChange=${(tz) => {
      localStorage.setItem(STORED, tz);
      setQuery({ tz: tz === ownZone ? null : tz });
    }} />
    <${Check} label=${t('robots')} checked=${period.bots} onChange=${(on) => setQuery({ bots: on ? 'include' : null })} />
    ${children}
  </div>
  <${Filters} filters=${period.filters} />`;
}

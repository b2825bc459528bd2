// SPDX-License-Identifier: ISC
// What was changed, by whom and from where; the newest first. Filters stand in the address; all of it can be taken along.
import { html, useEffect, useState } from '../lib/html.js';
import { t } from '../lib/text.js';
import { dateTime } from '../lib/format.js';
import { setQuery, usePlace } from '../lib/router.js';
import { can } from '../lib/scopes.js';
import { useAction, useSettled, useTitle } from '../lib/hooks.js';
import { usePaged } from '../lib/paged.js';
import { Button, Field, Wrong } from '../parts/form.js';
import { Paged } from '../parts/list.js';
import { save } from '../parts/download.js';
import { Empty, Head } from '../parts/states.js';

const FILTERS = ['type', 'actor', 'subject'];
const SETTLE_MS = 300;

function Filter({ name }) {
  const { query } = usePlace();
  const [text, setText] = useState(query[name] ?? '');
  const settled = useSettled(text.trim(), SETTLE_MS);
  useEffect(() => {
    if ((query[name] ?? '') !== settled) {
      setQuery({ [name]: settled || null }, { replace: true });
    }
  }, [settled]);
  return html`<div class="grow"><${Field} type="search" label=${t(`events.${name}`)} placeholder=${t(`events.${name}.hint`)} value=${text} onInput=${setText} /></div>`;
}

function Rows({ items }) {
  return html`<table class="list"><thead><tr><th scope="col">${t('view.when')}</th><th scope="col">${t('events.type')}</th><th scope="col">${t('events.actor')}</th><th scope="col">${t('events.subject')}</th><th scope="col">${t('events.data')}</th></tr></thead>
    <tbody>${items.map((one) => html`<tr key=${one.id}><td class="nowrap" data-name=${t('view.when')}>${dateTime(one.time)}</td>
      <td data-name=${t('events.type')}><code class="nowrap">${one.type}</code></td>
      <td data-name=${t('events.actor')}>${one.actor}${one.address && html` <span class="muted small">${one.address}</span>`}</td>
      <td data-name=${t('events.subject')}>${one.subject}</td><td data-name=${t('events.data')}><code>${Object.entries(one.data ?? {}).map(([name, value]) => `${name}: ${typeof value === 'object' ? JSON.stringify(value) : value}`).join(', ')}</code></td></tr>`)}</tbody></table>`;
}

export function Events() {
  useTitle(t('events'));
  const { query } = usePlace();
  const filter = Object.fromEntries(FILTERS.filter((name) => query[name]).map((name) => [name, query[name]]));
  const list = usePaged('/events', { ...filter, order: 'desc' }, 50, 'after');
  const taken = useAction(() => save('/events/export', filter, 'events.ndjson'));
  return html`<${Head} title=${t('events')}>${can('exportEvents') && html`<${Button} icon="download" busy=${taken.busy} onClick=${taken.run}>${t('events.export')}<//>`}<//>
    <${Wrong} problem=${taken.problem} />
    <div class="toolbar" role="search">${FILTERS.map((name) => html`<${Filter} key=${name} name=${name} />`)}</div>
    <section class="panel" aria-label=${t('events')}><${Paged} of=${list} empty=${html`<${Empty} icon="events" title=${t('events.none')} words=${t('events.none.words')} />`}>${(items) => html`<${Rows} items=${items} />`}<//></section>`;
}

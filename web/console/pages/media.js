// SPDX-License-Identifier: ISC
// All media: search, filters, a table or tiles. More come with a button, as many as there are.
import { html, useEffect, useState } from '../lib/html.js';
import { t } from '../lib/text.js';
import { call, get } from '../lib/api.js';
import { ago, bytes, clock } from '../lib/format.js';
import { href, navigate, setQuery, usePlace } from '../lib/router.js';
import { can } from '../lib/scopes.js';
import { useAction, useData, useSettled, useTitle } from '../lib/hooks.js';
import { Button, Field, FilePick, Form, Segments, Select, Wrong } from '../parts/form.js';
import { Dialog } from '../parts/dialog.js';
import { queueFiles } from '../parts/drop.js';
import { PackageChip } from '../parts/package.js';
import { Thumb } from '../parts/thumb.js';
import { Empty, Head, Loaded } from '../parts/states.js';

const VIEW = 'mediagate-media-view';
const PAGE_SIZE = 50;
const SETTLE_MS = 200;

function NewMedium({ onClose }) {
  const [title, setTitle] = useState('');
  const [type, setType] = useState('video');
  const [url, setUrl] = useState('');
  const deed = useAction(async () => {
    const made = await call('POST', '/media/media/', { json: { title, type, ...(url ? { file_url: url } : {}) } });
    navigate(`/media/${made.id}`);
  });
  const wrong = deed.problem?.fields?.() ?? {};
  return html`<${Dialog} title=${t('media.new')} onClose=${onClose}><${Form} onSubmit=${deed.run}>
    <${Field} label=${t('title')} required maxlength="300" value=${title} onInput=${setTitle} wrong=${wrong['/title']} />
    <${Select} label=${t('type')} value=${type} options=${[['video', t('type.video')], ['audio', t('type.audio')]]} onChange=${setType} wrong=${wrong['/type']} />
    <${Field} label=${t('media.url')} hint=${t('media.url.hint')} value=${url} onInput=${setUrl} wrong=${wrong['/file_url']} />
    <${Wrong} problem=${deed.problem} also=${['/title', '/type', '/file_url']} />
    <div class="actions"><${Button} onClick=${onClose}>${t('cancel')}<//><${Button} kind="first" type="submit" busy=${deed.busy}>${t('media.make')}<//></div>
  <//><//>`;
}

function Facts({ medium }) {
  return html`${clock(medium.duration_seconds)}${medium.height ? ` · ${medium.height}p` : ''}`;
}

function Table({ items }) {
  return html`<table class="list"><thead><tr><th scope="col">${t('title')}</th><th scope="col">${t('state')}</th>
    <th scope="col" class="number">${t('length')}</th><th scope="col" class="number">${t('size')}</th><th scope="col" class="number">${t('added')}</th></tr></thead>
    <tbody>${items.map((medium) => html`<tr key=${medium.id}>
      <th scope="row"><div class="titled"><${Thumb} medium=${medium} /><a href=${href(`/media/${medium.id}`)}>${medium.title}</a></div></th>
      <td><${PackageChip} medium=${medium} /></td>
      <td class="number" data-name=${t('length')}><${Facts} medium=${medium} /></td>
      <td class="number" data-name=${t('size')}>${bytes(medium.size_bytes)}</td>
      <td class="number" data-name=${t('added')}>${ago(medium.created_at)}</td></tr>`)}</tbody></table>`;
}

function Tiles({ items }) {
  return html`<ul class="tiles">${items.map((medium) => html`<li class="tile" key=${medium.id}><${Thumb} medium=${medium} />
    <a href=${href(`/media/${medium.id}`)}>${medium.title}</a>
    <span class="row small muted"><${PackageChip} medium=${medium} /><span><${Facts} medium=${medium} /></span></span></li>`)}</ul>`;
}

function useMedia(filter) {
  const first = useData((signal) => get('/media/media/', { ...filter, limit: PAGE_SIZE }, signal), Object.values(filter));
  const [rest, setRest] = useState({ items: [], cursor: null });
  useEffect(() => setRest({ items: [], cursor: first.data?.next_cursor ?? null }), [first.data]);
  const more = useAction(async () => {
    const page = await get('/media/media/', { ...filter, limit: PAGE_SIZE, cursor: rest.cursor });
    setRest((old) => ({ items: [...old.items, ...page.items], cursor: page.next_cursor }));
  });
  return { first, items: [...(first.data?.items ?? []), ...rest.items], cursor: rest.cursor, more };
}

function Nothing({ filtered }) {
  return filtered ? html`<${Empty} icon="search" title=${t('media.nohit')} words=${t('media.nohit.words')} />`
    : html`<${Empty} icon="media" title=${t('media.none')} words=${t(can('createUpload') ? 'media.none.words' : 'media.none.read')} />`;
}

function Tools({ view, setView }) {
  const { query } = usePlace();
  const [text, setText] = useState(query.q ?? '');
  const settled = useSettled(text, SETTLE_MS);
  useEffect(() => {
    if ((query.q ?? '') !== settled.trim()) {
      setQuery({ q: settled.trim() || null }, { replace: true });
    }
  }, [settled]);
  return html`<div class="toolbar" role="search">
    <div class="search"><${Field} label=${t('search')} type="search" value=${text} onInput=${setText} placeholder=${t('media.search')} /></div>
    <${Select} label=${t('type')} value=${query.type ?? ''} options=${[['', t('all')], ['video', t('type.video')], ['audio', t('type.audio')]]}
      onChange=${(type) => setQuery({ type: type || null })} />
    <${Segments} label=${t('media.view')} value=${view} options=${[['table', t('media.table'), 'list'], ['tiles', t('media.tiles'), 'grid']]} onChange=${setView} />
  </div>`;
}

export function MediaList() {
  useTitle(t('media'));
  const { query } = usePlace();
  const [view, show] = useState(localStorage.getItem(VIEW) ?? 'table');
  const [making, setMaking] = useState(false);
  const { first, items, cursor, more } = useMedia({ q: query.q ?? '', type: query.type ?? '' });
  const setView = (next) => (localStorage.setItem(VIEW, next), show(next));
  return html`<${Head} title=${t('media')}>
      ${can('createMedium') && html`<${Button} icon="plus" onClick=${() => setMaking(true)}>${t('media.new')}<//>`}
      ${can('createUpload') && html`<${FilePick} label=${t('uploads.choose')} kind="first" accept="video/*,audio/*" multiple onFiles=${(files) => queueFiles(files)} />`}
    <//>
    <${Tools} view=${view} setView=${setView} />
    <section class="panel" aria-label=${t('media')} aria-busy=${String(first.loading)}><${Loaded} of=${first}>${() => (items.length === 0
      ? html`<${Nothing} filtered=${Boolean(query.q || query.type)} />`
      : html`${view === 'tiles' ? html`<${Tiles} items=${items} />` : html`<${Table} items=${items} />`}
        <p class="sr" role="status">${t('media.shown', { count: items.length })}</p><${Wrong} problem=${more.problem} />
        ${cursor && html`<div class="row"><${Button} busy=${more.busy} onClick=${more.run}>${t('more')}<//></div>`}`)}<//></section>
    ${making && html`<${NewMedium} onClose=${() => setMaking(false)} />`}`;
}

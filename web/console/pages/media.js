// SPDX-License-Identifier: ISC
// All media: search, filters, order, a table or tiles. More come with a button, as many as there are; many can be changed at once.
import { html, useEffect, useState } from '../lib/html.js';
import { t } from '../lib/text.js';
import { call } from '../lib/api.js';
import { number } from '../lib/format.js';
import { navigate, setQuery, usePlace } from '../lib/router.js';
import { can, takes } from '../lib/scopes.js';
import { useAction, useSettled, useTitle } from '../lib/hooks.js';
import { usePaged } from '../lib/paged.js';
import { usePosters } from '../lib/posters.js';
import { Button, Field, FilePick, Form, Segments, Select, Wrong } from '../parts/form.js';
import { Bulk } from '../parts/bulk.js';
import { Dialog } from '../parts/dialog.js';
import { queueFiles } from '../parts/drop.js';
import { Paged } from '../parts/list.js';
import { Table, Tiles } from '../parts/media_list.js';
import { Empty, Head } from '../parts/states.js';

const VIEW = 'mediagate-media-view';
const SETTLE_MS = 200;
const FILTERS = ['q', 'type', 'package', 'has_file', 'tags'];
const SORTS = ['created_at', 'title', 'duration', 'size', 'views'];
const PACKAGES = ['none', 'queued', 'running', 'ready', 'failed', 'cancelled'];

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

function Nothing({ filtered }) {
  return filtered ? html`<${Empty} icon="search" title=${t('media.nohit')} words=${t('media.nohit.words')}>
      <${Button} onClick=${() => navigate('/media')}>${t('media.unfilter')}<//><//>`
    : html`<${Empty} icon="media" title=${t('media.none')} words=${t(can('createUpload') ? 'media.none.words' : 'media.none.read')} />`;
}

// A text that is asked for once it has not changed for a moment.
function Settling({ name, ...rest }) {
  const { query } = usePlace();
  const [text, setText] = useState(query[name] ?? '');
  const settled = useSettled(text, SETTLE_MS);
  useEffect(() => {
    if ((query[name] ?? '') !== settled.trim()) {
      setQuery({ [name]: settled.trim() || null }, { replace: true });
    }
  }, [settled]);
  return html`<${Field} type="search" value=${text} onInput=${setText} ...${rest} />`;
}

function Choice({ name, label, options, standard = '' }) {
  const { query } = usePlace();
  return takes('listMedia', name) && html`<${Select} label=${label} value=${query[name] ?? standard} options=${options}
    onChange=${(value) => setQuery({ [name]: value === standard ? null : value })} />`;
}

function Tools({ view, setView }) {
  return html`<div class="toolbar" role="search">
    <div class="search"><${Settling} name="q" label=${t('search')} placeholder=${t('media.search')} /></div>
    ${takes('listMedia', 'tags') && html`<${Settling} name="tags" label=${t('tags')} placeholder=${t('tags.some')} />`}
    <${Choice} name="type" label=${t('type')} options=${[['', t('all')], ['video', t('type.video')], ['audio', t('type.audio')]]} />
    <${Choice} name="package" label=${t('package')} options=${[['', t('all')], ...PACKAGES.map((state) => [state, t(`package.${state}`)])]} />
    <${Choice} name="has_file" label=${t('file')} options=${[['', t('all')], ['true', t('media.withfile')], ['false', t('media.nofile')]]} />
    <${Choice} name="sort" label=${t('sort')} standard="created_at" options=${SORTS.map((one) => [one, t(`sort.${one}`)])} />
    <${Segments} label=${t('media.view')} value=${view} options=${[['table', t('media.table'), 'list'], ['tiles', t('media.tiles'), 'grid']]} onChange=${setView} />
  </div>`;
}

function useChosen() {
  const [chosen, setChosen] = useState(new Map());
  const choose = (medium, on) => setChosen((old) => {
    const next = new Map(old);
    next[on ? 'set' : 'delete'](medium.id, medium);
    return next;
  });
  return { chosen, choose, clear: () => setChosen(new Map()) };
}

export function MediaList() {
  useTitle(t('media'));
  const { query } = usePlace();
  const [view, show] = useState(localStorage.getItem(VIEW) ?? 'table');
  const [making, setMaking] = useState(false);
  const filter = Object.fromEntries([...FILTERS, 'sort'].filter((name) => query[name]).map((name) => [name, query[name]]));
  const list = usePaged('/media/media/', { ...filter, ...(takes('listMedia', 'count') ? { count: 'true' } : {}) });
  const { chosen, choose, clear } = useChosen();
  const posters = usePosters(list.items);
  const setView = (next) => (localStorage.setItem(VIEW, next), show(next));
  const many = can('deleteMedia') || can('changeMedium') ? choose : null;
  const Items = view === 'tiles' ? Tiles : Table;
  const total = list.data?.count;
  return html`<${Head} title=${t('media')}>
      ${can('createMedium') && html`<${Button} icon="plus" onClick=${() => setMaking(true)}>${t('media.new')}<//>`}
      ${can('createUpload') && html`<${FilePick} label=${t('uploads.choose')} kind="first" accept="video/*,audio/*" multiple onFiles=${(files) => queueFiles(files)} />`}
    <//>
    <${Tools} view=${view} setView=${setView} />
    ${chosen.size > 0 && html`<${Bulk} media=${[...chosen.values()]} onClear=${clear} onDone=${list.reload} />`}
    <section class="panel" aria-label=${t('media')} aria-busy=${String(list.loading)}>
      <p class="small muted" role="status">${total !== undefined && t('media.count', { count: total, shown: number(list.items.length) })}</p>
      <${Paged} of=${list} empty=${html`<${Nothing} filtered=${FILTERS.some((name) => query[name])} />`}>${(items) => html`
        <${Items} items=${items} posters=${posters} chosen=${chosen} onChoose=${many} />`}<//></section>
    ${making && html`<${NewMedium} onClose=${() => setMaking(false)} />`}`;
}

// SPDX-License-Identifier: ISC
// One medium: player, facts, and what can be done with it. Its analytics are a page beside it.
import { html, useEffect, useRef, useState } from '../lib/html.js';
import { t } from '../lib/text.js';
import { ask, call } from '../lib/api.js';
import { bytes, clock, dateTime, NONE } from '../lib/format.js';
import { href, navigate } from '../lib/router.js';
import { can } from '../lib/scopes.js';
import { onUploaded } from '../lib/uploads.js';
import { useAction, useData, useEvery, useTitle } from '../lib/hooks.js';
import { Button, Field, FilePick, Form, Select, TextArea, Wrong } from '../parts/form.js';
import { Confirm, Dialog } from '../parts/dialog.js';
import { tagsOf } from '../parts/bulk.js';
import { queueFiles } from '../parts/drop.js';
import { ChaptersPanel } from '../parts/chapters.js';
import { PackageChip, PackagePanel } from '../parts/package.js';
import { Player } from '../parts/player.js';
import { Share } from '../parts/share.js';
import { SubtitlesPanel } from '../parts/subtitles.js';
import { Empty, Head, Loaded, Panel } from '../parts/states.js';
import { toast } from '../parts/toasts.js';
import { MediumAnalytics } from './analytics.js';

const BUSY_MS = 2000;
const STALE_MS = 2200;

// The medium with its ETag, without which a change of somebody else's could be lost.
async function read(id, signal) {
  const answer = await ask('GET', `/media/media/${id}`, { signal });
  return { ...await answer.json(), etag: answer.headers.get('ETag') };
}

function Edit({ medium, onClose, onChange }) {
  const [fields, setFields] = useState({
    title: medium.title, type: medium.type ?? '', file_url: medium.file_url ?? '',
    description: medium.description ?? '', tags: (medium.tags ?? []).join(', '), external_id: medium.external_id ?? '',
  });
  const put = (name) => (value) => setFields((old) => ({ ...old, [name]: value }));
  const save = useAction(async () => {
    const wanted = {
      ...fields, file_url: fields.file_url.trim() || null, description: fields.description.trim() || null,
      tags: tagsOf(fields.tags), external_id: fields.external_id.trim() || null,
    };
    const json = Object.fromEntries(Object.entries(wanted).filter(([name, value]) => name in medium && JSON.stringify(value) !== JSON.stringify(medium[name]) && value !== ''));
    const answer = await ask('PATCH', `/media/media/${medium.id}`, { json, headers: medium.etag ? { 'If-Match': medium.etag } : {} });
    onChange(await answer.json());
    onClose();
  });
  const wrong = save.problem?.fields?.() ?? {};
  return html`<${Dialog} title=${t('medium.edit')} onClose=${onClose}><${Form} onSubmit=${save.run}>
    <${Field} label=${t('title')} required maxlength="300" value=${fields.title} onInput=${put('title')} wrong=${wrong['/title']} />
    <${Select} label=${t('type')} value=${fields.type} options=${[...(medium.type === null ? [['', t('type.unknown')]] : []), ['video', t('type.video')], ['audio', t('type.audio')]]} onChange=${put('type')} wrong=${wrong['/type']} />
    <${Field} label=${t('media.url')} hint=${t('media.url.hint')} value=${fields.file_url} onInput=${put('file_url')} wrong=${wrong['/file_url']} />
    ${'description' in medium && html`<${TextArea} label=${t('description')} value=${fields.description} onInput=${put('description')} wrong=${wrong['/description']} />
      <div class="fields"><${Field} label=${t('tags')} hint=${t('tags.hint')} value=${fields.tags} onInput=${put('tags')} wrong=${wrong['/tags']} />
      <${Field} label=${t('external')} hint=${t('external.hint')} value=${fields.external_id} onInput=${put('external_id')} wrong=${wrong['/external_id']} /></div>`}
    <${Wrong} problem=${save.problem} also=${['/title', '/type', '/file_url', '/description', '/tags', '/external_id']} />
    ${save.problem?.status === 412 && html`<p><${Button} onClick=${() => onChange(null)}>${t('medium.reread')}<//></p>`}
    <div class="actions"><${Button} onClick=${onClose}>${t('cancel')}<//><${Button} kind="first" type="submit" busy=${save.busy}>${t('save')}<//></div>
  <//><//>`;
}

function Facts({ medium }) {
  const rows = [
    ['length', clock(medium.duration_seconds)], ['size', bytes(medium.size_bytes)],
    ['picture', medium.width ? `${medium.width} × ${medium.height}` : NONE],
    ['codecs', [medium.container, medium.video_codec, medium.audio_codec].filter(Boolean).join(', ') || NONE],
    ['added', dateTime(medium.created_at)], ['changed', dateTime(medium.updated_at)], ['id', medium.id],
  ];
  return html`<${Panel} title=${t('facts')}><dl class="facts">${rows.map(([name, value]) => html`<dt>${t(name)}</dt><dd>${value}</dd>`)}
    ${medium.file_url && html`<dt>${t('media.url')}</dt><dd><code>${medium.file_url}</code></dd>`}
    ${medium.description && html`<dt>${t('description')}</dt><dd>${medium.description}</dd>`}
    ${medium.tags?.length > 0 && html`<dt>${t('tags')}</dt><dd>${medium.tags.map((tag) => html`<a class="chip" href=${href('/media', { tags: tag })}>${tag}</a> `)}</dd>`}
    ${medium.external_id && html`<dt>${t('external')}</dt><dd><code>${medium.external_id}</code></dd>`}
    ${medium.sha256 && html`<dt>SHA-256</dt><dd><code>${medium.sha256}</code></dd>`}</dl><//>`;
}

function File({ medium }) {
  return html`<${Panel} title=${t('file')}><p class="muted">${t(medium.playable ? 'file.replace.words' : 'file.add.words')}</p>
    <div><${FilePick} label=${t(medium.playable ? 'file.replace' : 'file.add')} accept="video/*,audio/*" onFiles=${([file]) => file && queueFiles([file], medium)} /></div><//>`;
}

function Details({ medium, onChange }) {
  return html`<div class="columns wide"><div class="stack">
      ${medium.playable && can('getStreamUrl') && html`<section class="panel" aria-label=${t('player')}><${Player} medium=${medium} /></section>`}
      ${!medium.playable && html`<section class="panel" aria-label=${t('player')}><${Empty} icon=${medium.type ?? 'media'} title=${t('medium.nofile')} words=${t('medium.nofile.words')} /></section>`}
      ${can('getChapters') && html`<${ChaptersPanel} medium=${medium} />`}
      <${SubtitlesPanel} medium=${medium} onChange=${onChange} />
    </div><div class="stack">
      <${Facts} medium=${medium} />
      ${(medium.package !== null || (medium.size_bytes !== null && can('requestPackage'))) && html`<${PackagePanel} medium=${medium} onChange=${onChange} />`}
      ${can('createUpload') && html`<${File} medium=${medium} />`}
    </div></div>`;
}

function Tabs({ id, tab }) {
  return html`<nav class="tabs" aria-label=${t('medium.parts')}>
    <a href=${href(`/media/${id}`)} aria-current=${tab === undefined ? 'page' : null}>${t('medium.details')}</a>
    <a href=${href(`/media/${id}/analytics`)} aria-current=${tab === 'analytics' ? 'page' : null}>${t('analytics')}</a></nav>`;
}

function Body({ medium, tab, reload }) {
  const [open, setOpen] = useState(null);
  const changed = reload;
  return html`<${Head} title=${medium.title} before=${html`<p class="small"><a href=${href('/media')}>${t('media')}</a></p>`}>
      ${tab !== 'analytics' && html`<${PackageChip} medium=${medium} />`}
      ${can('changeMedium') && html`<${Button} icon="edit" onClick=${() => setOpen('edit')}>${t('medium.edit')}<//>`}
      ${can('deleteMedium') && html`<${Button} kind="danger" icon="trash" onClick=${() => setOpen('delete')}>${t('medium.delete')}<//>`}
      ${can('getStreamUrl') && medium.playable && html`<${Button} kind="first" icon="share" onClick=${() => setOpen('share')}>${t('share')}<//>`}
    <//>
    ${can('getAnalytics') && html`<${Tabs} id=${medium.id} tab=${tab} />`}
    ${tab === 'analytics' ? html`<${MediumAnalytics} medium=${medium} />` : html`<${Details} medium=${medium} onChange=${changed} />`}
    ${open === 'edit' && html`<${Edit} medium=${medium} onClose=${() => setOpen(null)} onChange=${changed} />`}
    ${open === 'share' && html`<${Share} medium=${medium} onClose=${() => setOpen(null)} />`}
    ${open === 'delete' && html`<${Confirm} title=${t('medium.delete')} words=${t('medium.delete.words', { title: medium.title })} verb=${t('delete')} onClose=${() => setOpen(null)}
      action=${async () => {
        await call('DELETE', `/media/media/${medium.id}`);
        toast(t('medium.deleted', { title: medium.title }));
        navigate('/media');
      }} />`}`;
}

export function Medium({ id, tab }) {
  const medium = useData((signal) => read(id, signal), [id]);
  const reload = useRef(medium.reload);
  reload.current = medium.reload;
  // A worker may answer as it was up to two seconds ago. So a change shows what its own answer said, and is read again later.
  const changed = (next) => {
    if (next) {
      medium.replace({ ...next, etag: null });
    } else {
      medium.reload();
    }
    setTimeout(() => reload.current(), STALE_MS);
  };
  useTitle(medium.data?.title ?? t('medium'));
  useEvery(BUSY_MS, medium.reload, ['queued', 'running'].includes(medium.data?.package?.state));
  useEffect(() => onUploaded(({ mediaId }) => mediaId === Number(id) && changed(null)), [id]);
  if (medium.problem?.status === 404) {
    return html`<${Head} title=${t('missing')} /><${Empty} icon="media" title=${t('medium.gone')} words=${t('medium.gone.words')}>
      <a class="button" href=${href('/media')}>${t('media')}</a><//>`;
  }
  return html`<${Loaded} of=${medium}>${(data) => html`<${Body} medium=${data} tab=${tab} reload=${changed} />`}<//>`;
}

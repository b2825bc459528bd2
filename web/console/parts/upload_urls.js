// SPDX-License-Identifier: ISC
// URLs by which somebody without an account uploads one file: making one, and what became of each.
import { html, useState } from '../lib/html.js';
import { t } from '../lib/text.js';
import { call } from '../lib/api.js';
import { ago, bytes } from '../lib/format.js';
import { href } from '../lib/router.js';
import { can } from '../lib/scopes.js';
import { useAction, useEvery } from '../lib/hooks.js';
import { usePaged } from '../lib/paged.js';
import { Button, Check, Field, Form, Select, Wrong } from './form.js';
import { Confirm, Dialog } from './dialog.js';
import { Copy } from './copy.js';
import { Paged } from './list.js';
import { Panel } from './states.js';

const EVERY_MS = 5000;
const LIFETIMES = [3600, 24 * 3600, 7 * 24 * 3600];
const CHIPS = { waiting: '', receiving: 'busy', stored: 'good', refused: 'bad', expired: 'warn' };
const MEGABYTE = 1000000;
const EMPTY = { title: '', seconds: LIFETIMES[1], megabytes: '', origin: '', pack: false };

function asJson({ title, seconds, megabytes, origin, pack }) {
  return {
    title, expires_in: Number(seconds), package: pack,
    ...(megabytes ? { max_bytes: Math.round(Number(megabytes) * MEGABYTE) } : {}), ...(origin.trim() ? { cors_origin: origin.trim() } : {}),
  };
}

function NewUrl({ onClose, onMade }) {
  const [fields, setFields] = useState(EMPTY);
  const [url, setUrl] = useState(null);
  const put = (name) => (value) => setFields((old) => ({ ...old, [name]: value }));
  const make = useAction(async () => {
    setUrl((await call('POST', '/upload-urls', { json: asJson(fields) })).upload_url);
    onMade();
  });
  const wrong = make.problem?.fields?.() ?? {};
  return html`<${Dialog} title=${t('drops.new')} onClose=${onClose}>${url ? html`<div class="stack"><p role="status">${t('drops.once')}</p><${Copy} label=${t('drops.url')} forms=${[['tus', url]]} />
      <div class="actions"><${Button} kind="first" onClick=${onClose}>${t('done')}<//></div></div>`
    : html`<${Form} onSubmit=${make.run}>
      <${Field} label=${t('title')} required maxlength="300" hint=${t('drops.title.hint')} value=${fields.title} onInput=${put('title')} wrong=${wrong['/title']} />
      <div class="fields">
        <${Select} label=${t('drops.begin')} value=${fields.seconds} options=${LIFETIMES.map((one) => [one, one < 86400 ? t('share.ttl.3600') : t('days', { count: one / 86400 })])} onChange=${put('seconds')} />
        <${Field} label=${t('drops.most')} type="number" min="1" hint=${t('keys.ttl.hint')} value=${fields.megabytes} onInput=${put('megabytes')} wrong=${wrong['/max_bytes']} />
      </div>
      <${Field} label=${t('drops.origin')} hint=${t('drops.origin.hint')} value=${fields.origin} onInput=${put('origin')} wrong=${wrong['/cors_origin']} />
      <${Check} label=${t('drops.package')} checked=${fields.pack} onChange=${put('pack')} />
      <${Wrong} problem=${make.problem} also=${['/title', '/max_bytes', '/cors_origin']} />
      <div class="actions"><${Button} onClick=${onClose}>${t('cancel')}<//><${Button} kind="first" type="submit" busy=${make.busy}>${t('drops.make')}<//></div><//>`}<//>`;
}

function progress(one) {
  const came = one.length_bytes === null ? bytes(one.received_bytes) : t('uploads.part', { sent: bytes(one.received_bytes), size: bytes(one.length_bytes) });
  return [one.received_bytes > 0 && came, ['waiting', 'receiving'].includes(one.state) && t('people.until', { when: ago(one.expires_at) })].filter(Boolean).join(' · ');
}

function Item({ one, onEnd }) {
  const name = one.title ?? t('drops.replaces', { id: one.media_id });
  return html`<li><div class="what"><div class="row"><strong>${name}</strong><span class=${`chip ${CHIPS[one.state]}`}>${t(`drops.${one.state}`)}</span></div>
      <span class="small muted figures">${progress(one)}</span>${one.refusal && html`<div class="note bad"><p>${one.refusal}</p></div>`}</div>
    <div class="row">${one.state === 'stored' && one.media_id && html`<a class="button" href=${href(`/media/${one.media_id}`)} aria-label=${t('uploads.open.of', { name })}>${t('uploads.open')}</a>`}
      ${can('cancelUpload') && one.state !== 'stored' && html`<${Button} kind="icon" icon="close" aria-label=${t('uploads.end.of', { name })} onClick=${onEnd} />`}</div></li>`;
}

export function UploadUrls() {
  const [asked, setAsked] = useState(null);
  const list = usePaged('/uploads/');
  const urls = list.items.filter(({ delegated }) => delegated);
  useEvery(EVERY_MS, list.reload, !list.extended && urls.some(({ state }) => state === 'receiving'));
  const shown = { ...list, items: urls };
  return html`<${Panel} title=${t('drops')} actions=${can('createUploadUrl') && html`<${Button} icon="plus" onClick=${() => setAsked('new')}>${t('drops.new')}<//>`}>
    <p class="muted">${t('drops.words')}</p>
    <${Paged} of=${shown} empty=${null}>${(items) => html`<ul class="items">${items.map((one) => html`<${Item} key=${one.id} one=${one} onEnd=${() => setAsked(one)} />`)}</ul>`}<//>
    ${asked === 'new' && html`<${NewUrl} onClose=${() => setAsked(null)} onMade=${list.reload} />`}
    ${asked?.id && html`<${Confirm} title=${t('drops.end')} words=${t('drops.end.words')} verb=${t('drops.end')} onClose=${() => setAsked(null)}
      action=${async () => { await call('DELETE', `/upload-urls/${asked.id}`); list.reload(); }} />`}<//>`;
}

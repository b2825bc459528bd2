// SPDX-License-Identifier: ISC
// The queue of uploads: speed, time left, pause, resume, and why one was refused.
import { html, useEffect } from '../lib/html.js';
import { t } from '../lib/text.js';
import { bytes, span } from '../lib/format.js';
import { href } from '../lib/router.js';
import { useStore } from '../lib/store.js';
import { useTitle } from '../lib/hooks.js';
import { earlier, endEarlier, endUpload, findEarlier, forgetDone, pauseUpload, resumeUpload, uploads } from '../lib/uploads.js';
import { can } from '../lib/scopes.js';
import { UploadUrls } from '../parts/upload_urls.js';
import { Button, FilePick, Wrong } from '../parts/form.js';
import { queueFiles } from '../parts/drop.js';
import { Empty, Head, Panel } from '../parts/states.js';

const CHIPS = { waiting: '', running: 'busy', paused: 'warn', done: 'good', failed: 'bad' };

function detail({ state, sent, size, speed }) {
  const parts = [state === 'done' ? bytes(size) : t('uploads.part', { sent: bytes(sent), size: bytes(size) })];
  if (state === 'running' && speed > 0) {
    parts.push(t('uploads.speed', { speed: bytes(speed) }), t('uploads.left', { time: span((size - sent) / speed) }));
  }
  return parts.join(' · ');
}

function Actions({ one }) {
  const { id, name, state, mediaId } = one;
  return html`<div class="row">
    ${state === 'running' && html`<${Button} icon="pause" aria-label=${t('uploads.pause.of', { name })} onClick=${() => pauseUpload(id)}>${t('uploads.pause')}<//>`}
    ${(state === 'paused' || state === 'failed') && html`<${Button} icon="play" aria-label=${state === 'failed' ? `${t('retry')}: ${name}` : t('uploads.resume.of', { name })} onClick=${() => resumeUpload(id)}>
      ${t(state === 'failed' ? 'retry' : 'uploads.resume')}<//>`}
    ${state !== 'done' && html`<${Button} kind="icon" icon="close" aria-label=${t('uploads.end.of', { name })} onClick=${() => endUpload(id)} />`}
    ${mediaId && html`<a class="button" href=${href(`/media/${mediaId}`)} aria-label=${t('uploads.open.of', { name })}>${t('uploads.open')}</a>`}
  </div>`;
}

function Item({ one }) {
  return html`<li><div class="what">
      <div class="row"><strong>${one.name}</strong><span class=${`chip ${CHIPS[one.state]}`}>${t(`uploads.state.${one.state}`)}</span></div>
      ${one.replaces && html`<span class="small muted">${t('uploads.replaces', { title: one.replaces.title })}</span>`}
      <span class="small muted figures">${detail(one)}</span>
      ${one.state !== 'done' && one.state !== 'failed' && html`<progress class="meter" max=${one.size} value=${one.sent} aria-label=${t('uploads.progress', { name: one.name })}></progress>`}
      <${Wrong} problem=${one.problem} />
    </div><${Actions} one=${one} /></li>`;
}

function Earlier() {
  const found = useStore(earlier);
  return found.length > 0 && html`<${Panel} title=${t('uploads.earlier')}>
    <p class="muted">${t('uploads.earlier.words')}</p>
    <ul class="items">${found.map((one) => html`<li key=${one.key}><div class="what"><strong>${one.name}</strong><span class="small muted">${bytes(one.size)}</span></div>
      <div class="row"><${FilePick} label=${t('uploads.again')} onFiles=${(files) => queueFiles(files)} />
      <${Button} kind="icon" icon="close" aria-label=${t('uploads.end.of', { name: one.name })} onClick=${() => endEarlier(one)} /></div></li>`)}</ul>
  <//>`;
}

export function Uploads() {
  useTitle(t('uploads'));
  const queue = useStore(uploads);
  useEffect(() => {
    findEarlier().catch(() => {}); // the queue is there without them
  }, []);
  const done = queue.filter(({ state }) => state === 'done').length;
  return html`<${Head} title=${t('uploads')}>
      ${done > 0 && html`<${Button} onClick=${forgetDone}>${t('uploads.clear')}<//>`}
      <${FilePick} label=${t('uploads.choose')} kind="first" accept="video/*,audio/*" multiple onFiles=${(files) => queueFiles(files)} />
    <//>
    <${Earlier} />
    <section class="panel" aria-label=${t('uploads.queue')}>
      ${queue.length === 0 ? html`<${Empty} icon="uploads" title=${t('uploads.none')} words=${t('uploads.none.words')} />`
    : html`<ul class="items">${queue.map((one) => html`<${Item} key=${one.id} one=${one} />`)}</ul>`}
    </section>
    ${can('listUploads') && html`<${UploadUrls} />`}`;
}

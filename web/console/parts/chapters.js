// SPDX-License-Identifier: ISC
// The chapters of a medium: jumping to one, and storing or removing a file of them.
import { html, useState } from '../lib/html.js';
import { t } from '../lib/text.js';
import { ask, call } from '../lib/api.js';
import { chaptersOf } from '../lib/chapters.js';
import { clock } from '../lib/format.js';
import { can } from '../lib/scopes.js';
import { useAction, useData } from '../lib/hooks.js';
import { Button, FilePick, Wrong } from './form.js';
import { Confirm } from './dialog.js';
import { Loaded, Panel } from './states.js';

async function read(path, signal) {
  try {
    return chaptersOf(await (await ask('GET', path, { signal })).text());
  } catch (problem) {
    if (problem.status === 404) {
      return [];
    }
    throw problem;
  }
}

function jump(seconds) {
  const media = document.querySelector('.stage video, .stage audio');
  if (media) {
    media.currentTime = seconds;
    media.play();
    media.focus();
  }
}

export function ChaptersPanel({ medium }) {
  const [removing, setRemoving] = useState(false);
  const path = `/media/media/${medium.id}/chapters`;
  const list = useData((signal) => read(path, signal), [medium.id, medium.package?.served]);
  const store = useAction(async (file) => {
    await call('PUT', path, { body: file, headers: { 'Content-Type': file.name.toLowerCase().endsWith('.vtt') ? 'text/vtt' : 'application/x-subrip' } });
    list.reload();
  });
  return html`<${Panel} title=${t('chapters')}><${Loaded} of=${list}>${(items) => html`
    ${items.length === 0 ? html`<p class="muted">${t('subtitles.none')}</p>`
    : html`<ul class="items">${items.map(({ start, title }) => html`<li key=${start}><${Button} kind="plain" onClick=${() => jump(start)}>${clock(start)} ${title}<//></li>`)}</ul>`}
    <${Wrong} problem=${store.problem} />
    <div class="row">${can('putChapters') && html`<${FilePick} label=${t('chapters.store')} accept=".vtt,.srt" onFiles=${([file]) => file && store.run(file)} />`}
      ${can('removeChapters') && items.length > 0 && html`<${Button} kind="danger" icon="trash" onClick=${() => setRemoving(true)}>${t('chapters.remove')}<//>`}</div>`}<//>
    ${removing && html`<${Confirm} title=${t('chapters.remove')} words=${t('chapters.remove.words')} verb=${t('remove')} onClose=${() => setRemoving(false)}
      action=${async () => { await call('DELETE', path); list.reload(); }} />`}<//>`;
}

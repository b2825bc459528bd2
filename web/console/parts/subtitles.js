// SPDX-License-Identifier: ISC
// The subtitles of a medium: adding a language, replacing and removing one. A file that is wrong is refused with the line.
import { html, useState } from '../lib/html.js';
import { t } from '../lib/text.js';
import { call } from '../lib/api.js';
import { bytes, languageName } from '../lib/format.js';
import { can } from '../lib/scopes.js';
import { useAction } from '../lib/hooks.js';
import { Button, Field, FilePick, Wrong } from './form.js';
import { Confirm } from './dialog.js';
import { Panel } from './states.js';
import { toast } from './toasts.js';

const typeOf = ({ name }) => (name.toLowerCase().endsWith('.vtt') ? 'text/vtt' : 'application/x-subrip');

function Add({ path, onChange }) {
  const [lang, setLang] = useState('');
  const add = useAction(async (file) => {
    onChange(await call('PUT', `${path}/${encodeURIComponent(lang.trim())}`, { body: file, headers: { 'Content-Type': typeOf(file) } }));
    toast(t('subtitles.added', { language: languageName(lang.trim()) }));
    setLang('');
  });
  return html`<div class="stack tight"><div class="toolbar">
      <div class="grow"><${Field} label=${t('subtitles.lang')} hint=${t('subtitles.lang.hint')} value=${lang} onInput=${setLang} /></div>
    </div>
    <${Wrong} problem=${add.problem} />
    ${lang.trim() !== '' && html`<div><${FilePick} label=${t('subtitles.choose')} accept=".vtt,.srt" onFiles=${([file]) => file && add.run(file)} /></div>`}</div>`;
}

export function SubtitlesPanel({ medium, onChange }) {
  const [removing, setRemoving] = useState(null);
  const path = `/media/media/${medium.id}/subtitles`;
  return html`<${Panel} title=${t('subtitles')}>
    ${medium.subtitles.length === 0 ? html`<p class="muted">${t('subtitles.none')}</p>`
    : html`<ul class="items">${medium.subtitles.map(({ lang, cues, size_bytes: size }) => html`<li key=${lang}>
      <div class="what"><strong>${languageName(lang)}</strong><span class="small muted">${lang} · ${t('subtitles.cues', { count: cues })} · ${bytes(size)}</span></div>
      ${can('removeSubtitles') && html`<${Button} kind="icon" icon="trash" aria-label=${t('subtitles.remove.of', { language: languageName(lang) })} onClick=${() => setRemoving(lang)} />`}</li>`)}</ul>`}
    ${can('putSubtitles') && html`<${Add} path=${path} onChange=${onChange} />`}
    ${removing && html`<${Confirm} title=${t('subtitles.remove')} words=${t('subtitles.remove.words', { language: languageName(removing) })} verb=${t('remove')}
      onClose=${() => setRemoving(null)} action=${async () => { await call('DELETE', `${path}/${removing}`); onChange(null); }} />`}
  <//>`;
}

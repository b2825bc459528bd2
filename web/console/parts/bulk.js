// SPDX-License-Identifier: ISC
// What can be done with many media at once: tags, packages, deleting. Each medium is changed by itself; what failed is told by name.
import { html, useState } from '../lib/html.js';
import { t } from '../lib/text.js';
import { call } from '../lib/api.js';
import { can } from '../lib/scopes.js';
import { useAction } from '../lib/hooks.js';
import { Problem } from '../lib/problem.js';
import { Button, Field, Form, Wrong } from './form.js';
import { Confirm, Dialog } from './dialog.js';
import { toast } from './toasts.js';

export const tagsOf = (text) => [...new Set(text.split(',').map((tag) => tag.trim()).filter(Boolean))];

// Throws what went wrong with some, by their titles; the others are done.
function judge(media, items, done) {
  const failed = items.filter(({ status }) => status >= 300);
  if (failed.length > 0) {
    const titleOf = (id) => media.find((one) => one.id === id)?.title ?? id;
    throw new Problem({ detail: t('bulk.failed', { names: failed.map(({ id, detail }) => `${titleOf(id)}: ${detail ?? ''}`).join('; ') }) });
  }
  toast(done);
}

function Tags({ media, onClose, onDone }) {
  const [text, setText] = useState('');
  const save = useAction(async () => {
    const added = tagsOf(text);
    const answers = await Promise.all(media.map(async (one) => {
      try {
        await call('PATCH', `/media/media/${one.id}`, { json: { tags: [...new Set([...one.tags, ...added])] } });
        return { id: one.id, status: 200 };
      } catch (problem) {
        return { id: one.id, status: problem.status || 500, detail: problem.message };
      }
    }));
    onDone();
    judge(media, answers, t('bulk.tagged', { count: media.length }));
    onClose();
  });
  return html`<${Dialog} title=${t('bulk.tag')} narrow onClose=${onClose}><${Form} onSubmit=${save.run}>
    <${Field} label=${t('tags')} hint=${t('tags.hint')} required value=${text} onInput=${setText} />
    <${Wrong} problem=${save.problem} />
    <div class="actions"><${Button} onClick=${onClose}>${t('cancel')}<//><${Button} kind="first" type="submit" busy=${save.busy} disabled=${tagsOf(text).length === 0}>${t('bulk.tag')}<//></div>
  <//><//>`;
}

export function Bulk({ media, onDone, onClear }) {
  const [asked, setAsked] = useState(null);
  const pack = useAction(async () => {
    const answers = await Promise.all(media.map((one) => call('POST', `/media/media/${one.id}/package`)
      .then(() => ({ id: one.id, status: 202 }), (problem) => ({ id: one.id, status: problem.status || 500, detail: problem.message }))));
    onDone();
    judge(media, answers, t('bulk.packaged', { count: media.length }));
  });
  const remove = async () => {
    const { items } = await call('DELETE', '/media/media/', { query: { ids: media.map(({ id }) => id).join(',') } });
    onClear();
    onDone();
    judge(media, items, t('bulk.deleted', { count: media.length }));
  };
  return html`<div class="note" role="group" aria-label=${t('bulk')}><div class="stack tight grow">
    <div class="row"><strong>${t('bulk.chosen', { count: media.length })}</strong>
      ${can('changeMedium') && html`<${Button} onClick=${() => setAsked('tags')}>${t('bulk.tag')}<//>`}
      ${can('requestPackage') && html`<${Button} icon="packages" busy=${pack.busy} onClick=${pack.run}>${t('bulk.package')}<//>`}
      ${can('deleteMedia') && html`<${Button} kind="danger" icon="trash" onClick=${() => setAsked('delete')}>${t('delete')}<//>`}
      <${Button} kind="plain" onClick=${onClear}>${t('bulk.clear')}<//></div>
    <${Wrong} problem=${pack.problem} /></div>
    ${asked === 'tags' && html`<${Tags} media=${media} onClose=${() => setAsked(null)} onDone=${onDone} />`}
    ${asked === 'delete' && html`<${Confirm} title=${t('bulk.delete')} words=${t('bulk.delete.words', { count: media.length })} verb=${t('delete')}
      onClose=${() => setAsked(null)} action=${remove} />`}</div>`;
}

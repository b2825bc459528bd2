// SPDX-License-Identifier: ISC
// Making a webhook, changing it, and giving it a new secret. A secret is shown once.
import { html, useState } from '../lib/html.js';
import { t } from '../lib/text.js';
import { call } from '../lib/api.js';
import { span } from '../lib/format.js';
import { useAction } from '../lib/hooks.js';
import { Button, Check, Field, Form, Select, TextArea, Wrong } from './form.js';
import { Dialog } from './dialog.js';
import { Copy } from './copy.js';
import { toast } from './toasts.js';

// The rooms of events that receivers ask for; any other stands in the field for the rest.
const ROOMS = ['account', 'chapters', 'grant', 'invitation', 'key', 'login', 'media', 'package', 'poster', 'session', 'subtitles', 'totp', 'upload', 'webhook']
  .map((room) => `${room}.*`);
const OVERLAPS = [0, 3600, 86400, 7 * 86400];
const KNOWN = ['/url', '/events', '/description'];
const EMPTY = { url: '', events: ['media.*', 'package.*'], description: '' };

const wordsOf = (text) => text.split(/[\s,]+/).filter(Boolean);

function fieldsOf({ url, events, description }) {
  return {
    url, description: description ?? '', all: events.includes('*'), rooms: events.filter((one) => ROOMS.includes(one)),
    others: events.filter((one) => one !== '*' && !ROOMS.includes(one)).join(' '),
  };
}

function asJson({ url, description, all, rooms, others }) {
  return { url: url.trim(), description, events: all ? ['*'] : [...new Set([...rooms, ...wordsOf(others)])] };
}

function Events({ fields, put, wrong }) {
  const toggle = (room) => (on) => put('rooms')(on ? [...fields.rooms, room] : fields.rooms.filter((one) => one !== room));
  return html`<fieldset class="stack tight"><legend class="legend">${t('webhooks.events')}</legend>
    <${Check} label=${t('webhooks.all')} checked=${fields.all} onChange=${put('all')} />
    ${!fields.all && html`<div class="checks">${ROOMS.map((room) => html`<${Check} key=${room} label=${room} checked=${fields.rooms.includes(room)} onChange=${toggle(room)} />`)}</div>
      <${TextArea} label=${t('webhooks.others')} rows="2" hint=${t('webhooks.others.hint')} value=${fields.others} onInput=${put('others')} />`}
    ${wrong && html`<p class="wrong">${wrong}</p>`}</fieldset>`;
}

export function Secret({ secret, onClose }) {
  return html`<div class="stack"><p role="status">${t('webhooks.once')}</p>
    <${Copy} label=${t('webhooks.secret')} forms=${[[t('webhooks.secret'), secret]]} />
    <div class="actions"><${Button} kind="first" onClick=${onClose}>${t('done')}<//></div></div>`;
}

// hook: the one to change; null: a new one. onSaved() when the server has it.
export function WebhookForm({ hook = null, onClose, onSaved }) {
  const [fields, setFields] = useState(fieldsOf(hook ?? EMPTY));
  const [secret, setSecret] = useState(null);
  const put = (name) => (value) => setFields((old) => ({ ...old, [name]: value }));
  const save = useAction(async () => {
    const json = asJson(fields);
    const { secret: made, ...saved } = await (hook ? call('PATCH', `/webhooks/${hook.id}`, { json }) : call('POST', '/webhooks', { json }));
    onSaved(saved);
    if (hook) {
      toast(t('webhooks.changed'));
      onClose();
    } else {
      setSecret(made);
    }
  });
  const wrong = save.problem?.fields?.() ?? {};
  return html`<${Dialog} title=${t(hook ? 'webhooks.edit' : 'webhooks.new')} onClose=${onClose}>${secret ? html`<${Secret} secret=${secret} onClose=${onClose} />` : html`<${Form} onSubmit=${save.run}>
    <${Field} label=${t('webhooks.url')} type="url" required maxlength="2048" hint=${t('webhooks.url.hint')} value=${fields.url} onInput=${put('url')} wrong=${wrong['/url']} />
    <${Field} label=${t('description')} maxlength="300" hint=${t('webhooks.description.hint')} value=${fields.description} onInput=${put('description')} wrong=${wrong['/description']} />
    <${Events} fields=${fields} put=${put} wrong=${wrong['/events']} />
    <${Wrong} problem=${save.problem} also=${KNOWN} />
    <div class="actions"><${Button} onClick=${onClose}>${t('cancel')}<//><${Button} kind="first" type="submit" busy=${save.busy}>${t(hook ? 'save' : 'webhooks.make')}<//></div>
  <//>`}<//>`;
}

export function RotateSecret({ hook, onClose, onSaved }) {
  const [overlap, setOverlap] = useState(OVERLAPS[2]);
  const [secret, setSecret] = useState(null);
  const rotate = useAction(async () => {
    const { secret: made, ...saved } = await call('POST', `/webhooks/${hook.id}/rotate`, { json: { overlap_seconds: Number(overlap) } });
    setSecret(made);
    onSaved(saved);
  });
  return html`<${Dialog} title=${t('webhooks.rotate')} narrow onClose=${onClose}>${secret ? html`<${Secret} secret=${secret} onClose=${onClose} />` : html`<${Form} onSubmit=${rotate.run}>
    <p>${t('webhooks.rotate.words')}</p>
    <${Select} label=${t('webhooks.overlap')} value=${overlap} options=${OVERLAPS.map((seconds) => [seconds, seconds === 0 ? t('keys.overlap.none') : span(seconds)])} onChange=${setOverlap} />
    <${Wrong} problem=${rotate.problem} />
    <div class="actions"><${Button} onClick=${onClose}>${t('cancel')}<//><${Button} kind="first" type="submit" busy=${rotate.busy}>${t('webhooks.rotate')}<//></div><//>`}<//>`;
}

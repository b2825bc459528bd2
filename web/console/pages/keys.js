// SPDX-License-Identifier: ISC
// API keys: making one with its scopes and restrictions, rotating it, revoking it, and ending the stream URLs that it issued.
import { html, useState } from '../lib/html.js';
import { t } from '../lib/text.js';
import { call } from '../lib/api.js';
import { ago, dateTime, span } from '../lib/format.js';
import { can } from '../lib/scopes.js';
import { useAction, useTitle } from '../lib/hooks.js';
import { usePaged } from '../lib/paged.js';
import { Button, Check, Field, Form, Select, TextArea, Wrong } from '../parts/form.js';
import { Confirm, Dialog } from '../parts/dialog.js';
import { Copy } from '../parts/copy.js';
import { Paged } from '../parts/list.js';
import { Scopes } from '../parts/scopes.js';
import { Empty, Head, Panel } from '../parts/states.js';

const OVERLAPS = [0, 3600, 86400, 7 * 86400];
const EMPTY = { name: '', scopes: ['media:read', 'streams:issue'], expires: '', networks: '', ttl: '', viewer: false };
const KNOWN = ['/name', '/scopes', '/expires_at', '/allowed_networks', '/max_ttl_seconds'];

function asJson({ name, scopes, expires, networks, ttl, viewer }) {
  const listed = networks.split(/[\s,]+/).filter(Boolean);
  return {
    name, scopes, ...(expires ? { expires_at: new Date(expires).toISOString() } : {}), ...(listed.length > 0 ? { allowed_networks: listed } : {}),
    ...(ttl ? { max_ttl_seconds: Number(ttl) } : {}), ...(viewer ? { require_viewer: true } : {}),
  };
}

function Secret({ made, onClose }) {
  return html`<div class="stack"><p role="status">${t('keys.once')}</p>
    <${Copy} label=${t('keys.secret')} forms=${[[t('keys.secret'), made.key], ['curl', `curl -H 'Authorization: Bearer ${made.key}' ${location.origin}/media/media/`]]} />
    <div class="actions"><${Button} kind="first" onClick=${onClose}>${t('done')}<//></div></div>`;
}

function NewKey({ onClose, onMade }) {
  const [fields, setFields] = useState(EMPTY);
  const [made, setMade] = useState(null);
  const put = (name) => (value) => setFields((old) => ({ ...old, [name]: value }));
  const make = useAction(async () => {
    setMade(await call('POST', '/keys', { json: asJson(fields) }));
    onMade();
  });
  const wrong = make.problem?.fields?.() ?? {};
  const wrongNetwork = Object.entries(wrong).find(([pointer]) => pointer.startsWith('/allowed_networks'))?.[1];
  return html`<${Dialog} title=${t('keys.new')} onClose=${onClose}>${made ? html`<${Secret} made=${made} onClose=${onClose} />` : html`<${Form} onSubmit=${make.run}>
    <${Field} label=${t('name')} required maxlength="100" hint=${t('keys.name.hint')} value=${fields.name} onInput=${put('name')} wrong=${wrong['/name']} />
    <${Scopes} label=${t('keys.scopes')} value=${fields.scopes} onChange=${put('scopes')} wrong=${wrong['/scopes']} />
    <div class="fields">
      <${Field} label=${t('keys.expires')} type="datetime-local" hint=${t('keys.expires.hint')} value=${fields.expires} onInput=${put('expires')} wrong=${wrong['/expires_at']} />
      <${Field} label=${t('keys.ttl')} type="number" min="1" hint=${t('keys.ttl.hint')} value=${fields.ttl} onInput=${put('ttl')} wrong=${wrong['/max_ttl_seconds']} />
    </div>
    <${TextArea} label=${t('keys.networks')} rows="2" hint=${t('keys.networks.hint')} value=${fields.networks} onInput=${put('networks')} wrong=${wrongNetwork} />
    <${Check} label=${t('keys.viewer')} checked=${fields.viewer} onChange=${put('viewer')} />
    <${Wrong} problem=${make.problem} also=${KNOWN} />
    <div class="actions"><${Button} onClick=${onClose}>${t('cancel')}<//><${Button} kind="first" type="submit" busy=${make.busy}>${t('keys.make')}<//></div>
  <//>`}<//>`;
}

function Rotate({ one, onClose, onMade }) {
  const [overlap, setOverlap] = useState(3600);
  const [made, setMade] = useState(null);
  const rotate = useAction(async () => {
    setMade(await call('POST', `/keys/${one.id}/rotate`, { json: { overlap_seconds: Number(overlap) } }));
    onMade();
  });
  return html`<${Dialog} title=${t('keys.rotate.of', { name: one.name })} narrow onClose=${onClose}>${made ? html`<${Secret} made=${made} onClose=${onClose} />` : html`<${Form} onSubmit=${rotate.run}>
    <p>${t('keys.rotate.words')}</p>
    <${Select} label=${t('keys.overlap')} value=${overlap} options=${OVERLAPS.map((seconds) => [seconds, seconds === 0 ? t('keys.overlap.none') : span(seconds)])} onChange=${setOverlap} />
    <${Wrong} problem=${rotate.problem} />
    <div class="actions"><${Button} onClick=${onClose}>${t('cancel')}<//><${Button} kind="first" type="submit" busy=${rotate.busy}>${t('keys.rotate')}<//></div><//>`}<//>`;
}

function facts(one) {
  return [
    one.expires_at ? t('keys.until', { when: dateTime(one.expires_at) }) : t('keys.forever'),
    one.last_used_at ? t('keys.used', { when: ago(one.last_used_at) }) : t('keys.unused'),
    one.allowed_networks?.length > 0 && t('keys.from', { networks: one.allowed_networks.join(', ') }),
    one.max_ttl_seconds && t('keys.atmost', { time: span(one.max_ttl_seconds) }),
    one.require_viewer && t('keys.viewer'),
    one.previous_secret_until && new Date(one.previous_secret_until) > Date.now() && t('keys.previous', { when: dateTime(one.previous_secret_until) }),
  ].filter(Boolean).join(' · ');
}

function Key({ one, ask }) {
  return html`<li><div class="what"><div class="row"><strong>${one.name}</strong><code class="muted">${one.id}</code></div>
      <span class="small"><code>${one.scopes.join(' ')}</code></span><span class="small muted">${facts(one)}</span></div>
    <div class="row">
      ${can('rotateKey') && html`<${Button} icon="retry" aria-label=${t('keys.rotate.of', { name: one.name })} onClick=${() => ask('rotate', one)}>${t('keys.rotate')}<//>`}
      ${can('revokeKeyGrants') && html`<${Button} aria-label=${t('keys.grants.of', { name: one.name })} onClick=${() => ask('grants', one)}>${t('keys.grants')}<//>`}
      ${can('revokeKey') && html`<${Button} kind="danger" icon="trash" aria-label=${t('keys.revoke.of', { name: one.name })} onClick=${() => ask('revoke', one)}>${t('share.revoke')}<//>`}
    </div></li>`;
}

export function Keys() {
  useTitle(t('keys'));
  const [asked, setAsked] = useState(null); // {what, one}
  const list = usePaged('/keys');
  const close = () => setAsked(null);
  const ends = { grants: (id) => call('DELETE', `/keys/${id}/grants`), revoke: (id) => call('DELETE', `/keys/${id}`) };
  return html`<${Head} title=${t('keys')}>
      ${can('createKey') && html`<${Button} kind="first" icon="plus" onClick=${() => setAsked({ what: 'new' })}>${t('keys.new')}<//>`}<//>
    <p class="muted">${t('keys.words')}</p>
    <${Panel}><${Paged} of=${list} empty=${html`<${Empty} icon="keys" title=${t('keys.none')} words=${t('keys.none.words')} />`}>${(items) => html`<ul class="items">
      ${items.map((one) => html`<${Key} key=${one.id} one=${one} ask=${(what) => setAsked({ what, one })} />`)}</ul>`}<//><//>
    ${asked?.what === 'new' && html`<${NewKey} onClose=${close} onMade=${list.reload} />`}
    ${asked?.what === 'rotate' && html`<${Rotate} one=${asked.one} onClose=${close} onMade=${list.reload} />`}
    ${asked && asked.what in ends && html`<${Confirm} title=${t(`keys.${asked.what}.of`, { name: asked.one.name })} words=${t(`keys.${asked.what}.words`)} verb=${t(`keys.${asked.what}`)}
      onClose=${close} action=${async () => { await ends[asked.what](asked.one.id); list.reload(); }} />`}`;
}

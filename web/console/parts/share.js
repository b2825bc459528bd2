// SPDX-License-Identifier: ISC
// Makes a stream URL with every restriction there is, to take along in the form that is needed, and revokes it.
import { html, useState } from '../lib/html.js';
import { t } from '../lib/text.js';
import { call, get } from '../lib/api.js';
import { dateTime } from '../lib/format.js';
import { can } from '../lib/scopes.js';
import { useAction } from '../lib/hooks.js';
import { Button, Check, Field, Form, Select, Wrong } from './form.js';
import { Copy } from './copy.js';
import { Dialog } from './dialog.js';
import { toast } from './toasts.js';

const LIFETIMES = [600, 3600, 6 * 3600, 24 * 3600];

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
const attribute = (text) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');

// What a page of somebody else's takes: the file itself where there is one, since not every browser plays HLS.
function formsOf(medium, { stream_url: best, streams }, download) {
  const plain = streams.progressive ?? best;
  const tag = medium.type === 'audio' ? 'audio' : 'video';
  const poster = streams.poster && tag === 'video' ? ` poster="${attribute(streams.poster)}"` : '';
  const element = `<${tag} controls${poster} src="${attribute(plain)}"></${tag}>`;
  const forms = [[t('share.url'), best], ['curl', `curl -o ${quoted(`medium-${medium.id}`)} ${quoted(plain)}`]];
  if (!download) {
    forms.push([`<${tag}>`, element], ['iframe', `<iframe title="${attribute(medium.title)}" width="640" height="360" allowfullscreen srcdoc="${attribute(element)}"></iframe>`]);
    [['HLS', streams.hls], ['DASH', streams.dash]].forEach(([name, url]) => url && url !== best && forms.push([name, url]));
  }
  return forms;
}

function Made({ medium, made, onRevoked, onMade }) {
  const renew = useAction(async () => {
    const json = { stream_url: made.stream_url, ttl_seconds: Number(made.ttl), ...(made.address ? { bind_ip: made.address } : {}) };
    onMade({ ...made, ...await call('POST', `/media/grants/${made.grant_id}/renew`, { json }) });
    toast(t('share.renewed'));
  });
  const revoke = useAction(async () => {
    await call('DELETE', `/media/grants/${made.grant_id}`);
    toast(t('share.revoked'));
    onRevoked();
  });
  return html`<div class="stack"><p role="status">${t('share.until', { when: dateTime(made.expires_at) })}</p>
    <${Copy} label=${t('share.as')} forms=${formsOf(medium, made, made.download)} />
    <p class="small muted">${t('share.grant')} <code>${made.grant_id}</code></p>
    <${Wrong} problem=${revoke.problem ?? renew.problem} />
    <div class="row">${can('renewGrant') && html`<${Button} icon="retry" busy=${renew.busy} onClick=${renew.run}>${t('share.renew')}<//>`}
    ${can('revokeGrant') && html`<${Button} kind="danger" icon="trash" busy=${revoke.busy} onClick=${revoke.run}>${t('share.revoke')}<//>`}</div></div>`;
}

const EMPTY = { ttl: 3600, viewer: '', address: '', download: false };

function Wanted({ medium, onMade }) {
  const [wanted, setWanted] = useState(EMPTY);
  const put = (name) => (value) => setWanted((old) => ({ ...old, [name]: value }));
  const issue = useAction(async () => {
    const { ttl, viewer, address, download } = wanted;
    const query = { ttl_seconds: ttl, viewer: viewer.trim(), bind_ip: address.trim(), download: download ? 'true' : null };
    onMade({ ...await get(`/media/media/${medium.id}/stream-url`, query), download, ttl, address: address.trim() });
  });
  const wrong = issue.problem?.fields?.() ?? {};
  return html`<${Form} onSubmit=${issue.run}>
    <div class="fields">
      <${Select} label=${t('share.ttl')} value=${wanted.ttl} options=${LIFETIMES.map((seconds) => [seconds, t(`share.ttl.${seconds}`)])} onChange=${put('ttl')} wrong=${wrong['?ttl_seconds']} />
      <${Field} label=${t('share.viewer')} hint=${t('share.viewer.hint')} value=${wanted.viewer} onInput=${put('viewer')} wrong=${wrong['?viewer']} maxlength="64" />
      <${Field} label=${t('share.address')} hint=${t('share.address.hint')} value=${wanted.address} onInput=${put('address')} wrong=${wrong['?bind_ip']} />
    </div>
    <${Check} label=${t('share.download')} checked=${wanted.download} onChange=${put('download')} />
    <${Wrong} problem=${issue.problem} also=${['?ttl_seconds', '?viewer', '?bind_ip']} />
    <div><${Button} kind="first" type="submit" busy=${issue.busy}>${t('share.make')}<//></div>
  <//>`;
}

export function Share({ medium, onClose }) {
  const [made, setMade] = useState(null);
  return html`<${Dialog} title=${t('share.title')} onClose=${onClose}>
    <p class="muted">${t('share.words')}</p>
    <${Wanted} medium=${medium} onMade=${setMade} />
    ${made && html`<hr /><${Made} key=${made.grant_id} medium=${medium} made=${made} onRevoked=${() => setMade(null)} onMade=${setMade} />`}
  <//>`;
}

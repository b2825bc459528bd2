// SPDX-License-Identifier: ISC
// Shares what the page shows: a link that shows it to somebody without an account, and nothing else.
import { html, useState } from '../lib/html.js';
import { t } from '../lib/text.js';
import { call } from '../lib/api.js';
import { dateTime } from '../lib/format.js';
import { can } from '../lib/scopes.js';
import { boundsName } from '../lib/time.js';
import { useAction } from '../lib/hooks.js';
import { Copy } from './copy.js';
import { Dialog } from './dialog.js';
import { FixedFilters } from './filters.js';
import { Button, Check, Field, Form, Select, Wrong } from './form.js';

const LIVES = [7, 30, 90, 365]; // days
const ROLLING = { today: 1, '7d': 7, '30d': 30, '90d': 90 }; // ranges that move with the clock, in days
const KNOWN = ['/title', '/password'];
const DAY_MS = 86400000;

function asJson({ title, days, life, password, viewers }, medium, { bounds, tz, bots, filters }) {
  return {
    title, tz, filter: filters, bots: bots ? 'include' : 'exclude', show_viewers: viewers,
    ...(medium ? { media_id: medium.id } : {}),
    ...(days > 0 ? { last_days: days } : { from: bounds.from, to: bounds.to }),
    expires_at: new Date(Date.now() + life * DAY_MS).toISOString(),
    ...(password ? { password } : {}),
  };
}

function Made({ made, onClose }) {
  return html`<div class="stack"><p role="status">${t('reports.made', { when: dateTime(made.expires_at) })}</p>
    <${Copy} label=${t('reports.link')} forms=${[[t('reports.link'), made.report_url]]} />
    <div class="actions"><${Button} kind="first" onClick=${onClose}>${t('done')}<//></div></div>`;
}

function Wanted({ medium, period, onMade, onClose }) {
  const rolling = ROLLING[period.range] ?? 0;
  const named = period.filters.viewer !== undefined; // a filter by a viewer shows that viewer
  const [fields, setFields] = useState({ title: medium?.title ?? t('reports.all'), days: rolling, life: 30, password: '', viewers: named });
  const put = (name) => (value) => setFields((old) => ({ ...old, [name]: value }));
  const make = useAction(async () => onMade(await call('POST', '/reports', { json: asJson(fields, medium, period) })));
  const wrong = make.problem?.fields?.() ?? {};
  const times = [...(rolling > 0 ? [[rolling, t('reports.rolling', { count: rolling })]] : []), [0, t('reports.fixed', { when: boundsName(period.bounds) })]];
  return html`<${Form} onSubmit=${make.run}>
    <p class="muted">${t('reports.share.words')}</p>
    <${Field} label=${t('title')} required maxlength="200" hint=${t('reports.title.hint')} value=${fields.title} onInput=${put('title')} wrong=${wrong['/title']} />
    <div class="fields">
      <${Select} label=${t('reports.time')} value=${fields.days} options=${times} onChange=${(days) => put('days')(Number(days))} />
      <${Select} label=${t('reports.life')} value=${fields.life} options=${LIVES.map((days) => [days, t('days', { count: days })])} onChange=${(days) => put('life')(Number(days))} />
    </div>
    <${FixedFilters} filters=${period.filters} robots=${period.bots} />
    <${Field} label=${t('password')} type="password" autocomplete="new-password" hint=${t('reports.password.hint')} value=${fields.password} onInput=${put('password')} wrong=${wrong['/password']} />
    <${Check} label=${t('reports.viewers')} checked=${fields.viewers} disabled=${named} onChange=${put('viewers')} />
    <${Wrong} problem=${make.problem} also=${KNOWN} />
    <div class="actions"><${Button} onClick=${onClose}>${t('cancel')}<//><${Button} kind="first" type="submit" busy=${make.busy}>${t('reports.make')}<//></div>
  <//>`;
}

// medium: whose analytics the page shows; none are those of all.
export function ShareReport({ medium = null, period }) {
  const [asked, setAsked] = useState(false);
  const [made, setMade] = useState(null);
  const close = () => {
    setAsked(false);
    setMade(null);
  };
  return can('createReport') && html`<${Button} icon="share" onClick=${() => setAsked(true)}>${t('reports.share')}<//>
    ${asked && html`<${Dialog} title=${t('reports.share')} onClose=${close}>${made
      ? html`<${Made} made=${made} onClose=${close} />`
      : html`<${Wanted} medium=${medium} period=${period} onMade=${setMade} onClose=${close} />`}<//>`}`;
}

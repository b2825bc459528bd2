// SPDX-License-Identifier: ISC
// The health of the installation, in a line each: what needs somebody stands first, in the server's own words.
import { html } from '../lib/html.js';
import { t } from '../lib/text.js';
import { get } from '../lib/api.js';
import { bytes, number, span } from '../lib/format.js';
import { useData, useEvery } from '../lib/hooks.js';
import { Icon } from './icons.js';
import { Loaded, Panel } from './states.js';

const EVERY_MS = 15000;

export function useStatus() {
  const status = useData((signal) => get('/status', {}, signal), []);
  useEvery(EVERY_MS, status.reload);
  return status;
}

const sum = (list, name) => list.reduce((total, one) => total + (one[name] ?? 0), 0);
const most = (list, name) => list.reduce((highest, one) => Math.max(highest, one[name] ?? 0), 0);

function facts(status) {
  const { database, ingest = [], packages, uploads, disk, keys } = status;
  return [
    [t('health.database'), t(database?.answers ? 'health.answers' : 'health.silent')],
    [t('health.ingest'), ingest.length === 0 ? t('health.nobody') : t('health.unread', { bytes: bytes(sum(ingest, 'unread_bytes')), time: span(most(ingest, 'lag_seconds')) })],
    packages && [t('packages'), t('health.packages', { queued: number(packages.queued), running: number(packages.running) })],
    uploads && [t('uploads'), t('health.uploads', { count: uploads.open, bytes: bytes(uploads.reserved_bytes) })],
    disk && [t('health.disk'), t('health.free', { free: bytes(disk.free_bytes), size: bytes(disk.size_bytes) })],
    keys && [t('health.keys'), t('health.age', { time: span(keys.stream_age_seconds) })],
  ].filter(Boolean);
}

export function Health({ status }) {
  return html`<${Panel} title=${t('health')}><${Loaded} of=${status}>${(data) => html`
    ${data.problems.length === 0 ? html`<p class="note good"><${Icon} name="done" /><span>${t('health.well')}</span></p>`
    : html`<ul class="items">${data.problems.map(({ detail }) => html`<li key=${detail}><span class="note warn grow"><${Icon} name="warning" /><span>${detail}</span></span></li>`)}</ul>`}
    <dl class="facts">${facts(data).map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`}<//><//>`;
}

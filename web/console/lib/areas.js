// SPDX-License-Identifier: ISC
// The parts of the console: their place, name and page, and the call that each needs. What the API has not, or the person may not
// ask, is not there.
import { can } from './scopes.js';
import { waitingUploads } from './uploads.js';
import { Overview } from '../pages/overview.js';
import { MediaList } from '../pages/media.js';
import { Medium } from '../pages/medium.js';
import { Events } from '../pages/events.js';
import { Packages } from '../pages/packages.js';
import { System } from '../pages/system.js';
import { Uploads } from '../pages/uploads.js';
import { Live } from '../pages/live.js';
import { Keys } from '../pages/keys.js';
import { Reports } from '../pages/reports.js';
import { Webhook } from '../pages/webhook.js';
import { Webhooks } from '../pages/webhooks.js';
import { People } from '../pages/people.js';
import { Account } from '../pages/account.js';

const table = [
  { items: [
    { path: '/', title: 'overview', icon: 'overview', needs: 'getOverview', page: Overview },
    { path: '/live', title: 'live', icon: 'live', needs: 'getLive', page: Live },
    { path: '/reports', title: 'reports', icon: 'share', needs: 'listReports', page: Reports },
  ] },
  { title: 'group.content', items: [
    { path: '/media', title: 'media', icon: 'media', needs: 'listMedia', page: MediaList },
    { path: '/uploads', title: 'uploads', icon: 'uploads', needs: 'createUpload', page: Uploads, count: waitingUploads },
    { path: '/packages', title: 'packages', icon: 'packages', needs: 'listPackageJobs', page: Packages },
  ] },
  { title: 'group.settings', items: [
    { path: '/keys', title: 'keys', icon: 'keys', needs: 'listKeys', page: Keys },
    { path: '/webhooks', title: 'webhooks', icon: 'webhooks', needs: 'listWebhooks', page: Webhooks },
    { path: '/people', title: 'people', icon: 'people', needs: 'listAccounts', page: People },
    { path: '/events', title: 'events', icon: 'events', needs: 'listEvents', page: Events },
    { path: '/system', title: 'system', icon: 'system', needs: 'status', page: System },
    { path: '/account', title: 'account', icon: 'account', needs: 'me', page: Account },
  ] },
];

const inner = [
  { pattern: /^\/media\/(?<id>\d+)(?:\/(?<tab>\w+))?$/, needs: 'getMedium', page: Medium },
  { pattern: /^\/webhooks\/(?<id>\d+)$/, needs: 'getWebhook', page: Webhook },
];

export function areas() {
  return table.map((group) => ({ ...group, items: group.items.filter(({ needs }) => can(needs)) }));
}

// {page, parameters} of a path; null: there is no such page for this person.
export function pageOf(path) {
  const area = areas().flatMap(({ items }) => items).find((one) => one.path === path);
  if (area) {
    return { page: area.page, parameters: {} };
  }
  const found = inner.find(({ pattern, needs }) => pattern.test(path) && can(needs));
  return found ? { page: found.page, parameters: found.pattern.exec(path).groups } : null;
}

// SPDX-License-Identifier: ISC
// What the caller may do. The API's document, of which this page was built, says which calls there are and what each asks for.
import operations from 'mediagate:operations';
import { session } from './session.js';

const NOT_OF_EDITORS = ['accounts:manage', 'keys:manage', 'webhooks:manage', 'audit:read', 'metrics:read'];
const OF_ANALYSTS = ['media:read', 'analytics:read', 'export:read'];

const known = [...new Set(Object.values(operations).map(({ scope }) => scope).filter(Boolean))];
const byRole = {
  owner: known,
  editor: known.filter((scope) => !NOT_OF_EDITORS.includes(scope)),
  analyst: OF_ANALYSTS,
};

export function scopesOf(account) {
  return new Set(account.scopes ?? byRole[account.role] ?? []);
}

// Is there such a call, and may this person make it? Parts of the page that need one are shown only then.
export function can(operation) {
  const found = operations[operation];
  return found !== undefined && (found.scope === null || session.get().scopes.has(found.scope));
}

export function exists(operation) {
  return operation in operations;
}

// Does the call know this query parameter?
export function takes(operation, name) {
  return operations[operation]?.query.includes(name) ?? false;
}

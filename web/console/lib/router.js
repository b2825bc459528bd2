// SPDX-License-Identifier: ISC
// The page's address is its state: /console/<page>?filters. Links within the console change it without loading anything.
import { createStore, useStore } from './store.js';

export const ROOT = '/console';

function read() {
  return {
    path: location.pathname.slice(ROOT.length).replace(/\/+$/, '') || '/',
    query: Object.fromEntries(new URLSearchParams(location.search)),
  };
}

export const place = createStore(read());

// What stands behind the # of a page's address stays while one is on that page: it is the link of a shared report.
export function href(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== '');
  return `${ROOT}${path}${given.length > 0 ? `?${new URLSearchParams(given)}` : ''}${path === place.get().path ? location.hash : ''}`;
}

export function navigate(path, query, { replace = false } = {}) {
  const changed = path !== place.get().path;
  history[replace ? 'replaceState' : 'pushState'](null, '', href(path, query));
  place.set(read());
  if (changed) {
    arrived();
  }
}

// Changes some parts of the query; null takes one away.
export function setQuery(changes, options) {
  const { path, query } = place.get();
  navigate(path, { ...query, ...changes }, options);
}

// As after a load: the top of the page, and the keyboard at its heading.
function arrived() {
  scrollTo(0, 0);
  requestAnimationFrame(() => document.querySelector('main h1')?.focus({ preventScroll: true }));
}

export function startRouter() {
  addEventListener('popstate', () => place.set(read()));
  document.addEventListener('click', (event) => {
    const link = event.target.closest?.('a[href]');
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (!link || !plain || event.defaultPrevented || link.target || link.hasAttribute('download')
        || link.origin !== location.origin || !link.pathname.startsWith(`${ROOT}/`)) {
      return;
    }
    event.preventDefault();
    navigate(link.pathname.slice(ROOT.length).replace(/\/+$/, '') || '/', Object.fromEntries(new URLSearchParams(link.search)));
  });
}

export const usePlace = () => useStore(place);

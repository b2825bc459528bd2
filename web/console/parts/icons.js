// SPDX-License-Identifier: ISC
// Line icons, 20 units wide. They are decoration: what they mean stands beside them in words.
import { html } from '../lib/html.js';

const PATHS = {
  overview: 'M3 17V9M8 17V4M13 17v-6M18 17V7',
  media: 'M3 4h14v12H3zM3 8h14M7 4v4M13 4v4',
  uploads: 'M10 14V4M6 8l4-4 4 4M4 16h12',
  packages: 'M10 3l7 3.5v7L10 17l-7-3.5v-7zM3 6.5l7 3.5 7-3.5M10 10v7',
  live: 'M10 10h.01M6.5 13.5a5 5 0 0 1 0-7M13.5 6.5a5 5 0 0 1 0 7M4 16a8.5 8.5 0 0 1 0-12M16 4a8.5 8.5 0 0 1 0 12',
  keys: 'M7 16a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM9.5 10L16 3.5M13.5 6l2.5 2.5',
  people: 'M7.5 9a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2 17a5.5 5.5 0 0 1 11 0M13 3.5a3 3 0 0 1 0 5.2M15 12a5.5 5.5 0 0 1 3 5',
  events: 'M6 5h11M6 10h11M6 15h11M3 5h.01M3 10h.01M3 15h.01',
  webhooks: 'M8 7a3 3 0 1 1 4 2.8l2.2 4M8.2 9.2L6 13.5M6 13.5h6M4.5 16a2.5 2.5 0 1 1 1.5-4.5M15.5 16a2.5 2.5 0 1 0-1.5-4',
  system: 'M4 4h12v5H4zM4 11h12v5H4zM7 6.5h.01M7 13.5h.01',
  account: 'M10 10a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM3.5 17a6.5 6.5 0 0 1 13 0',
  audio: 'M7 15V5l9-2v10M7 15a2 2 0 1 1-4 0 2 2 0 0 1 4 0zM16 13a2 2 0 1 1-4 0 2 2 0 0 1 4 0z',
  video: 'M3 5h14v10H3zM8.5 7.5v5l4-2.5z',
  search: 'M9 15A6 6 0 1 0 9 3a6 6 0 0 0 0 12zM13.5 13.5L17 17',
  plus: 'M10 4v12M4 10h12',
  close: 'M5 5l10 10M15 5L5 15',
  menu: 'M3 5h14M3 10h14M3 15h14',
  copy: 'M7 7h9v9H7zM4 13V4h9',
  share: 'M14 7a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM6 12a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM14 17a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM7.8 9l4.5-2.8M7.8 11l4.5 2.8',
  warning: 'M10 3l8 14H2zM10 8v4M10 14.5h.01',
  done: 'M4 10.5l4 4 8-9',
  trash: 'M4 6h12M8 6V3.5h4V6M6 6l.7 11h6.6L14 6',
  pause: 'M7 4v12M13 4v12',
  play: 'M6 4v12l10-6z',
  retry: 'M16 10a6 6 0 1 1-1.8-4.3M16 3v4h-4',
  out: 'M12 4h4v12h-4M3 10h9M8 6l4 4-4 4',
  grid: 'M3 3h6v6H3zM11 3h6v6h-6zM3 11h6v6H3zM11 11h6v6h-6z',
  list: 'M3 5h14M3 10h14M3 15h14',
  download: 'M10 4v9M6 9l4 4 4-4M4 16h12',
  edit: 'M4 16l1-4 8-8 3 3-8 8z',
};

export function Icon({ name, size = 20 }) {
  return html`<svg viewBox="0 0 20 20" width=${size} height=${size} aria-hidden="true" focusable="false"
    fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round"><path d=${PATHS[name]} /></svg>`;
}

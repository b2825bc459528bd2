// SPDX-License-Identifier: ISC
// Saves an answer of the API as a file. An export that broke off is told, since its last row would not say "complete".
import { ask } from '../lib/api.js';
import { Problem } from '../lib/problem.js';
import { t } from '../lib/text.js';

const TAIL_BYTES = 128; // the last row, and the end of the one before

export async function save(path, query, name) {
  const answer = await ask('GET', path, { query });
  const blob = await answer.blob().catch(() => null);
  const tail = blob === null ? '' : await blob.slice(-TAIL_BYTES).text();
  if (!tail.slice(tail.trimEnd().lastIndexOf('\n') + 1).includes('complete')) {
    throw new Problem({ detail: t('export.broken') });
  }
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

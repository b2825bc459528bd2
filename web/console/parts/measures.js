// SPDX-License-Identifier: ISC
// The measures of views: how each is read from a step of a series and from a sum, and how it is written.
import { bytes, compact, number, percent, span, spanShort } from '../lib/format.js';
import { t } from '../lib/text.js';

export const MEASURES = {
  views: { step: (step) => step.views, total: (sum) => sum.total_views, format: compact, full: number },
  plays: { step: (step) => step.plays, total: (sum) => sum.total_plays, format: compact, full: number },
  viewers: { step: (step) => step.unique_ips, total: (sum) => sum.unique_ips, format: compact, full: number },
  watched: { step: (step) => step.watched_seconds, total: (sum) => sum.watched_seconds, format: spanShort, full: span },
  bytes: { step: (step) => step.bytes_sent, total: (sum) => sum.bytes_sent, format: bytes, full: bytes },
  delivered: { step: (step) => step.delivered_percent, total: (sum) => sum.delivered_percent, format: percent, full: percent },
};

// ±, where a number was estimated from a sample: distinct viewers, and with a filter the others.
export function errorOf(name, { uniques, sums }) {
  const of = name === 'viewers' ? uniques : sums;
  return of && !of.exact ? `± ${percent(of.standard_error * 100)}` : null;
}

// How a number changed: {words, direction} or null where there is nothing to compare with.
export function change(now, before) {
  if (before === null || before === undefined || now === null || now === undefined) {
    return null;
  }
  if (before === 0) {
    return now === 0 ? { words: t('change.same'), direction: '' } : { words: t('change.from0'), direction: 'up' };
  }
  const share = (now - before) / before;
  const direction = share > 0.0005 ? 'up' : share < -0.0005 ? 'down' : '';
  const arrow = { up: '▲ ', down: '▼ ', '': '' }[direction];
  return { words: `${arrow}${percent(Math.abs(share) * 100)}`, spoken: t(`change.${direction || 'same'}`, { share: percent(Math.abs(share) * 100) }), direction };
}

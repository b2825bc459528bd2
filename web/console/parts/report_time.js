// SPDX-License-Identifier: ISC
// The time of a shared report: its days in its time zone, and in words.
import { t } from '../lib/text.js';
import { addDays, boundsName, dayIn } from '../lib/time.js';

// {from, to} as pages of analytics have them: `to` is the first day behind; null is no bound.
export function reportBounds({ from, to, last_days: days, tz }) {
  const end = to === null ? null : addDays(dayIn(tz, new Date(Date.parse(to) - 1)), 1);
  return { from: from === null ? null : dayIn(tz, new Date(from)), to: days === null ? end : addDays(dayIn(tz), 1) };
}

export function reportTime(report) {
  return report.last_days === null ? boundsName(reportBounds(report)) : t('reports.rolling', { count: report.last_days });
}

// SPDX-License-Identifier: ISC
// Ranges of days in a time zone. Days are texts (2026-11-30), since a day of a zone is no moment; `to` is the first day behind.
import { locale, t } from './text.js';

export const RANGES = ['today', 'yesterday', '7d', '30d', '90d', 'month', 'last-month', '12m', 'all', 'custom'];
const DAY_MS = 86400000;
const MOST_HOURS_DAYS = 2; // so long a range is shown by hours
const MOST_DAYS = 184; // and so long one by days

export const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone ?? 'UTC';

export function zones() {
  const all = Intl.supportedValuesOf?.('timeZone') ?? [];
  return [...new Set([ownZone, 'UTC', ...all])];
}

export function dayIn(tz, moment = new Date()) {
  return new Intl.DateTimeFormat('en-CA', { timeZone: tz, year: 'numeric', month: '2-digit', day: '2-digit' }).format(moment);
}

const asDate = (day) => new Date(`${day}T00:00:00Z`);
const asDay = (date) => date.toISOString().slice(0, 10);

export function addDays(day, count) {
  return asDay(new Date(asDate(day).getTime() + count * DAY_MS));
}

export function addMonths(day, count) {
  const [year, month, date] = day.split('-').map(Number);
  const last = new Date(Date.UTC(year, month - 1 + count + 1, 0)).getUTCDate();
  return asDay(new Date(Date.UTC(year, month - 1 + count, Math.min(date, last))));
}

export function daysBetween(from, to) {
  return Math.round((asDate(to) - asDate(from)) / DAY_MS);
}

// {from, to} of a named range; null is no bound.
export function boundsOf({ range = '30d', from = null, to = null }, tz) {
  const today = dayIn(tz);
  const tomorrow = addDays(today, 1);
  const month = `${today.slice(0, 8)}01`;
  switch (range) {
    case 'today': return { from: today, to: tomorrow };
    case 'yesterday': return { from: addDays(today, -1), to: today };
    case 'month': return { from: month, to: addMonths(month, 1) };
    case 'last-month': return { from: addMonths(month, -1), to: month };
    case '12m': return { from: addMonths(month, -11), to: addMonths(month, 1) };
    case 'all': return { from: null, to: null };
    case 'custom': return { from, to: to && addDays(to, 1) };
    default: return { from: addDays(tomorrow, -Number.parseInt(range, 10)), to: tomorrow };
  }
}

export function intervalOf({ from, to }, tz) {
  if (from === null) {
    return 'day';
  }
  const days = daysBetween(from, to ?? addDays(dayIn(tz), 1));
  return days <= MOST_HOURS_DAYS ? 'hour' : days <= MOST_DAYS ? 'day' : 'month';
}

// The bounds to compare with, or null where there are none.
export function comparedBounds({ from, to }, compare) {
  if (from === null || to === null || !compare) {
    return null;
  }
  const move = compare === 'year' ? (day) => addMonths(day, -12) : (day) => addDays(day, -daysBetween(from, to));
  return { from: move(from), to: move(to) };
}

// Every step between the bounds, also those without a view.
export function fillSeries(series, { from, to }, interval) {
  if (interval === 'hour' || from === null) {
    return series;
  }
  const known = new Map(series.map((step) => [step.start, step]));
  const end = to ?? addDays(series.at(-1)?.start.padEnd(10, '-01') ?? from, 1);
  const steps = [];
  for (let day = interval === 'month' ? `${from.slice(0, 8)}01` : from; day < end; day = interval === 'month' ? addMonths(day, 1) : addDays(day, 1)) {
    const start = interval === 'month' ? day.slice(0, 7) : day;
    steps.push(known.get(start) ?? { start, views: 0, plays: 0, unique_ips: 0, unique_ips_error: 0, bytes_sent: 0, seconds: 0, watched_seconds: 0, delivered_percent: null });
  }
  return steps;
}

// The name of a step in a graph; long: with all that tells it from every other.
export function stepName(start, interval, long = false) {
  if (interval === 'hour') {
    const [day, time] = start.split('T');
    return long ? `${dayName(day, true)}, ${time.slice(0, 5)}` : time.slice(0, 5);
  }
  if (interval === 'month') {
    return asDate(`${start}-01`).toLocaleDateString(locale(), { timeZone: 'UTC', month: long ? 'long' : 'short', year: 'numeric' });
  }
  return dayName(start, long);
}

export function dayName(day, long = false) {
  return asDate(day).toLocaleDateString(locale(), long
    ? { timeZone: 'UTC', weekday: 'short', day: 'numeric', month: 'long', year: 'numeric' } : { timeZone: 'UTC', day: 'numeric', month: 'short' });
}

export function boundsName({ from, to }) {
  if (from === null) {
    return t('range.all');
  }
  const last = to === null ? null : addDays(to, -1);
  const words = (day) => asDate(day).toLocaleDateString(locale(), { timeZone: 'UTC', dateStyle: 'medium' });
  return last === from || last === null ? words(from) : `${words(from)} – ${words(last)}`;
}

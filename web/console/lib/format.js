// SPDX-License-Identifier: ISC
// Numbers, bytes, durations and times as people of the page's language read them.
import { locale, t } from './text.js';

export const NONE = '–';

export function number(value, options) {
  return value === null || value === undefined ? NONE : value.toLocaleString(locale(), options);
}

export function compact(value) {
  return Math.abs(value) < 10000 ? number(value) : number(value, { notation: 'compact', maximumFractionDigits: 1 });
}

export function percent(value, digits = 1) {
  return value === null || value === undefined ? NONE
    : (value / 100).toLocaleString(locale(), { style: 'percent', maximumFractionDigits: digits });
}

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'];

export function bytes(value) {
  if (value === null || value === undefined) {
    return NONE;
  }
  const power = Math.min(value < 1000 ? 0 : Math.floor(Math.log10(value) / 3), UNITS.length - 1);
  const digits = power === 0 || value / 1000 ** power >= 100 ? 0 : 1;
  return `${number(value / 1000 ** power, { maximumFractionDigits: digits })}\u00a0${UNITS[power]}`; // on one line
}

// A position or length in a film: 1:05, 2:03:09.
export function clock(seconds) {
  if (seconds === null || seconds === undefined) {
    return NONE;
  }
  const whole = Math.max(0, Math.round(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown.map((part, i) => (i === 0 ? part : String(part).padStart(2, '0'))).join(':');
}

// An amount of time in one unit: 3.3 h.
export function spanShort(seconds) {
  if (seconds === null || seconds === undefined) {
    return NONE;
  }
  const [key, size] = [['unit.days', 86400], ['unit.hours', 3600], ['unit.minutes', 60]].find(([, one]) => seconds >= 2 * one) ?? ['unit.seconds', 1];
  return t(key, { value: number(seconds / size, { maximumFractionDigits: seconds / size < 100 && size > 1 ? 1 : 0 }) });
}

// An amount of time in its two largest units: 3 h 20 min.
export function span(seconds) {
  if (seconds === null || seconds === undefined) {
    return NONE;
  }
  const steps = [['unit.days', 86400], ['unit.hours', 3600], ['unit.minutes', 60], ['unit.seconds', 1]];
  const first = Math.max(0, steps.findIndex(([, size]) => seconds >= size));
  if (seconds < 1) {
    return t('unit.seconds', { value: number(Math.round(seconds * 10) / 10) });
  }
  let rest = Math.round(seconds / steps[Math.min(first + 1, 3)][1]) * steps[Math.min(first + 1, 3)][1];
  return steps.slice(first, first + 2).map(([key, size]) => {
    const value = Math.floor(rest / size);
    rest -= value * size;
    return value > 0 ? t(key, { value: number(value) }) : '';
  }).filter(Boolean).join(' ');
}

export function dateTime(text, tz) {
  return text ? new Date(text).toLocaleString(locale(), { dateStyle: 'medium', timeStyle: 'short', timeZone: tz }) : NONE;
}

export function ago(text) {
  const seconds = (new Date(text) - Date.now()) / 1000;
  const words = new Intl.RelativeTimeFormat(locale(), { numeric: 'auto' });
  const [unit, size] = [['day', 86400], ['hour', 3600], ['minute', 60]].find(([, one]) => Math.abs(seconds) >= one) ?? ['second', 1];
  return words.format(Math.round(seconds / size), unit);
}

let names;
export function country(code) {
  names ??= new Intl.DisplayNames([locale()], { type: 'region' });
  try {
    return names.of(code) ?? code;
  } catch {
    return code;
  }
}

export function languageName(tag) {
  try {
    return new Intl.DisplayNames([locale()], { type: 'language' }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}

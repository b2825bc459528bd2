// SPDX-License-Identifier: ISC
// Words of the page, one message file per language. A message is a text with {names}, or {one, other, …} by `count`.
// Another language is another file in messages/ and a line in `languages`.
import english from '../messages/en.js';

export const languages = {
  en: { name: 'English', load: async () => ({ default: english }) },
  de: { name: 'Deutsch', load: () => import('../messages/de.js') },
};

const STORED = 'mediagate-language';
let messages = english;
let current = 'en';
let plurals = new Intl.PluralRules('en');

export function language() {
  return current;
}

// A locale for numbers and dates: the browser's own where it is of this language, such as en-GB.
export function locale() {
  return navigator.languages.find((one) => one.split('-')[0] === current) ?? current;
}

export async function startLanguage() {
  const wanted = [localStorage.getItem(STORED), ...navigator.languages.map((one) => one.split('-')[0])];
  await setLanguage(wanted.find((one) => one in languages) ?? 'en', false);
}

export async function setLanguage(name, keep = true) {
  messages = (await languages[name].load()).default;
  current = name;
  plurals = new Intl.PluralRules(name);
  document.documentElement.lang = name;
  if (keep) {
    localStorage.setItem(STORED, name);
  }
}

export function has(key) {
  return key in english;
}

export function t(key, values = {}) {
  let message = messages[key] ?? english[key] ?? key;
  if (typeof message === 'object') {
    message = message[plurals.select(values.count)] ?? message.other;
  }
  return message.replace(/\{(\w+)\}/g, (_, name) => (name === 'count' && typeof values.count === 'number'
    ? values.count.toLocaleString(locale()) : values[name] ?? ''));
}

// SPDX-License-Identifier: ISC
// The console's messages: node console_texts.mjs '{"source": "…/web/console"}'. Tells the keys of each language, and those that the
// pages ask for.
import { readdirSync, readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const { source } = JSON.parse(process.argv[2]);
const languages = {};
for (const file of readdirSync(`${source}/messages`)) {
  languages[file.replace('.js', '')] = (await import(pathToFileURL(`${source}/messages/${file}`))).default;
}
const asked = new Set();
const begun = new Set(); // `t(`role.${…}`)`: any key that begins so
for (const folder of ['.', 'lib', 'parts', 'pages']) {
  for (const file of readdirSync(`${source}/${folder}`).filter((name) => name.endsWith('.js'))) {
    const text = readFileSync(`${source}/${folder}/${file}`, 'utf8');
    [...text.matchAll(/'([a-z][a-z0-9_.-]*)'/gi)].forEach(([, key]) => asked.add(key));
    [...text.matchAll(/`([a-z][a-z0-9_]*\.(?:[a-z0-9_]+\.)*)\$\{/gi)].forEach(([, start]) => begun.add(start));
    [...text.matchAll(/\bt\('([^']+)'/g)].forEach(([, key]) => asked.add(`!${key}`));
  }
}
const values = (message) => [...new Set((typeof message === 'object' ? Object.values(message).join() : message).match(/\{\w+\}/g) ?? [])].sort();
console.log(JSON.stringify({
  languages: Object.fromEntries(Object.entries(languages).map(([name, messages]) => [name, Object.fromEntries(Object.entries(messages).map(([key, message]) => [key, values(message)]))])),
  needed: [...asked].filter((key) => key.startsWith('!')).map((key) => key.slice(1)), asked: [...asked], begun: [...begun],
}));

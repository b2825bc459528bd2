// SPDX-License-Identifier: ISC
// Writes the list of browsers and systems that ingest reads: node devices.mjs PACKAGES OUTPUT
// PACKAGES is where `npm ci` put node_modules. A line is "browser" or "system", what the pattern's match is called ($1
// to $9 stand for its groups), and the pattern, with tabs between; the first line whose pattern matches has the answer.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

const [packages, output] = process.argv.slice(2);
if (output === undefined) {
  console.error('usage: node devices.mjs PACKAGES OUTPUT');
  process.exit(2);
}
const { parse } = createRequire(resolve(packages, 'package.json'))('yaml');
const folder = join(packages, 'node_modules/uap-core');
const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
const licence = readFileSync(join(folder, 'LICENSE'), 'utf8').trimEnd();
const { user_agent_parsers: browsers, os_parsers: systems } = parse(readFileSync(join(folder, 'regexes.yaml'), 'utf8'));

function line(kind, { regex, regex_flag: flag }, name) {
  const fields = [kind, name, `${flag === 'i' ? '(?i)' : ''}${regex}`];
  if (fields.some((field) => field === '' || /[\t\r\n]/.test(field)) || ![undefined, 'i'].includes(flag)) {
    throw new Error(`uap-core is not what it was: ${JSON.stringify(fields)}`);
  }
  return fields.join('\t');
}

const lines = [
  ...browsers.map((parser) => line('browser', parser, parser.family_replacement ?? '$1')),
  ...systems.map((parser) => line('system', parser, parser.os_replacement ?? '$1')),
];
if (browsers.length < 100 || systems.length < 50) {
  throw new Error('uap-core is not what it was: see its regexes.yaml');
}
const head = [`Browsers and systems by their user agents: uap-core ${version}`, '', ...licence.split('\n')];
writeFileSync(output, [...head.map((text) => `# ${text}`.trimEnd()), '', ...lines, ''].join('\n'));

// SPDX-License-Identifier: ISC
// Writes the list of robots that ingest reads, one pattern a line: node robots.mjs PACKAGES OUTPUT
// PACKAGES is where `npm ci` put node_modules.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [packages, output] = process.argv.slice(2);
if (output === undefined) {
  console.error('usage: node robots.mjs PACKAGES OUTPUT');
  process.exit(2);
}
const folder = join(packages, 'node_modules/crawler-user-agents');
const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
const licence = readFileSync(join(folder, 'LICENSE'), 'utf8').trimEnd();
const robots = JSON.parse(readFileSync(join(folder, 'crawler-user-agents.json'), 'utf8'));
const patterns = robots.map(({ pattern }) => pattern);
if (patterns.length < 100 || patterns.some((pattern) => /^(#|$)|[\r\n]/.test(pattern))) {
  throw new Error('crawler-user-agents is not what it was: see its crawler-user-agents.json');
}
const head = [`User agents of robots: crawler-user-agents ${version}`, '', ...licence.split('\n')];
writeFileSync(output, [...head.map((line) => `# ${line}`.trimEnd()), '', ...patterns, ''].join('\n'));

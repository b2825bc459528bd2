// SPDX-License-Identifier: ISC
// Makes the folder that nginx serves as /console/, /docs, /redoc and /openapi.json: node build.mjs PACKAGES OPENAPI_YAML OUTPUT
// PACKAGES is where `npm ci` put node_modules. Everything ends up on our own host; the pages ask nothing of any other.
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildConsole } from './console.mjs';

const [packages, openapi, output] = process.argv.slice(2).map((path) => resolve(path));
if (output === undefined) {
  console.error('usage: node build.mjs PACKAGES OPENAPI_YAML OUTPUT');
  process.exit(2);
}
const here = dirname(fileURLToPath(import.meta.url));
const modules = join(packages, 'node_modules');
const YAML = createRequire(join(packages, 'package.json'))('yaml');

function copy(from, to) {
  mkdirSync(dirname(join(output, to)), { recursive: true });
  copyFileSync(from, join(output, to));
}

function write(to, text) {
  mkdirSync(dirname(join(output, to)), { recursive: true });
  writeFileSync(join(output, to), text);
}

// Redoc shows a logo from its makers' server. The page's policy would block it; without the address nothing is even tried.
function redocWithoutLogo() {
  const script = readFileSync(join(modules, 'redoc/bundles/redoc.standalone.js'), 'utf8');
  const quiet = script.replaceAll(/https:\/\/cdn\.redoc\.ly\/[\w./-]+/g, 'data:,');
  if (quiet === script) {
    throw new Error('redoc has no logo address any more: drop this step');
  }
  return quiet;
}

rmSync(output, { recursive: true, force: true });
const document = YAML.parse(readFileSync(openapi, 'utf8'));
write('openapi.json', JSON.stringify(document) + '\n');
for (const name of ['docs', 'redoc']) {
  copy(join(here, `${name}.html`), `${name}/index.html`);
  copy(join(here, `${name}.js`), `${name}/start.js`);
  copy(join(here, `${name}.css`), `${name}/page.css`);
}
for (const name of ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png']) {
  copy(join(modules, 'swagger-ui-dist', name), `docs/${name}`);
}
write('redoc/redoc.standalone.js', redocWithoutLogo());
copy(join(modules, 'swagger-ui-dist/LICENSE'), 'licenses/swagger-ui.txt');
copy(join(modules, 'swagger-ui-dist/NOTICE'), 'licenses/swagger-ui-notice.txt');
copy(join(modules, 'redoc/LICENSE'), 'licenses/redoc.txt');
copy(join(modules, 'redoc/bundles/redoc.standalone.js.LICENSE.txt'), 'licenses/redoc-bundle.txt');

await buildConsole({ source: join(here, 'console'), modules, document, output });
copy(join(modules, 'preact/LICENSE'), 'licenses/preact.txt');
copy(join(modules, 'htm/LICENSE'), 'licenses/htm.txt');
copy(join(modules, 'uplot/LICENSE'), 'licenses/uplot.txt');
copy(join(modules, 'hls.js/LICENSE'), 'licenses/hls.js.txt');
copy(join(modules, 'world-atlas/LICENSE'), 'licenses/world-atlas.txt');
copy(join(modules, 'tus-js-client/LICENSE'), 'licenses/tus-js-client.txt');
for (const [name, file] of [['js-base64', 'LICENSE.md'], ['url-parse', 'LICENSE'], ['requires-port', 'LICENSE'], ['querystringify', 'LICENSE']]) {
  copy(join(modules, name, file), `licenses/${name}.txt`); // of tus-js-client
}

// SPDX-License-Identifier: ISC
// Bundles web/console/ into <output>/console/: one script and one style sheet under hashed names, each beside its gzip copy.
// What only some pages need (hls.js, tus, the map, a second language) is a script of its own, loaded when it is needed.
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { readAtlas } from './atlas.mjs';

const METHODS = ['get', 'put', 'post', 'delete', 'patch'];

// {operationId: {scope, query}}: the page shows what the API of this build has, and what the caller's scopes allow.
function operationsOf(document) {
  const operations = {};
  for (const item of Object.values(document.paths)) {
    for (const method of METHODS.filter((name) => item[name] !== undefined)) {
      const { operationId, 'x-scope': scope = null, parameters = [] } = item[method];
      const query = parameters.map((one) => (one.$ref ? resolve(document, one.$ref) : one)).filter((one) => one.in === 'query');
      operations[operationId] = { scope, query: query.map((one) => one.name) };
    }
  }
  return operations;
}

function resolve(document, reference) {
  return reference.slice(2).split('/').reduce((node, name) => node[name], document);
}

// Modules that are made while building: import … from 'mediagate:NAME'.
function madePlugin(made) {
  return {
    name: 'made',
    setup(builder) {
      builder.onResolve({ filter: /^mediagate:/ }, ({ path }) => ({ path: path.split(':')[1], namespace: 'mediagate' }));
      builder.onLoad({ filter: /.*/, namespace: 'mediagate' }, ({ path }) => ({ contents: JSON.stringify(made[path]()), loader: 'json' }));
    },
  };
}

function hashedCopy(from, folder, name, extension) {
  const hash = createHash('sha256').update(readFileSync(from)).digest('hex').slice(0, 8).toUpperCase();
  copyFileSync(from, join(folder, `${name}-${hash}${extension}`));
  return `/console/assets/${name}-${hash}${extension}`;
}

function packAll(folder) {
  for (const name of readdirSync(folder)) {
    writeFileSync(join(folder, `${name}.gz`), gzipSync(readFileSync(join(folder, name)), { level: 9 }));
  }
}

function writeIndex(source, outputs, icon, target) {
  const nameOf = (entry) => Object.entries(outputs).find(([, output]) => output.entryPoint?.endsWith(entry))[0];
  const page = readFileSync(join(source, 'index.html'), 'utf8')
    .replace('ICON', icon)
    .replace('STYLE', `/console/assets/${basename(nameOf('console/style/console.css'))}`)
    .replace('SCRIPT', `/console/assets/${basename(nameOf('console/main.js'))}`);
  writeFileSync(join(target, 'index.html'), page);
  writeFileSync(join(target, 'index.html.gz'), gzipSync(page, { level: 9 }));
}

export async function buildConsole({ source, modules, document, output }) {
  const { build } = createRequire(join(modules, '..', 'package.json'))('esbuild');
  const assets = join(output, 'console/assets');
  mkdirSync(assets, { recursive: true });
  const worker = hashedCopy(join(modules, 'hls.js/dist/hls.worker.js'), assets, 'hls-worker', '.js');
  const icon = hashedCopy(join(source, 'icon.svg'), assets, 'icon', '.svg');
  const { metafile } = await build({
    entryPoints: [join(source, 'main.js'), join(source, 'style/console.css')],
    entryNames: 'console-[hash]',
    chunkNames: '[name]-[hash]',
    outdir: assets,
    nodePaths: [modules],
    plugins: [madePlugin({ operations: () => operationsOf(document), world: () => readAtlas(modules) })],
    define: { HLS_WORKER: JSON.stringify(worker) },
    bundle: true, splitting: true, format: 'esm', minify: true, metafile: true,
    charset: 'utf8', legalComments: 'none', target: ['chrome111', 'firefox115', 'safari16.4'], logLevel: 'warning',
  });
  packAll(assets);
  writeIndex(source, metafile.outputs, icon, join(output, 'console'));
}

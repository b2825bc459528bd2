// SPDX-License-Identifier: ISC
// A file goes to an upload URL, from a page of another origin and without a token: {page_url, upload_url, path, client, again?}. client is
// "tus" (tus-js-client) or "uppy". `again`: the page is left after the first piece, and a new one goes on with the same URL.
import { readFileSync } from 'node:fs';
import { settings, tools, withPage } from './browser.mjs';

const { outputFiles } = await tools('esbuild').build({
  stdin: {
    contents: `import Uppy from '@uppy/core'; import Tus from '@uppy/tus'; import * as tus from 'tus-js-client';
      window.clients = { Uppy, Tus, tus };`,
    resolveDir: process.env.WEB_TOOLS,
  },
  bundle: true, write: false, format: 'iife', logLevel: 'silent',
});

// Both run in the page.
const byTus = (options) => new Promise((resolve) => {
  const seen = { media: null, requests: [], error: null };
  const one = new window.clients.tus.Upload(window.film, {
    endpoint: options.upload_url,
    uploadUrl: options.resume ? options.upload_url : null,
    chunkSize: options.again ? 65536 : Infinity,
    retryDelays: [0, 200, 500],
    storeFingerprintForResuming: false,
    metadata: { filename: 'film.mp4', filetype: 'video/mp4' },
    onAfterResponse: (request, response) => {
      seen.requests.push(`${request.getMethod()} ${response.getStatus()}`);
      seen.media = response.getHeader('Media-Location') ?? seen.media;
    },
    onChunkComplete: () => { if (options.again && !options.resume) { one.abort(); resolve(seen); } },
    onError: (error) => resolve({ ...seen, error: error.message }),
    onSuccess: () => resolve(seen),
  });
  one.start();
});
const byUppy = async (options) => {
  const { Uppy, Tus } = window.clients;
  const seen = { media: null, requests: [], error: null };
  const uppy = new Uppy().use(Tus, {
    endpoint: options.upload_url,
    retryDelays: [0, 200, 500],
    onAfterResponse: (request, response) => {
      seen.requests.push(`${request.getMethod()} ${response.getStatus()}`);
      seen.media = response.getHeader('Media-Location') ?? seen.media;
    },
  });
  uppy.addFile({ name: 'film.mp4', type: 'video/mp4', data: window.film });
  const { failed } = await uppy.upload();
  return { ...seen, error: failed.length > 0 ? String(failed[0].error) : null };
};

const open = async (page) => {
  await page.goto(settings.page_url);
  await page.addScriptTag({ content: outputFiles[0].text });
  await page.evaluate((text) => {
    window.film = new File([Uint8Array.from(atob(text), (character) => character.charCodeAt(0))], 'film.mp4', { type: 'video/mp4' });
  }, readFileSync(settings.path).toString('base64'));
};

await withPage(async (page) => {
  await open(page);
  let first = null;
  if (settings.again) {
    first = await page.evaluate(byTus, settings);
    await open(page);
  }
  const run = settings.client === 'uppy' ? byUppy : byTus;
  return { first, ...await page.evaluate(run, { ...settings, resume: Boolean(settings.again) }) };
});

// SPDX-License-Identifier: ISC
// The same in a page of another origin: {page_url, path, bytes_per_second, jobs: […]}. See tus_plan.mjs.
import { readFileSync } from 'node:fs';
import { settings, tools, withPage } from './browser.mjs';
import { upload } from './tus_plan.mjs';

await withPage(async (page) => {
  await page.goto(settings.page_url);
  await page.addScriptTag({ path: tools.resolve('tus-js-client/dist/tus.min.js') });
  await page.addScriptTag({ content: `window.uploadByTus = ${upload};` });
  await page.evaluate((text) => {
    window.film = new Blob([Uint8Array.from(atob(text), (character) => character.charCodeAt(0))]);
  }, readFileSync(settings.path).toString('base64'));
  if (settings.bytes_per_second) {
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('Network.emulateNetworkConditions', {
      offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: settings.bytes_per_second,
    });
  }
  const results = await page.evaluate((jobs) => Promise.all(jobs.map((job) => window.uploadByTus(window.tus, window.film, job))), settings.jobs);
  return { results };
});

// SPDX-License-Identifier: ISC
// Uppy as the guide sets it up, in a page of another origin: {page_url, snippet, path, token}. The snippet's packages are bundled as an
// application's build would; a file is chosen and sent as people do, and its medium is what the snippet logs.
import { setTimeout as pause } from 'node:timers/promises';
import { screenshot, settings, tools, withPage } from './browser.mjs';

const { outputFiles } = await tools('esbuild').build({
  stdin: { contents: settings.snippet, resolveDir: process.env.WEB_TOOLS }, bundle: true, write: false, format: 'iife', outdir: 'out', logLevel: 'silent',
});
const output = (suffix) => outputFiles.find((file) => file.path.endsWith(suffix)).text;

await withPage(async (page) => {
  let media = null;
  page.on('console', (message) => { media = /^\/media\/media\/[0-9]+$/.test(message.text()) ? message.text() : media; });
  await page.goto(settings.page_url);
  await page.evaluate((token) => {
    document.body.insertAdjacentHTML('beforeend', '<div id="uploads"></div>');
    window.accessToken = async () => token;
  }, settings.token);
  await page.addStyleTag({ content: output('.css') });
  await page.addScriptTag({ content: output('.js') });
  await page.locator('#uploads input[type=file]').first().setInputFiles(settings.path);
  await page.locator('#uploads .uppy-StatusBar-actionBtn--upload').click();
  const deadline = Date.now() + settings.timeout_ms;
  while (media === null && Date.now() < deadline) {
    await pause(20);
  }
  await screenshot(page, 'uppy');
  return { media };
});

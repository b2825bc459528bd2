// SPDX-License-Identifier: ISC
// Plays with hls.js until the grant no longer holds: {page_url, stream_url}, or {page_url, ask_url, authorization}:
// then the grant is asked for when all is ready to play it, so that it may be a short one.
// What the player was answered is in `seen`.
import { readFileSync } from 'node:fs';
import { settings, tools, untilMedia, withPage } from './browser.mjs';

await withPage(async (page) => {
  await page.goto(settings.page_url);
  await page.addScriptTag({ content: readFileSync(tools.resolve('hls.js/dist/hls.min.js'), 'utf8') });
  const ask = async () => (await (await fetch(settings.ask_url, { headers: { authorization: settings.authorization } })).json()).streams.hls;
  await page.evaluate((url) => {
    window.refused = [];
    const hls = new window.Hls({ maxBufferLength: 4, maxMaxBufferLength: 4 });
    hls.on(window.Hls.Events.ERROR, (_, data) => { if (data.response?.code) { window.refused.push(data.response.code); } });
    hls.loadSource(url);
    hls.attachMedia(document.querySelector('video'));
    document.querySelector('video').play().catch(() => {});
  }, settings.stream_url ?? await ask());
  await untilMedia(page, 'media.currentTime > 0.5');
  await page.waitForFunction(() => window.refused.length > 0);
  return { refused: await page.evaluate(() => window.refused) };
});

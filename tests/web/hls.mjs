// SPDX-License-Identifier: ISC
// Plays a playlist with hls.js: {page_url, stream_url, expect_failure}.
import { readFileSync } from 'node:fs';
import { mediaState, screenshot, settings, tools, untilMedia, withPage } from './browser.mjs';

await withPage(async (page) => {
  await page.goto(settings.page_url);
  await page.addScriptTag({ content: readFileSync(tools.resolve('hls.js/dist/hls.min.js'), 'utf8') });
  await page.evaluate((url) => {
    window.problems = [];
    const hls = new window.Hls();
    hls.on(window.Hls.Events.ERROR, (_, data) => { window.problems.push({ details: data.details, fatal: data.fatal }); });
    hls.loadSource(url);
    hls.attachMedia(document.querySelector('video'));
    document.querySelector('video').play().catch(() => {}); // a refused playlist is told by the events
  }, settings.stream_url);
  if (settings.expect_failure) {
    await page.waitForFunction(() => window.problems.some((problem) => problem.fatal));
  } else {
    await untilMedia(page, 'media.currentTime > 0.5');
    await page.evaluate(() => { const media = document.querySelector('video'); media.currentTime = media.duration - 1.5; });
    await untilMedia(page, '!media.seeking && media.currentTime > media.duration - 1.2');
    await screenshot(page, 'hls');
  }
  return { state: await mediaState(page), problems: await page.evaluate(() => window.problems) };
});

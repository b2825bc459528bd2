// SPDX-License-Identifier: ISC
// Plays a package of several renditions with hls.js and changes between them: {page_url, stream_url}.
import { readFileSync } from 'node:fs';
import { mediaState, screenshot, settings, tools, untilMedia, withPage } from './browser.mjs';

await withPage(async (page) => {
  await page.goto(settings.page_url);
  await page.addScriptTag({ content: readFileSync(tools.resolve('hls.js/dist/hls.min.js'), 'utf8') });
  await page.evaluate((url) => {
    window.problems = [];
    window.heights = []; // of the renditions whose segments were played, as they came
    window.hls = new window.Hls({ startLevel: 0, maxBufferLength: 4, maxMaxBufferLength: 6 });
    window.hls.on(window.Hls.Events.ERROR, (_, data) => { window.problems.push({ details: data.details, fatal: data.fatal }); });
    window.hls.on(window.Hls.Events.FRAG_CHANGED, (_, data) => { window.heights.push(window.hls.levels[data.frag.level]?.height); });
    window.hls.loadSource(url);
    window.hls.attachMedia(document.querySelector('video'));
    document.querySelector('video').play().catch(() => {});
  }, settings.stream_url);
  await untilMedia(page, 'media.currentTime > 0.5');
  // Sides are even and pixels therefore not quite square: Chromium shows 240 lines as 241.
  const shows = (height) => `Math.abs(media.videoHeight - ${height}) <= 1`;
  const levels = await page.evaluate(() => window.hls.levels.map((level) => ({ height: level.height, bitrate: level.bitrate, codecs: level.codecSet })));
  await page.evaluate(() => { window.hls.nextLevel = window.hls.levels.length - 1; });
  await untilMedia(page, shows(Math.max(...levels.map((level) => level.height))));
  await page.evaluate(() => { document.querySelector('video').currentTime = 20; });
  await untilMedia(page, '!media.seeking && media.currentTime > 20.5');
  await page.evaluate(() => { window.hls.nextLevel = 0; });
  await untilMedia(page, `${shows(Math.min(...levels.map((level) => level.height)))} && media.currentTime > 21`);
  await screenshot(page, 'abr');
  return { levels, state: await mediaState(page), ...await page.evaluate(() => ({ problems: window.problems, heights: window.heights })) };
});

// SPDX-License-Identifier: ISC
// Plays a package with Shaka Player: {page_url, stream_url}, of DASH or HLS.
import { readFileSync } from 'node:fs';
import { mediaState, screenshot, settings, tools, untilMedia, withPage } from './browser.mjs';

await withPage(async (page) => {
  await page.goto(settings.page_url);
  await page.addScriptTag({ content: readFileSync(tools.resolve('shaka-player/dist/shaka-player.compiled.js'), 'utf8') });
  const variants = await page.evaluate(async (url) => {
    window.problems = [];
    window.shaka.polyfill.installAll();
    window.player = new window.shaka.Player();
    await window.player.attach(document.querySelector('video'));
    window.player.configure({ abr: { enabled: false }, streaming: { bufferingGoal: 6 } });
    window.player.addEventListener('error', (event) => window.problems.push(event.detail.code));
    await window.player.load(url);
    document.querySelector('video').play().catch(() => {});
    return window.player.getVariantTracks().map((track) => ({ height: track.height, bandwidth: track.bandwidth }));
  }, settings.stream_url);
  await untilMedia(page, 'media.currentTime > 0.5');
  for (const pick of [Math.max, Math.min]) {
    const height = pick(...variants.map((variant) => variant.height));
    await page.evaluate((wanted) => {
      window.player.selectVariantTrack(window.player.getVariantTracks().find((track) => track.height === wanted), true);
    }, height);
    // Sides are even and pixels therefore not quite square: Chromium shows 240 lines as 241.
    await untilMedia(page, `Math.abs(media.videoHeight - ${height}) <= 1`);
  }
  await page.evaluate(() => { document.querySelector('video').currentTime = 30; });
  await untilMedia(page, '!media.seeking && media.currentTime > 30.5');
  await screenshot(page, 'shaka');
  return { variants, state: await mediaState(page), problems: await page.evaluate(() => window.problems) };
});

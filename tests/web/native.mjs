// SPDX-License-Identifier: ISC
// Plays a package's master playlist in a plain <video>, if the browser can play HLS by itself: {page_url, stream_url}.
import { mediaState, screenshot, settings, untilMedia, withPage } from './browser.mjs';

const TYPE = 'application/vnd.apple.mpegurl';

await withPage(async (page) => {
  await page.goto(settings.page_url);
  const can = await page.evaluate((type) => document.querySelector('video').canPlayType(type), TYPE);
  const version = page.context().browser().version();
  if (can === '') {
    return { can, version };
  }
  await page.evaluate((url) => {
    const media = document.querySelector('video');
    window.heights = [];
    media.addEventListener('resize', () => { window.heights.push(media.videoHeight); });
    media.src = url;
    return media.play();
  }, settings.stream_url);
  await untilMedia(page, 'media.currentTime > 0.5');
  await page.evaluate(() => { document.querySelector('video').currentTime = 20; });
  await untilMedia(page, '!media.seeking && media.currentTime > 20.5');
  await untilMedia(page, 'window.heights.includes(480)'); // it begins with the smallest
  await screenshot(page, 'native');
  return { can, version, sought: await mediaState(page), heights: await page.evaluate(() => window.heights) };
});

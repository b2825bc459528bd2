// SPDX-License-Identifier: ISC
// A page that loads the metadata of a film and plays nothing, then plays it for a while: {page_url, stream_url, play_to}.
import { mediaState, settings, untilMedia, withPage } from './browser.mjs';

await withPage(async (page) => {
  await page.goto(settings.page_url);
  await page.evaluate((url) => {
    const media = document.querySelector('video');
    media.preload = 'metadata';
    media.src = url;
  }, settings.stream_url);
  await untilMedia(page, 'media.readyState >= 1');
  await page.waitForTimeout(500);
  const loaded = await mediaState(page);
  if (settings.play_to) {
    await page.evaluate(() => document.querySelector('video').play());
    await untilMedia(page, `media.currentTime > ${settings.play_to}`);
  }
  await page.goto('about:blank');
  return { loaded };
});

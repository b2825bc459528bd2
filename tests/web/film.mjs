// SPDX-License-Identifier: ISC
// Plays a stream URL in a plain <video> and seeks: {page_url, stream_url, seek_to}.
import { mediaState, screenshot, settings, untilMedia, withPage } from './browser.mjs';

await withPage(async (page) => {
  await page.goto(settings.page_url);
  await page.evaluate((url) => {
    const media = document.querySelector('video');
    media.src = url;
    return media.play();
  }, settings.stream_url);
  await untilMedia(page, 'media.currentTime > 0.5');
  const played = await mediaState(page);
  await page.evaluate((time) => { document.querySelector('video').currentTime = time; }, settings.seek_to);
  await untilMedia(page, `!media.seeking && media.currentTime > ${settings.seek_to} + 0.3`);
  await screenshot(page, 'film');
  return { played, sought: await mediaState(page) };
});

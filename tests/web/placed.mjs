// SPDX-License-Identifier: ISC
// Where a browser puts the pictures and sounds of a package, by no clock: what it has of both, and whether the picture is bright at
// some times that it is sent to: {page_url, stream_url, browser, player: "hls.js" or "shaka", seconds, look_at: […]}.
import { settings, untilMedia, withPage } from './browser.mjs';
import { load } from './player.mjs';

// Runs in the page. A picture is drawn once the browser says that it shows it.
async function look(seconds) {
  const media = document.querySelector('video');
  const picture = Object.assign(document.createElement('canvas'), { width: 1, height: 1 }).getContext('2d', { willReadFrequently: true });
  const shown = new Promise((done) => media.requestVideoFrameCallback((_, frame) => done(frame.mediaTime)));
  media.currentTime = seconds;
  const time = await shown;
  picture.drawImage(media, 0, 0, 1, 1);
  return { time, bright: picture.getImageData(0, 0, 1, 1).data[1] > 100 };
}

await withPage(async (page) => {
  await page.goto(settings.page_url);
  await load(page);
  await untilMedia(page, `media.readyState >= 2 && window.ranges && window.ranges().video.at(-1)?.[1] > ${settings.seconds - 0.2}`);
  const looks = [];
  for (const seconds of settings.look_at) {
    looks.push(await page.evaluate(look, seconds));
  }
  return { ranges: await page.evaluate(() => window.ranges()), looks, problems: await page.evaluate(() => window.problems) };
});

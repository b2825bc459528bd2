// SPDX-License-Identifier: ISC
// Plays a package from its beginning and to its end: {page_url, stream_url, player: "hls.js", "shaka" or "native", listen}.
// With `listen`, for so many seconds, and again in the last ones, it notes when the picture becomes bright and when the sound becomes loud.
import { mediaState, settings, untilMedia, withPage } from './browser.mjs';
import { load } from './player.mjs';

// Runs in the page: times are on the page's clock, in seconds.
function listen() {
  const media = document.querySelector('video');
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 1;
  const picture = canvas.getContext('2d', { willReadFrequently: true });
  const context = new AudioContext({ latencyHint: 'interactive' });
  const processor = context.createScriptProcessor(256, 2, 1);
  window.flashes = [];
  window.beeps = [];
  let bright = false, quiet_since = -1;
  const look = (now, frame) => {
    picture.drawImage(media, 0, 0, 1, 1);
    const lit = picture.getImageData(0, 0, 1, 1).data[1] > 100;
    if (lit && !bright) {
      window.flashes.push(frame.mediaTime);
    }
    bright = lit;
    media.requestVideoFrameCallback(look);
  };
  media.requestVideoFrameCallback(look);
  processor.onaudioprocess = (event) => {
    const samples = event.inputBuffer.getChannelData(0);
    const first = samples.findIndex((sample) => Math.abs(sample) > 0.1);
    if (first >= 0 && media.currentTime - quiet_since > 0.5) {
      window.beeps.push(media.currentTime + (first - samples.length) / context.sampleRate);
    }
    quiet_since = first >= 0 ? media.currentTime : quiet_since;
  };
  context.createMediaElementSource(media).connect(processor);
  processor.connect(context.destination);
  return context.resume();
}

await withPage(async (page) => {
  await page.goto(settings.page_url);
  if (settings.player === 'native' && await page.evaluate(() => document.querySelector('video').canPlayType('application/vnd.apple.mpegurl')) === '') {
    return { can: false };
  }
  if (settings.listen) {
    await page.evaluate(listen);
  }
  await load(page);
  await page.evaluate(() => { document.querySelector('video').play().catch(() => {}); });
  await untilMedia(page, `media.currentTime > ${settings.listen ?? 0.3}`);
  const noticed = await page.evaluate(() => ({ flashes: window.flashes?.splice(0), beeps: window.beeps?.splice(0) }));
  await page.evaluate((left) => { const media = document.querySelector('video'); media.currentTime = Math.max(0, media.duration - left); }, settings.listen ? 2.8 : 1);
  await untilMedia(page, 'media.ended');
  noticed.late = await page.evaluate(() => ({ flashes: window.flashes, beeps: window.beeps }));
  return { can: true, ...noticed, state: await mediaState(page), problems: await page.evaluate(() => window.problems) };
});

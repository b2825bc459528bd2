// SPDX-License-Identifier: ISC
// Plays a package from its beginning and to its end: {page_url, stream_url, player: "hls.js", "shaka" or "native", listen}.
// With `listen`, for so many seconds, it notes when the picture becomes bright and when the sound becomes loud.
import { readFileSync } from 'node:fs';
import { mediaState, settings, tools, untilMedia, withPage } from './browser.mjs';

async function load(page) {
  const library = { 'hls.js': 'hls.js/dist/hls.min.js', shaka: 'shaka-player/dist/shaka-player.compiled.js' }[settings.player];
  if (library) {
    await page.addScriptTag({ content: readFileSync(tools.resolve(library), 'utf8') });
  }
  await page.evaluate(async ({ url, player }) => {
    const media = document.querySelector('video');
    media.muted = false;
    media.crossOrigin = 'anonymous'; // or the page may neither look nor listen
    window.problems = [];
    if (player === 'hls.js') {
      const hls = new window.Hls();
      hls.on(window.Hls.Events.ERROR, (_, data) => { if (data.fatal) { window.problems.push(data.details); } });
      hls.loadSource(url);
      hls.attachMedia(media);
    } else if (player === 'shaka') {
      window.shaka.polyfill.installAll();
      const shaka = new window.shaka.Player();
      await shaka.attach(media);
      shaka.addEventListener('error', (event) => window.problems.push(event.detail.code));
      await shaka.load(url);
    } else {
      media.src = url;
    }
  }, { url: settings.stream_url, player: settings.player });
}

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
  const noticed = await page.evaluate(() => ({ flashes: window.flashes, beeps: window.beeps }));
  await page.evaluate(() => { const media = document.querySelector('video'); media.currentTime = Math.max(0, media.duration - 1); });
  await untilMedia(page, 'media.ended');
  return { can: true, ...noticed, state: await mediaState(page), problems: await page.evaluate(() => window.problems) };
});

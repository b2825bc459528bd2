// SPDX-License-Identifier: ISC
// Loads a package in a page's <video>: settings {stream_url, player: "hls.js", "shaka" or "native"}. `window.problems` has what the
// player could not mend, `window.ranges()` what it has of pictures and of sounds, in seconds, where the player is a script.
import { readFileSync } from 'node:fs';
import { settings, tools } from './browser.mjs';

export async function load(page) {
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
      const list = (buffered) => Array.from({ length: buffered.length }, (_, i) => [buffered.start(i), buffered.end(i)]);
      hls.on(window.Hls.Events.ERROR, (_, data) => { if (data.fatal) { window.problems.push(data.details); } });
      hls.on(window.Hls.Events.BUFFER_CREATED, (_, { tracks }) => {
        window.ranges = () => ({ video: list(tracks.video.buffer.buffered), audio: list(tracks.audio.buffer.buffered) });
      });
      hls.loadSource(url);
      hls.attachMedia(media);
    } else if (player === 'shaka') {
      window.shaka.polyfill.installAll();
      const shaka = new window.shaka.Player();
      const list = (ranges) => ranges.map(({ start, end }) => [start, end]);
      window.ranges = () => { const { video, audio } = shaka.getBufferedInfo(); return { video: list(video), audio: list(audio) }; };
      await shaka.attach(media);
      shaka.addEventListener('error', (event) => window.problems.push(event.detail.code));
      await shaka.load(url);
    } else {
      media.src = url;
    }
  }, { url: settings.stream_url, player: settings.player });
}

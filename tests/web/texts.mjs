// SPDX-License-Identifier: ISC
// Plays a manifest with Shaka Player, the subtitles labelled English shown: {page_url, stream_url}. Tells the text
// tracks and what was shown.
import { readFileSync } from 'node:fs';
import { settings, tools, untilMedia, withPage } from './browser.mjs';

await withPage(async (page) => {
  await page.goto(settings.page_url);
  await page.addScriptTag({ content: readFileSync(tools.resolve('shaka-player/dist/shaka-player.compiled.js'), 'utf8') });
  const tracks = await page.evaluate(async (url) => {
    window.problems = [];
    window.shaka.polyfill.installAll();
    window.player = new window.shaka.Player();
    await window.player.attach(document.querySelector('video'));
    window.player.addEventListener('error', (event) => window.problems.push(event.detail.code));
    await window.player.load(url);
    const found = window.player.getTextTracks();
    window.player.selectTextTrack(found.find((track) => track.label === 'English'));
    await window.player.setTextTrackVisibility(true);
    document.querySelector('video').play().catch(() => {});
    return found.map((track) => ({ language: track.language, label: track.label, forced: track.forced, kind: track.kind }));
  }, settings.stream_url);
  await untilMedia(page, '[...media.textTracks].some((track) => track.activeCues && track.activeCues.length > 0)');
  const text = await page.evaluate(() => [...document.querySelector('video').textTracks]
    .flatMap((track) => [...(track.activeCues ?? [])].map((cue) => cue.text)).join(' '));
  return { tracks, text, problems: await page.evaluate(() => window.problems) };
});

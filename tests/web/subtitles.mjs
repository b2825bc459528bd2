// SPDX-License-Identifier: ISC
// Plays a playlist with hls.js, its first subtitles shown: {page_url, stream_url}. Tells the tracks and the cues.
import { readFileSync } from 'node:fs';
import { screenshot, settings, tools, untilMedia, withPage } from './browser.mjs';

await withPage(async (page) => {
  await page.goto(settings.page_url);
  await page.addScriptTag({ content: readFileSync(tools.resolve('hls.js/dist/hls.min.js'), 'utf8') });
  await page.evaluate((url) => {
    const hls = new window.Hls();
    window.hls = hls;
    window.problems = [];
    hls.on(window.Hls.Events.ERROR, (_, data) => { window.problems.push({ details: data.details, url: data.url, reason: data.reason }); });
    hls.loadSource(url);
    hls.attachMedia(document.querySelector('video'));
    document.querySelector('video').play();
  }, settings.stream_url);
  await untilMedia(page, 'media.currentTime > 0 && media.textTracks.length > 0');
  await page.evaluate(() => { window.hls.subtitleDisplay = true; window.hls.subtitleTrack = 0; }); // as a viewer chooses
  await untilMedia(page, '[...media.textTracks].some((track) => track.cues && track.cues.length > 0)').catch(() => {}); // the answer tells
  await screenshot(page, 'subtitles');
  return page.evaluate(() => ({
    problems: window.problems,
    modes: [...document.querySelector('video').textTracks].map((track) => track.mode),
    languages: window.hls.subtitleTracks.map((track) => track.lang),
    cues: [...document.querySelector('video').textTracks].flatMap((track) => [...(track.cues ?? [])].map((cue) => cue.text)),
  }));
});

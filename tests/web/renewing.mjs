// SPDX-License-Identifier: ISC
// Plays a film to its end with the recipes of docs/players.md, whose URLs expire meanwhile:
// {page_url, api_url, key, media_id, player, recipe, ttl_seconds, renew}. Without `renew` nothing is renewed.
import { readFileSync } from 'node:fs';
import { mediaState, settings, tools, untilMedia, withPage } from './browser.mjs';

const scripts = {
  'hls.js': 'hls.js/dist/hls.min.js',
  shaka: 'shaka-player/dist/shaka-player.compiled.js',
  'video.js': 'video.js/dist/video.min.js',
};

async function post(path, body) {
  const answer = await fetch(settings.api_url + path, {
    method: 'POST',
    headers: { Authorization: `Bearer ${settings.key}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ ttl_seconds: settings.ttl_seconds, ...body }),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

await withPage(async (page) => {
  let renewals = 0;
  await page.exposeFunction('renewGrant', async (grant) => {
    if (!settings.renew) throw new Error('not in this test');
    renewals++;
    return post(`/media/grants/${grant.grant_id}/renew`, { stream_url: grant.stream_url });
  });
  await page.goto(settings.page_url);
  await page.addScriptTag({ content: readFileSync(tools.resolve(scripts[settings.player]), 'utf8') });
  await page.addScriptTag({ content: settings.recipe });
  const grant = await post(`/media/media/${settings.media_id}/grants`, { viewer: 'u-1' }); // it lives from now on
  await page.evaluate(async ({ player, grant: given }) => {
    window.problems = [];
    const video = document.querySelector('video');
    video.addEventListener('error', () => window.problems.push(video.error.message));
    const play = { 'hls.js': window.playHls, shaka: window.playShaka, 'video.js': window.playVideoJs }[player];
    // Little is fetched ahead, so that there is something left to fetch when the first URL has expired.
    if (player === 'hls.js') {
      Object.assign(window.Hls.DefaultConfig, { maxBufferLength: 3, maxMaxBufferLength: 3 });
    } else if (player === 'video.js') {
      Object.assign(window.videojs.Vhs, { GOAL_BUFFER_LENGTH: 3, MAX_GOAL_BUFFER_LENGTH: 3 });
    } else {
      const load = window.shaka.Player.prototype.load;
      window.shaka.polyfill.installAll();
      window.shaka.Player.prototype.load = function loadLittle(...parameters) {
        this.configure({ streaming: { bufferingGoal: 3, rebufferingGoal: 1 } });
        return load.apply(this, parameters);
      };
    }
    try {
      await play(video, given, window.renewGrant);
    } catch (error) {
      window.problems.push(`${error.code} ${error.message} ${error.data}`);
    }
    document.querySelector('video').play().catch(() => {});
  }, { player: settings.player, grant });
  if (settings.renew) {
    await untilMedia(page, 'media.ended').catch(() => {}); // the state tells more
  } else {
    await page.waitForResponse((response) => response.status() === 410);
  }
  const ended = await page.evaluate(() => document.querySelector('video').ended);
  return { grant, renewals, ended, state: await mediaState(page), problems: await page.evaluate(() => window.problems) };
});

// SPDX-License-Identifier: ISC
// Opens a stream URL as a page of its own, as who pastes it does: {stream_url, tag}: "video", or "img" for a picture.
import { setTimeout as pause } from 'node:timers/promises';
import { screenshot, settings, withPage } from './browser.mjs';

// What the browser's own page for the file shows.
function look(page) {
  return page.evaluate((tag) => {
    const shown = document.querySelector(tag);
    return shown && { time: shown.currentTime, width: shown.videoWidth ?? shown.naturalWidth, error: shown.error?.message ?? null };
  }, settings.tag ?? 'video');
}

await withPage(async (page) => {
  await page.goto(settings.stream_url);
  const deadline = Date.now() + settings.timeout_ms;
  let state = await look(page);
  while (!(state?.width > 0 && (settings.tag || state.time > 0.5)) && Date.now() < deadline) {
    await pause(50); // the page's policy forbids waitForFunction
    state = await look(page);
  }
  await screenshot(page, settings.tag ?? 'page');
  return { state };
});

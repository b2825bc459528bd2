// SPDX-License-Identifier: ISC
// One Chromium page for a test: notes every request, console message and refused content. The tools lie in $WEB_TOOLS.
// A test is node NAME.mjs '{"settings": …}'; it prints what it saw as one JSON object, and the Python side judges.
import { createRequire } from 'node:module';

export const tools = createRequire(`${process.env.WEB_TOOLS}/package.json`);
export const settings = JSON.parse(process.argv[2]);

// settings.browser: "chromium" or "firefox".
export function launch() {
  const { chromium, firefox } = tools('playwright-core');
  if (settings.browser === 'firefox') { // Debian's own, by WebDriver BiDi
    return firefox.launch({
      channel: 'moz-firefox', executablePath: process.env.FIREFOX ?? '/usr/bin/firefox-esr',
      firefoxUserPrefs: { 'media.autoplay.default': 0, 'media.autoplay.blocking_policy': 0 },
    });
  }
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--autoplay-policy=no-user-gesture-required', ...(process.getuid() === 0 ? ['--no-sandbox'] : [])],
  });
}

export async function withPage(work) {
  const browser = await launch();
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    const seen = { requests: [], console: [], errors: [] };
    page.setDefaultTimeout(settings.timeout_ms ?? 30000);
    page.on('response', (response) => seen.requests.push({
      url: response.url(), status: response.status(), range: response.request().headers().range ?? null,
    }));
    page.on('requestfailed', (request) => seen.requests.push({ url: request.url(), status: 0, range: null }));
    page.on('console', (message) => seen.console.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => seen.errors.push(error.message));
    const result = await work(page);
    console.log(JSON.stringify({ ...result, seen }));
  } finally {
    await browser.close();
  }
}

export async function screenshot(page, name) {
  if (settings.screenshots) {
    await page.screenshot({ path: `${settings.screenshots}/${name}.png` });
  }
}

// Runs in the page. Waits for a condition of a media element, and tells its state when the condition never comes.
export function untilMedia(page, condition) {
  return page.waitForFunction(`(() => { const media = document.querySelector('video'); return ${condition}; })()`, null, { polling: 50 });
}

export function mediaState(page) {
  return page.evaluate(() => {
    const media = document.querySelector('video');
    return {
      duration: media.duration, width: media.videoWidth, height: media.videoHeight, time: media.currentTime, paused: media.paused,
      error: media.error && media.error.message,
    };
  });
}

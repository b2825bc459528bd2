// SPDX-License-Identifier: ISC
// How much the first view loads, and how soon it takes typing: {base_url, browser}.
import { inConsole, open, print } from './console_browser.mjs';

const LOADS = 3; // the quickest counts: others work on this machine too

async function load(page) {
  await open(page);
  await page.locator('.gate input').first().waitFor();
  return page.evaluate(() => ({
    bytes: [...performance.getEntriesByType('resource'), ...performance.getEntriesByType('navigation')].reduce((sum, { transferSize }) => sum + transferSize, 0),
    ms: performance.now(),
  }));
}

const loads = [];
for (let i = 0; i < LOADS; i += 1) {
  await inConsole({}, async ({ page }) => loads.push(await load(page)));
}
print({ bytes: loads[0].bytes, ms: Math.min(...loads.map(({ ms }) => ms)) });

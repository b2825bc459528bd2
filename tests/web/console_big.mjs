// SPDX-License-Identifier: ISC
// A console with very many media and views: {base_url, email, password, medium: the id of one with most of the views}. Each step
// says how many elements the page has after it, what it asked the API, and how long the page itself was busy. Of a page's own work
// only shares are told: `calibration` is a loop of arithmetic in the same page, the slowest of three.
import { inConsole, logIn, open, print, settings } from './console_browser.mjs';

const MORE = 4;

const ready = (page) => page.waitForFunction(() => document.querySelector('main section[aria-busy="false"]') && !document.querySelector('.waiting'));

// The longest task of the page since the last step; tasks below 50 ms are none (Long Tasks API).
const watch = (page) => page.addInitScript(() => {
  window.longest = 0;
  new PerformanceObserver((list) => {
    window.longest = Math.max(window.longest, ...list.getEntries().map(({ duration }) => duration));
  }).observe({ type: 'longtask' });
});

const calibrate = (page) => page.evaluate(() => {
  const begun = performance.now();
  let sum = 0;
  for (let i = 0; i < 2e7; i += 1) {
    sum += Math.sqrt(i);
  }
  return sum > 0 ? performance.now() - begun : 0;
});

print(await inConsole({}, async ({ page, seen }) => {
  const steps = {};
  async function step(name, work, after = ready) {
    const asked = seen.requests.length;
    await page.evaluate(() => { window.longest = 0; });
    await work();
    await after(page);
    await page.evaluate(() => new Promise((done) => { requestAnimationFrame(() => setTimeout(done)); }));
    const requests = seen.requests.slice(asked).filter((one) => !one.includes('/console/') && !one.includes('/auth/'));
    steps[name] = {
      elements: await page.evaluate(() => document.querySelectorAll('*').length),
      rows: await page.locator('main tbody tr').count(),
      lists: requests.filter((one) => /GET .*\/media\/media\/\?/.test(one)).length,
      requests: requests.length,
      longest_ms: await page.evaluate(() => window.longest),
    };
  }
  await watch(page);
  await open(page);
  await logIn(page);
  const calibrations = [await calibrate(page)];
  await step('overview', () => page.locator('nav a[href$="/overview"], nav a').first().click(), () => page.locator('.card .figure').first().waitFor());
  const overview = (await page.locator('.card .figure').first().innerText()).replace(/\D/g, '');
  await step('compare', () => page.getByLabel('Compare with').selectOption('previous'), () => page.locator('.key .second').waitFor());
  await step('media', () => page.locator('nav a[href$="/media"]').click(), () => page.locator('main tbody tr').first().waitFor());
  for (let i = 1; i <= MORE; i += 1) {
    await step(`more ${i}`, () => page.getByRole('button', { name: 'Show more' }).click(),
      () => page.waitForFunction((rows) => document.querySelectorAll('main tbody tr').length >= rows, 50 * (i + 1)));
    await step(`scroll ${i}`, () => page.evaluate(() => scrollTo(0, document.body.scrollHeight)));
  }
  calibrations.push(await calibrate(page));
  await step('filter', () => page.getByRole('searchbox', { name: 'Search' }).fill('Film 77'),
    () => page.waitForFunction(() => [...document.querySelectorAll('main tbody tr')].length && [...document.querySelectorAll('main tbody tr')].every((row) => row.textContent.includes('Film 77'))));
  const filtered = { rows: await page.locator('main tbody tr').count(), count: await page.locator('main p[role=status]').first().innerText() };
  await step('analytics', () => open(page, `/media/${settings.medium}/analytics`), () => page.locator('.card .figure').first().waitFor());
  calibrations.push(await calibrate(page));
  return { calibration: Math.max(...calibrations), overview, filtered, steps };
}));

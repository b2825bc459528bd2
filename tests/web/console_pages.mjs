// SPDX-License-Identifier: ISC
// Each page at 320 and 1280 pixels, light and dark: axe-core, sideways scrolling, and a picture of it for a reader:
// {base_url, browser, email, password, pages: {name: path}, dialogs: {name: [path, button]}, readers: {name: path}}: the last are
// pages for people without an account. widths: those alone.
import { readFileSync } from 'node:fs';
import { inConsole, logIn, open, print, settings, shot, tools } from './console_browser.mjs';

const AXE = readFileSync(tools.resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

async function look(page, name, found) {
  await page.waitForFunction(() => document.querySelector('main h1') && !document.querySelector('.waiting'));
  const { violations } = await page.evaluate((tags) => window.axe.run({ runOnly: tags, resultTypes: ['violations'] }), TAGS);
  found.violations.push(...violations.map(({ id, nodes }) => `${name}: ${id}: ${nodes[0].html.slice(0, 200)}`));
  const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (over > 0) {
    found.sideways.push(`${name}: ${over} pixels`);
  }
  await shot(page, name);
}

async function lookAtAll(page, suffix, found) {
  await open(page);
  await page.locator('.gate input').first().waitFor();
  await page.evaluate(AXE);
  await look(page, `login-${suffix}`, found);
  await logIn(page);
  for (const [name, path] of Object.entries(settings.pages)) {
    await page.evaluate((address) => { history.pushState(null, '', address); dispatchEvent(new PopStateEvent('popstate')); }, `/console${path}`);
    await page.waitForTimeout(100); // until the page has begun to load its data
    await look(page, `${name}-${suffix}`, found);
  }
  for (const [name, [path, button]] of Object.entries(settings.dialogs ?? {})) {
    await page.evaluate((address) => { history.pushState(null, '', address); dispatchEvent(new PopStateEvent('popstate')); }, `/console${path}`);
    await page.getByRole('button', { name: button }).click();
    await look(page, `${name}-${suffix}`, found);
  }
  for (const [name, path] of Object.entries(settings.readers ?? {})) {
    await page.goto('about:blank'); // another # alone would load nothing
    await open(page, path);
    await page.evaluate(AXE);
    await page.locator('.gate h1, .cards').first().waitFor();
    await look(page, `${name}-${suffix}`, found);
  }
}

const found = { violations: [], sideways: [] };
for (const width of settings.widths ?? [1280, 320]) {
  for (const colorScheme of ['light', 'dark']) {
    // The policy is not in force here: axe-core writes strings into the page. Other tests hold the policy.
    await inConsole({ viewport: { width, height: 900 }, colorScheme, bypassCSP: true }, async ({ page }) => lookAtAll(page, `${width}-${colorScheme}`, found));
  }
}
print(found);

// SPDX-License-Identifier: ISC
// Uses /docs as a person would (Authorize, then one call), and reads /redoc: {base_url, email, password}.
import { readFileSync } from 'node:fs';
import { screenshot, settings, tools, withPage } from './browser.mjs';

async function authorize(page) {
  await page.click('button.authorize');
  const form = page.locator('.auth-container').first(); // the second takes a bare token
  await form.locator('input[type=text]').first().fill(settings.email);
  await form.locator('input[type=password]').first().fill(settings.password);
  await form.locator('button.authorize').click();
  await form.locator('button:has-text("Logout")').waitFor();
  await screenshot(page, 'docs-authorized');
  await page.locator('button.btn-done').first().click();
}

async function callMe(page) {
  await page.click('#operations-auth-me .opblock-summary-control');
  await page.click('#operations-auth-me button.execute');
  const live = page.locator('#operations-auth-me .live-responses-table');
  await live.waitFor();
  await live.scrollIntoViewIfNeeded();
  await screenshot(page, 'docs-called');
  return {
    status: (await live.locator('.response-col_status').nth(1).innerText()).trim(),
    body: await live.locator('.highlight-code code, .highlight-code pre').first().innerText(),
  };
}

async function accessibility(page) {
  await page.evaluate(readFileSync(tools.resolve('axe-core/axe.min.js'), 'utf8'));
  const { violations } = await page.evaluate(() => window.axe.run({ resultTypes: ['violations'] }));
  return violations.map(({ id, impact, help, nodes }) => ({ id, impact, help, count: nodes.length, first: nodes[0].html.slice(0, 160) }));
}

await withPage(async (page) => {
  await page.goto(`${settings.base_url}/docs`);
  await page.waitForSelector('.opblock');
  const accessibilityOfDocs = await accessibility(page);
  await screenshot(page, 'docs');
  await authorize(page);
  const me = await callMe(page);

  await page.goto(`${settings.base_url}/redoc`);
  await page.waitForSelector('[data-section-id]');
  await page.waitForFunction(() => document.body.innerText.includes('Issue a signed stream URL'));
  await screenshot(page, 'redoc');
  return { me, accessibility: accessibilityOfDocs, redoc_operations: await page.locator('[id*="/operation/"]').count() };
});

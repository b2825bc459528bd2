// SPDX-License-Identifier: ISC
// What owners do with webhooks, and what they see of the system: {base_url, browser, email, password, receiver: the URL of a receiver}.
import { inConsole, logIn, open, print, settings } from './console_browser.mjs';

const taken = (page, label) => page.getByRole('textbox', { name: label, exact: true }).inputValue();
const dialog = (page) => page.locator('dialog');
const chip = (page) => page.locator('.facts .chip').innerText();

async function fill(page, { url, description }) {
  await page.getByRole('button', { name: 'New webhook' }).click();
  await page.getByLabel('URL', { exact: true }).fill(url);
  await page.getByLabel('Description').fill(description);
}

// One whose receiver answers: the refused URL first, then a test, which is delivered.
async function good(page) {
  await open(page, '/webhooks');
  await fill(page, { url: 'ftp://example.org', description: 'shop' });
  await page.getByRole('button', { name: 'Make the webhook' }).click();
  const refused = await page.locator('.field .wrong').innerText();
  await page.getByLabel('URL', { exact: true }).fill(`${settings.receiver}/ok`);
  await page.getByLabel('media.*').uncheck();
  await page.getByRole('button', { name: 'Make the webhook' }).click();
  await page.getByText('This is the secret.').waitFor();
  const secret = await taken(page, 'Secret');
  await page.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('link', { name: 'shop', exact: true }).click();
  await page.getByText('Nothing was sent yet').waitFor();
  await page.getByRole('button', { name: 'Send a test' }).click();
  await page.locator('td .chip.good').waitFor();
  const events = await page.locator('.facts code').innerText();
  await page.getByRole('button', { name: /^Send again: webhook.tested/ }).click();
  await page.locator('td .chip.good').waitFor();
  return { refused, secret, events, outcome: await page.locator('tbody td').nth(4).innerText() };
}

async function change(page) {
  await page.getByRole('button', { name: 'Edit' }).click();
  await page.getByLabel('Other events').fill('login.refused');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('package.* login.refused').waitFor();
  await page.getByRole('button', { name: 'New secret' }).click();
  await dialog(page).getByRole('button', { name: 'New secret' }).click();
  await page.getByText('This is the secret.').waitFor();
  const secret = await taken(page, 'Secret');
  await page.getByRole('button', { name: 'Done' }).click();
  await page.getByText(/the secret before is good until/).waitFor();
  await page.getByRole('button', { name: 'Disable' }).click();
  await page.getByRole('button', { name: 'Enable' }).waitFor();
  const off = await chip(page);
  await page.getByRole('button', { name: 'Enable' }).click();
  await page.getByRole('button', { name: 'Disable' }).waitFor();
  return { secret, off, on: await chip(page) };
}

// One whose receiver is broken stands first in the list, and says since when.
async function failing(page) {
  await open(page, '/webhooks');
  await fill(page, { url: `${settings.receiver}/status/500`, description: 'broken' });
  await page.getByRole('button', { name: 'Make the webhook' }).click();
  await page.getByRole('button', { name: 'Done' }).click();
  await fill(page, { url: `${settings.receiver}/ok`, description: 'later' });
  await page.getByRole('button', { name: 'Make the webhook' }).click();
  await page.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('link', { name: 'broken', exact: true }).click();
  await page.getByRole('button', { name: 'Send a test' }).click();
  await page.locator('td .chip.warn').waitFor();
  const outcome = await page.locator('tbody td').nth(4).innerText();
  await page.locator('nav').getByRole('link', { name: 'Webhooks', exact: true }).click();
  await page.locator('.items .note.bad').waitFor();
  const first = page.locator('.items > li').first();
  return { outcome, first: await first.locator('strong').innerText(), chip: await first.locator('.chip').innerText(), words: await first.locator('.note').innerText() };
}

async function remove(page, name) {
  await open(page, '/webhooks');
  await page.getByRole('link', { name, exact: true }).click();
  await page.getByRole('button', { name: 'Delete' }).click();
  await dialog(page).getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('heading', { name: 'Webhooks', level: 1 }).waitFor();
  await page.getByRole('link', { name, exact: true }).waitFor({ state: 'detached' });
}

// What the server runs on. Settings at their default stand there when somebody looks for them.
async function system(page) {
  await open(page, '/system');
  await page.getByRole('rowheader', { name: /^database / }).waitFor();
  const source = (name) => page.locator('tr', { has: page.getByText(name, { exact: true }) }).locator('.chip').innerText();
  const set = await page.locator('.settings tbody tr').count();
  const database = await source('database');
  await page.getByLabel('Part of a name or its words').fill('play_min_percent');
  const found = await page.locator('.settings tbody tr').count();
  const left = await source('play_min_percent');
  await page.getByRole('button', { name: 'Numbers for Prometheus' }).click();
  await page.locator('pre', { hasText: 'mediagate_' }).waitFor();
  await page.keyboard.press('Escape');
  const links = await page.locator('main .links a').evaluateAll((all) => all.map((link) => new URL(link.href).pathname));
  return { set, database, found, left, links, problems: await page.locator('.note.warn').allInnerTexts() };
}

print(await inConsole({}, async ({ page }) => {
  await open(page);
  await logIn(page);
  const seen = { good: await good(page), changed: await change(page), failing: await failing(page), system: await system(page) };
  await remove(page, 'shop');
  await remove(page, 'later');
  await remove(page, 'broken');
  await page.getByText('No webhooks yet').waitFor();
  return seen;
}));

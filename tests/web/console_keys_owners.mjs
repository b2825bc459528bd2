// SPDX-License-Identifier: ISC
// A webhook from its making to its end, and a setting looked for, by the keyboard alone: {base_url, browser, email, password, receiver}.
import { inConsole, print, settings } from './console_browser.mjs';
import { logInByKeys, press, tabTo } from './console_keyboard.mjs';

const URL_OF = `${settings.receiver}/ok`;

async function make(page, wrong) {
  await press(page, 'Webhooks', wrong);
  await page.getByRole('heading', { name: 'Webhooks', level: 1 }).waitFor();
  await press(page, 'New webhook', wrong);
  await page.locator('dialog').waitFor();
  await tabTo(page, 'URL', wrong);
  await page.keyboard.type(URL_OF);
  await tabTo(page, 'Every event', wrong);
  await page.keyboard.press('Space');
  await press(page, 'Make the webhook', wrong);
  await page.getByText('This is the secret.').waitFor();
  await tabTo(page, 'Secret', wrong);
  const chosen = await page.evaluate(() => { const { activeElement: field } = document; return field.value.slice(field.selectionStart, field.selectionEnd); });
  await press(page, 'Done', wrong);
  await page.locator('dialog').waitFor({ state: 'detached' });
  return { chosen, back: await page.evaluate(() => document.activeElement.innerText.trim()) };
}

async function tryAndEnd(page, wrong) {
  await press(page, URL_OF, wrong);
  await page.getByRole('heading', { name: URL_OF }).waitFor();
  await press(page, 'Send a test', wrong);
  await page.locator('td .chip.good').first().waitFor();
  await press(page, 'Disable', wrong);
  await page.getByRole('button', { name: 'Enable' }).waitFor();
  await press(page, 'Delete', wrong);
  await page.locator('dialog').waitFor();
  await press(page, 'Delete', wrong);
  await page.getByRole('heading', { name: 'Webhooks', level: 1 }).waitFor();
  await page.getByText('No webhooks yet').waitFor();
}

async function lookUp(page, wrong) {
  await press(page, 'System', wrong);
  await page.locator('.settings').waitFor();
  await tabTo(page, 'Part of a name or its words', wrong);
  await page.keyboard.type('play_min_percent');
  await page.waitForFunction(() => document.querySelectorAll('.settings tbody tr').length === 1);
  await tabTo(page, 'Also those at their default', wrong);
  await page.keyboard.press('Space');
  return page.getByLabel('Also those at their default').isChecked();
}

print(await inConsole({}, async ({ page }) => {
  const wrong = [];
  await logInByKeys(page);
  const made = await make(page, wrong);
  await tryAndEnd(page, wrong);
  return { made, all: await lookUp(page, wrong), wrong };
}));

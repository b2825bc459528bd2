// SPDX-License-Identifier: ISC
// The first run, where nobody has an account: {base_url, browser, email, password}.
import { heading, inConsole, open, print, settings } from './console_browser.mjs';

print(await inConsole({}, async ({ page }) => {
  await open(page);
  await page.getByText('Nobody has an account here yet.').waitFor();
  await page.getByLabel('E-mail').fill(settings.email);
  await page.getByLabel('Password').fill('short');
  await page.getByRole('button', { name: 'Make the account' }).click();
  await page.locator('.wrong').waitFor();
  const wrong = await page.locator('.wrong').innerText();
  await page.getByLabel('Password').fill(settings.password);
  await page.keyboard.press('Enter');
  await page.locator('.shell').waitFor();
  return { wrong, who: await page.locator('.who').innerText(), heading: await heading(page) };
}));

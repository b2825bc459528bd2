// SPDX-License-Identifier: ISC
// From the log-in to a stream URL in the clipboard's text, by the keyboard alone: {base_url, browser, email, password, title}.
import { inConsole, print, settings } from './console_browser.mjs';
import { logInByKeys, tabTo } from './console_keyboard.mjs';

print(await inConsole({}, async ({ page }) => {
  const wrong = [];
  await logInByKeys(page);
  await tabTo(page, 'Media', wrong);
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: settings.title }).waitFor();
  await tabTo(page, settings.title, wrong);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Share' }).waitFor();
  await tabTo(page, 'Share', wrong);
  await page.keyboard.press('Enter');
  await page.locator('dialog').waitFor();
  await tabTo(page, 'Make the URL', wrong);
  await page.keyboard.press('Enter');
  await page.getByText(/^Plays until /).waitFor();
  await tabTo(page, 'Copy', wrong);
  await page.keyboard.press('Enter');
  const url = await page.getByRole('textbox', { name: 'Take it along as' }).inputValue();
  await page.keyboard.press('Escape');
  await page.locator('dialog').waitFor({ state: 'detached' });
  const back = await page.evaluate(() => document.activeElement.innerText.trim());
  return { url, back, wrong };
}));

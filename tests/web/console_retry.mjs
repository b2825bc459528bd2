// SPDX-License-Identifier: ISC
// A package that failed: why, what helps, its log, and another try: {base_url, browser, email, password, medium, title}.
import { inConsole, logIn, open, print, settings, shot } from './console_browser.mjs';

// The server has just been reloaded for this: a request that it cut is no matter of this test.
async function logInAgain(page) {
  page.setDefaultTimeout(settings.timeout_ms / 3);
  for (let left = 2; ; left--) {
    try {
      await logIn(page);
      break;
    } catch (error) {
      if (left === 0) {
        throw error;
      }
      console.error(error.message);
      await page.reload();
    }
  }
  page.setDefaultTimeout(settings.timeout_ms);
}

print(await inConsole({}, async ({ page }) => {
  await open(page, '/packages?state=failed');
  await logInAgain(page);
  const job = page.locator('.items > li', { hasText: settings.title });
  await job.locator('.note.bad').waitFor();
  const [error, remedy] = await job.locator('.note.bad p').allInnerTexts();
  await shot(page, 'package-failed');
  await page.getByRole('button', { name: `Log: ${settings.title}` }).click();
  const log = await page.locator('dialog pre').innerText();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: `Try again: ${settings.title}` }).click();
  await page.getByText('It waits again.').waitFor();
  await page.getByLabel('State').selectOption('queued');
  const waiting = page.locator('.items > li', { hasText: settings.title }).locator('.chip', { hasText: 'Waiting' });
  await waiting.waitFor();
  const after = await waiting.innerText();
  return { error, remedy, log, after };
}));

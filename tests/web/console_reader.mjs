// SPDX-License-Identifier: ISC
// What somebody is offered who may only read: {base_url, browser, email, password, medium}.
import { inConsole, logIn, open, print, settings } from './console_browser.mjs';

const CHANGES = ['Upload files', 'New medium', 'Edit', 'Delete', 'Share', 'Make a package', 'Replace the file', 'Add a language'];

print(await inConsole({}, async ({ page }) => {
  await open(page);
  await logIn(page);
  const nav = await page.locator('.nav a').allInnerTexts();
  const buttons = [];
  for (const path of ['/media', `/media/${settings.medium}`]) {
    await open(page, path);
    await page.locator('main table, main .facts').first().waitFor();
    const text = await page.locator('main').innerText();
    buttons.push(...CHANGES.filter((words) => text.includes(words)));
  }
  return { nav: nav.map((name) => name.trim()), buttons };
}));

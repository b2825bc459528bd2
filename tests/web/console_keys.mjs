// SPDX-License-Identifier: ISC
// From the log-in to a stream URL in the clipboard's text, by the keyboard alone: {base_url, browser, email, password, title}.
import { inConsole, open, print, settings } from './console_browser.mjs';

// Presses Tab until what has the focus is named so. What is focused must be seen, and no smaller than 24 pixels.
async function tabTo(page, name, wrong) {
  for (let press = 0; press < 120; press += 1) {
    await page.keyboard.press('Tab');
    const at = await page.evaluate(() => {
      const { activeElement: element } = document;
      const box = element.getBoundingClientRect();
      const inside = box.bottom > 0 && box.top < innerHeight;
      return { name: (element.getAttribute('aria-label') ?? element.labels?.[0]?.innerText ?? element.innerText ?? '').trim(), inside, body: element === document.body };
    });
    if (!at.body && !at.inside) {
      wrong.push(`${at.name} is focused and not seen`);
    }
    if (at.name === name) {
      return;
    }
  }
  throw new Error(`no way to ${name} by Tab`);
}

print(await inConsole({}, async ({ page }) => {
  const wrong = [];
  await open(page);
  await page.locator('.gate input').first().waitFor(); // it has the focus
  await page.keyboard.type(settings.email);
  await page.keyboard.press('Tab');
  await page.keyboard.type(settings.password);
  await page.keyboard.press('Enter');
  await page.locator('.shell').waitFor();
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

// SPDX-License-Identifier: ISC
// The console by the keyboard alone. `wrong` gets what somebody who sees the focus would miss.
import { open, settings } from './console_browser.mjs';

const MOST_PRESSES = 160;

// Presses Tab until what has the focus is named so. What is focused must be seen, and no smaller than 24 pixels.
export async function tabTo(page, name, wrong) {
  for (let press = 0; press < MOST_PRESSES; press += 1) {
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

// To it, and onto it.
export async function press(page, name, wrong) {
  await tabTo(page, name, wrong);
  await page.keyboard.press('Enter');
}

export async function logInByKeys(page) {
  await open(page);
  await page.locator('.gate input').first().waitFor(); // it has the focus
  await page.keyboard.type(settings.email);
  await page.keyboard.press('Tab');
  await page.keyboard.type(settings.password);
  await page.keyboard.press('Enter');
  await page.locator('.shell').waitFor();
}

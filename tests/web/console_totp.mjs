// SPDX-License-Identifier: ISC
// A second factor: set up, asked for at the next log-in, in place of which a recovery code does, and removed:
// {base_url, browser, email, password}.
import { createHmac } from 'node:crypto';
import { inConsole, logIn, open, print, settings } from './console_browser.mjs';

// RFC 6238: SHA-1, six digits, 30 seconds.
function codeOf(secret) {
  const bits = [...secret].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000)));
  const hash = createHmac('sha1', key).update(counter).digest();
  return String((hash.readUInt32BE(hash[19] & 15) & 0x7fffffff) % 1000000).padStart(6, '0');
}

print(await inConsole({}, async ({ page }) => {
  await open(page, '/account');
  await logIn(page);
  await page.getByRole('button', { name: 'Set up a second factor' }).click();
  const picture = page.locator('img.qr');
  await picture.waitFor();
  const width = await picture.evaluate(async (image) => { await image.decode(); return image.naturalWidth; });
  const secret = await page.locator('dialog code').innerText();
  await page.getByLabel('Code').fill(codeOf(secret));
  await page.getByRole('button', { name: 'Switch it on' }).click();
  const codes = (await page.getByRole('textbox', { name: 'Recovery codes' }).inputValue()).split('\n');
  await page.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('button', { name: 'Log out', exact: true }).click();
  const lock = page.locator('.gate');
  await lock.getByLabel('E-mail').fill(settings.email);
  await lock.getByLabel('Password').fill(settings.password);
  await page.keyboard.press('Enter');
  await lock.getByLabel('Code').fill(codes[0]);
  await page.keyboard.press('Enter');
  await lock.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Remove the second factor' }).click();
  await page.locator('dialog').getByLabel('Password').fill(settings.password);
  await page.locator('dialog').getByLabel('Code').fill(codes[1]);
  await page.locator('dialog').getByRole('button', { name: 'Remove', exact: true }).click();
  await page.getByText('Logging in needs the password alone.').waitFor();
  return { codes: codes.length, width };
}));

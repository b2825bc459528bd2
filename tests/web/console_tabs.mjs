// SPDX-License-Identifier: ISC
// Three tabs of one session whose access tokens are all too old: {base_url, browser, email, password}. Tells who refreshed.
import { inConsole, logIn, open, print } from './console_browser.mjs';

print(await inConsole({}, async ({ context, page, seen }) => {
  await open(page);
  await logIn(page);
  const others = [await context.newPage(), await context.newPage()];
  for (const other of others) {
    await open(other, '/live');
    await other.locator('.shell').waitFor();
  }
  const all = [page, ...others];
  const before = seen.requests.length;
  await Promise.all(all.map((one) => one.evaluate(() => { // half an hour passes at once
    const now = Date.now.bind(Date);
    Date.now = () => now() + 1800000;
  })));
  await Promise.all(all.map((one) => one.getByRole('link', { name: 'Account' }).click()));
  await Promise.all(all.map((one) => one.getByRole('link', { name: 'Media', exact: true }).click()));
  await Promise.all(all.map((one) => one.locator('main table, main .empty').first().waitFor()));
  return { refreshes: seen.requests.slice(before).filter((one) => one.includes('/auth/refresh')).length, logins: seen.requests.filter((one) => one.includes('/auth/login')).length };
}));

// SPDX-License-Identifier: ISC
// Who watches what now, without a reload: {base_url, browser, email, password, medium: nobody has played it yet, title}.
import { inConsole, logIn, open, print, settings } from './console_browser.mjs';

async function play() {
  const headers = { 'Content-Type': 'application/json' };
  const body = JSON.stringify({ email: settings.email, password: settings.password });
  const { access_token: token } = await (await fetch(`${settings.base_url}/auth/login`, { method: 'POST', headers, body })).json();
  const issued = await fetch(`${settings.base_url}/media/media/${settings.medium}/stream-url`, { headers: { Authorization: `Bearer ${token}` } });
  const { stream_url: url } = await issued.json();
  await (await fetch(url, { headers: { 'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0' } })).arrayBuffer();
}

print(await inConsole({}, async ({ page }) => {
  const row = page.locator('tr', { has: page.getByRole('link', { name: settings.title }) });
  await open(page, '/live');
  await logIn(page);
  await page.locator('.big').waitFor();
  const before = await row.count();
  await play();
  await row.waitFor();
  const watching = await row.locator('td').innerText();
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByRole('button', { name: 'Go on' }).waitFor();
  return { before, watching };
}));

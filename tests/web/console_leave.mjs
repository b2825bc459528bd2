// SPDX-License-Identifier: ISC
// A session ends while somebody types: {base_url, browser, email, password, medium: an id, reader: another person's email, password}.
// What was typed is in the tab's memory then, and nowhere in the document.
import { inConsole, logIn, open, print, settings } from './console_browser.mjs';

const TITLE = 'A plain film';
const THOUGHT = `${TITLE}, second thoughts`;

// Is the text nowhere in the document, its fields included, nor is any other part of the page?
const goneFrom = (page, text) => page.evaluate((wanted) => {
  const values = [...document.querySelectorAll('input, textarea')].map(({ value }) => value);
  return !document.documentElement.outerHTML.includes(wanted) && !values.some((value) => value.includes(wanted)) && document.querySelector('.shell') === null;
}, text);
const language = (page) => page.getByLabel('Add a language');

async function type(page, text) {
  await open(page, `/media/${settings.medium}`);
  await language(page).fill(text);
}

async function leave(page) {
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.getByText('You are logged out.').waitFor();
}

// Logs out, and in again.
async function left(page) {
  await type(page, 'pt-BR');
  await leave(page);
  const gone = await goneFrom(page, 'pt-BR');
  const email = await page.getByLabel('E-mail').inputValue();
  await logIn(page);
  return { gone, email, typed: await language(page).inputValue() };
}

// Another program ends all sessions of the account.
async function endSessions() {
  const headers = { 'Content-Type': 'application/json' };
  const body = JSON.stringify({ email: settings.email, password: settings.password });
  const { access_token: token } = await (await fetch(`${settings.base_url}/auth/login`, { method: 'POST', headers, body })).json();
  const done = await fetch(`${settings.base_url}/auth/sessions`, { method: 'DELETE', headers: { Authorization: `Bearer ${token}` } });
  if (!done.ok) {
    throw new Error(`DELETE /auth/sessions: ${done.status}`);
  }
}

// The session ends behind an open form, which is saved then. It is saved once the person is there again.
async function expired(page) {
  await page.getByRole('button', { name: 'Edit' }).click();
  await page.getByRole('textbox', { name: 'Title' }).fill(THOUGHT);
  await endSessions();
  await page.evaluate(() => { // the access token is too old now
    const now = Date.now.bind(Date);
    Date.now = () => now() + 1800000;
  });
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('heading', { name: 'Your session has ended' }).waitFor();
  const gone = await goneFrom(page, THOUGHT);
  const email = (await page.getByLabel('E-mail').inputValue()) === settings.email;
  await page.getByLabel('Password').fill(settings.password);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: THOUGHT }).waitFor();
  const saved = await page.locator('main h1').innerText();
  await page.getByRole('button', { name: 'Edit' }).click(); // as it was
  await page.getByRole('textbox', { name: 'Title' }).fill(TITLE);
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('heading', { name: TITLE, exact: true }).waitFor();
  return { gone, email, saved };
}

// Somebody else logs in where the text was typed; then the first one again.
async function another(page) {
  await type(page, 'my own words');
  await leave(page);
  await Promise.all([page.waitForNavigation(), logIn(page, settings.reader).catch(() => {})]); // it is loaded anew
  await page.locator('.who').waitFor();
  const gone = await page.evaluate(() => !document.documentElement.outerHTML.includes('my own words'));
  const stored = await page.evaluate(() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }]).includes('my own words'));
  const path = new URL(page.url()).pathname;
  await leave(page);
  await logIn(page);
  await open(page, `/media/${settings.medium}`);
  return { gone, stored, path, after: await language(page).inputValue() };
}

print(await inConsole({}, async ({ page }) => {
  await open(page);
  await logIn(page);
  return { left: await left(page), expired: await expired(page), another: await another(page) };
}));

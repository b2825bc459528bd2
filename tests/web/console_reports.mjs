// SPDX-License-Identifier: ISC
// A report is shared in the console, read without an account, and withdrawn: {base_url, browser, email, password, medium: its id,
// secret: the password of the report}.
import { inConsole, logIn, open, print, settings } from './console_browser.mjs';

const dialog = (page) => page.locator('dialog');

async function share(page, path, { title, password }) {
  await open(page, path);
  await page.getByRole('button', { name: 'Share report' }).click();
  const named = await page.getByLabel('Title', { exact: true }).inputValue();
  await page.getByLabel('Title', { exact: true }).fill('');
  await page.getByRole('button', { name: 'Make the link' }).click();
  const wrong = await dialog(page).locator('.field .wrong').innerText();
  await page.getByLabel('Title', { exact: true }).fill(title);
  if (password) {
    await page.getByLabel('Password', { exact: true }).fill(password);
  }
  const times = await page.getByLabel('Time', { exact: true }).locator('option').allInnerTexts();
  await page.getByRole('button', { name: 'Make the link' }).click();
  await page.getByText('This is the link').waitFor();
  const link = await page.getByRole('textbox', { name: 'Link', exact: true }).inputValue();
  await page.getByRole('button', { name: 'Done' }).click();
  return { named, wrong, times, link };
}

// Somebody who has the link and nothing else: another browser profile.
async function stranger(context, work) {
  const another = await context.browser().newContext({ viewport: { width: 1280, height: 900 }, locale: 'en-GB', timezoneId: 'Asia/Tokyo' });
  const requests = [];
  const errors = [];
  another.on('request', (request) => requests.push(`${request.method()} ${request.url()}`));
  const page = await another.newPage();
  page.on('pageerror', (error) => errors.push(error.message));
  page.setDefaultTimeout(settings.timeout_ms ?? 30000);
  const violations = [];
  await page.exposeFunction('noteViolation', (words) => violations.push(words));
  await page.addInitScript(() => addEventListener('securitypolicyviolation', (event) => window.noteViolation(`${event.effectiveDirective} ${event.blockedURI}`)));
  const seen = await work(page);
  await another.close();
  return { ...seen, requests, errors, violations };
}

async function readMedium(page, link) {
  await page.goto(link);
  await page.getByRole('heading', { name: 'This report has a password' }).waitFor();
  await page.getByLabel('Password').fill('a wrong horse');
  await page.getByRole('button', { name: 'Open the report' }).click();
  const refused = await page.getByRole('alert').innerText();
  await page.getByLabel('Password').fill(settings.secret);
  await page.keyboard.press('Enter');
  await page.locator('.cards').waitFor();
  const views = () => page.getByRole('group', { name: 'What the graph shows' }).getByRole('button', { name: /^Views/ }).locator('.figure').innerText();
  await page.getByRole('region', { name: 'Devices' }).waitFor();
  const told = {
    refused, title: await page.locator('main h1').innerText(), nav: await page.locator('nav').count(), views: await views(),
    panels: await page.locator('main section.panel').evaluateAll((panels) => panels.map((one) => one.getAttribute('aria-label'))),
    fixed: await page.locator('.chips li').allInnerTexts(),
  };
  await page.getByRole('link', { name: 'Phone' }).click();
  await page.getByRole('button', { name: /Phone, take the filter away/ }).waitFor();
  const filtered = await views();
  const kept = new URL(page.url()).hash.slice(1) === new URL(link).hash.slice(1) && page.url().includes('device=phone');
  await page.reload();
  await page.getByRole('heading', { name: 'This report has a password' }).waitFor(); // what it gave is in memory alone
  return { ...told, filtered, kept };
}

async function readAll(page, link) {
  await page.goto(link);
  await page.getByRole('region', { name: 'Most watched' }).locator('.bars').waitFor();
  return {
    title: await page.locator('main h1').innerText(),
    names: await page.getByRole('region', { name: 'Most watched' }).locator('.bars .name').allInnerTexts(),
    links: await page.getByRole('region', { name: 'Most watched' }).getByRole('link').count(),
  };
}

async function withdraw(page, title) {
  await page.locator('nav').getByRole('link', { name: 'Reports', exact: true }).click();
  await page.getByText(title).waitFor();
  const listed = await page.locator('.items > li').allInnerTexts();
  await page.getByRole('button', { name: `Withdraw ${title}` }).click();
  await dialog(page).getByRole('button', { name: 'Withdraw' }).click();
  await page.getByText(title, { exact: true }).waitFor({ state: 'detached' });
  return listed;
}

const headingAt = async (page, link) => {
  await page.goto(link);
  await page.locator('.gate .empty h1').waitFor();
  return { heading: await page.locator('h1').innerText() };
};

print(await inConsole({}, async ({ context, page }) => {
  await open(page);
  await logIn(page);
  const medium = await share(page, `/media/${settings.medium}/analytics?range=90d&country=DE`, { title: 'A film in Germany', password: settings.secret });
  const all = await share(page, '/?range=today', { title: 'Everything' });
  const fixed = await share(page, '/?range=custom&from=2026-01-01&to=2026-01-31', { title: 'January' });
  const readers = { medium: await stranger(context, (one) => readMedium(one, medium.link)), all: await stranger(context, (one) => readAll(one, all.link)) };
  const listed = await withdraw(page, 'Everything');
  await withdraw(page, 'January');
  await withdraw(page, 'A film in Germany');
  readers.over = await stranger(context, (one) => headingAt(one, all.link));
  readers.none = await stranger(context, (one) => headingAt(one, all.link.slice(0, -3)));
  return { shared: { medium, all, fixed }, readers, listed };
}));

// SPDX-License-Identifier: ISC
// What owners do: invite somebody, make, rotate and revoke a key, end a session, change many media at once, filter analytics:
// {base_url, browser, email, password, plain: a medium with views of u-1 and u-2, guest: the e-mail of who is invited}.
import { inConsole, logIn, open, print, settings } from './console_browser.mjs';

const go = (page, name) => page.locator('.nav').getByRole('link', { name, exact: true }).click();
const taken = (page, label) => page.getByRole('textbox', { name: label, exact: true }).inputValue();

async function invite(page) {
  await go(page, 'People');
  await page.getByRole('button', { name: 'Invite somebody' }).click();
  await page.getByLabel('Role', { exact: true }).selectOption('analyst');
  await page.locator('dialog').getByRole('button', { name: 'Invite somebody' }).click();
  await page.getByText('Send this link to one person.').waitFor();
  const link = await taken(page, 'Link');
  await page.keyboard.press('Escape');
  return link;
}

// The one who is invited has a browser of their own.
async function accept(link) {
  const { seen, ...guest } = await inConsole({}, async ({ page }) => {
    await page.goto(link);
    await page.getByText('You were invited.').waitFor();
    await page.getByLabel('E-mail').fill(settings.guest);
    await page.getByLabel('Password').fill(settings.password);
    await page.getByRole('button', { name: 'Make the account' }).click();
    await page.locator('.shell').waitFor();
    return { nav: (await page.locator('.nav a').allInnerTexts()).map((name) => name.trim()), address: page.url() };
  });
  return { ...guest, violations: seen.violations };
}

const statusWith = (page, key) => page.evaluate(async (one) => (await fetch('/media/media/', { headers: { Authorization: `Bearer ${one}` } })).status, key);

async function keys(page) {
  await go(page, 'API keys');
  await page.getByRole('button', { name: 'New key' }).click();
  await page.getByLabel('Name', { exact: true }).fill('shop');
  await page.getByRole('button', { name: 'Make the key' }).click();
  await page.getByText('This is the key.').waitFor();
  const first = await taken(page, 'Key');
  const before = await statusWith(page, first);
  await page.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('button', { name: 'Rotate shop' }).click();
  await page.getByLabel('The old secret is good for').selectOption('0');
  await page.locator('dialog').getByRole('button', { name: 'Rotate', exact: true }).click();
  await page.getByText('This is the key.').waitFor();
  const second = await taken(page, 'Key');
  await page.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('button', { name: 'Revoke shop' }).click();
  await page.locator('dialog').getByRole('button', { name: 'Revoke', exact: true }).click();
  await page.getByText('No keys yet').waitFor();
  return { before, differ: first !== second };
}

// A URL for somebody without an account: it is listed until it is ended.
async function uploadUrl(page) {
  await go(page, 'Uploads');
  await page.getByRole('button', { name: 'New upload URL' }).click();
  await page.getByRole('textbox', { name: 'Title' }).fill('From a guest');
  await page.getByRole('button', { name: 'Make the URL' }).click();
  await page.getByText('It takes one file').waitFor();
  const url = await taken(page, 'Upload URL');
  await page.getByRole('button', { name: 'Done' }).click();
  await page.getByText('Waits for its file').waitFor();
  await page.getByRole('button', { name: 'Give up From a guest' }).click();
  await page.locator('dialog').getByRole('button', { name: 'End this URL' }).click();
  await page.getByText('Waits for its file').waitFor({ state: 'detached' });
  return url;
}

async function sessions(page) {
  await go(page, 'Account');
  await page.getByText('This one', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Log out everywhere else' }).click();
  await page.getByText('All other sessions have ended.').waitFor();
  await page.getByRole('button', { name: 'Log out everywhere else' }).waitFor({ state: 'detached' });
  return page.locator('.panel', { hasText: 'Where you are logged in' }).locator('li').count();
}

async function makeTwo(page) {
  for (const title of ['Spare one', 'Spare two']) {
    await go(page, 'Media');
    await page.getByRole('button', { name: 'New medium' }).click();
    await page.getByRole('textbox', { name: 'Title' }).fill(title);
    await page.getByRole('button', { name: 'Register' }).click();
    await page.getByRole('heading', { name: title }).waitFor();
  }
}

async function many(page) {
  await makeTwo(page);
  await open(page, '/media?q=spare');
  for (const title of ['Spare one', 'Spare two']) {
    await page.getByLabel(`Choose ${title}`).check();
  }
  await page.getByRole('button', { name: 'Add tags' }).click();
  await page.locator('dialog').getByLabel('Tags').fill('course, b2');
  await page.locator('dialog').getByRole('button', { name: 'Add tags' }).click();
  await page.getByText('2 media have the tags.').waitFor();
  await open(page, '/media?tags=b2');
  await page.getByText('2 media, 2 shown').waitFor();
  for (const title of ['Spare one', 'Spare two']) {
    await page.getByLabel(`Choose ${title}`).check();
  }
  await page.getByRole('button', { name: 'Delete' }).click();
  await page.locator('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByText('2 media were deleted.').waitFor();
  await page.getByText('Nothing fits').waitFor();
  return page.getByRole('button', { name: 'Show all' }).isVisible();
}

async function filter(page) {
  await open(page, `/media/${settings.plain}/analytics`);
  const figure = page.locator('.card', { hasText: 'Views' }).locator('.figure');
  await page.getByRole('link', { name: 'u-1', exact: true }).click();
  await page.waitForFunction(() => location.search.includes('viewer=u-1'));
  await page.waitForFunction(() => document.querySelector('.card .figure').textContent === '1');
  const chip = await page.getByRole('button', { name: 'Viewer id: u-1, take the filter away' }).innerText();
  await page.getByRole('button', { name: 'Viewer id: u-1, take the filter away' }).click();
  await page.waitForFunction(() => document.querySelector('.card .figure').textContent !== '1');
  return { chip: chip.trim(), after: await figure.innerText() };
}

// The newest view was delivered by nginx; each line of its log has a verdict.
async function explain(page) {
  await open(page, `/media/${settings.plain}/analytics`);
  await page.getByRole('button', { name: /^Why\?/ }).first().click();
  await page.locator('dialog tbody tr').first().waitFor();
  const verdict = await page.locator('dialog tbody .chip').allInnerTexts();
  await page.keyboard.press('Escape');
  return verdict;
}

// Each page that only owners have: its heading, once its data is there.
async function owners(page) {
  const seen = {};
  for (const name of ['Packages', 'Events', 'System']) {
    await go(page, name);
    await page.getByRole('heading', { name, level: 1 }).waitFor();
    await page.waitForFunction(() => !document.querySelector('.waiting'));
    seen[name] = await page.locator('main').innerText();
  }
  return seen;
}

print(await inConsole({}, async ({ page }) => {
  await open(page);
  await logIn(page);
  const link = await invite(page);
  return {
    link, guest: await accept(link), keys: await keys(page), uploadUrl: await uploadUrl(page), sessions: await sessions(page), many: await many(page), filter: await filter(page), explained: await explain(page), owners: await owners(page),
  };
}));

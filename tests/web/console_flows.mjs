// SPDX-License-Identifier: ISC
// What people do in the console, one after the other: {base_url, browser, email, password, file: to upload, packaged: a medium's id,
// plain: that of one without a package}.
import { heading, inConsole, logIn, open, print, settings, shot } from './console_browser.mjs';

async function logInWrongThenRight(page) {
  await open(page);
  await page.getByLabel('E-mail').fill(settings.email);
  await page.getByLabel('Password').fill('not the password');
  await page.keyboard.press('Enter');
  const refused = await page.locator('[role=alert]').innerText();
  await logIn(page);
  return refused;
}

async function overview(page) {
  const before = await page.locator('.panel h2').first().innerText();
  await page.getByRole('button', { name: /^Plays/ }).click();
  await page.getByLabel('Compare with').selectOption('previous');
  await page.locator('.key .second').waitFor();
  const graph = await page.locator('.panel h2').first().innerText();
  await page.getByText('Show as a table').click();
  return { before, graph, address: page.url(), columns: await page.locator('details table th.number').count(), rows: await page.locator('details tbody tr').count() };
}

async function search(page) {
  await page.getByRole('link', { name: 'Media', exact: true }).click();
  await page.getByRole('link', { name: 'A packaged film' }).waitFor();
  await page.getByLabel('Search').fill('packaged');
  await page.waitForFunction(() => location.search.includes('q=packaged') && document.querySelectorAll('tbody tr').length === 1);
  await page.getByRole('link', { name: 'A packaged film' }).click();
  await page.locator('video').waitFor();
  return heading(page);
}

async function play(page, id) {
  await open(page, `/media/${id}`);
  await page.locator('video').waitFor();
  const before = await page.evaluate(() => document.querySelector('video').readyState);
  await page.waitForFunction(() => document.querySelector('video').src !== '');
  await page.evaluate(() => { const video = document.querySelector('video'); video.muted = true; video.play().catch(() => {}); });
  await page.waitForFunction(() => document.querySelector('video').currentTime > 0.5, null, { polling: 100 });
  const choices = await page.locator('.stage ~ .fields label').allInnerTexts();
  return { before, choices, source: await page.evaluate(() => document.querySelector('video').src) };
}

// A chapter of the film: its button jumps there.
async function chapters(page, id) {
  await open(page, `/media/${id}`);
  await page.locator('.panel', { hasText: 'Chapters' }).locator('input[type=file]').setInputFiles({
    name: 'chapters.vtt', mimeType: 'text/vtt', buffer: Buffer.from('WEBVTT\n\n00:00.000 --> 00:03.000\nOpening\n\n00:03.000 --> 00:06.000\nEnd\n'),
  });
  await page.getByRole('button', { name: '0:03 End' }).click();
  await page.waitForFunction(() => document.querySelector('video').currentTime >= 3, null, { polling: 100 });
  return page.locator('.panel', { hasText: 'Chapters' }).locator('li').allInnerTexts();
}

async function share(page) {
  await page.getByRole('button', { name: 'Share' }).click();
  await page.getByLabel('Viewer id').fill('u-4711');
  await page.getByRole('button', { name: 'Make the URL' }).click();
  const text = page.getByRole('textbox', { name: 'Take it along as' });
  const url = await text.inputValue();
  const forms = {};
  for (const form of ['curl', '<video>', 'iframe']) {
    await page.getByRole('button', { name: form, exact: true }).click();
    forms[form] = await text.inputValue();
  }
  const fetched = (address) => page.evaluate(async (one) => (await fetch(one, { cache: 'no-store' })).status, new URL(address).pathname);
  const good = await fetched(url);
  await page.getByRole('button', { name: 'Revoke' }).click();
  await page.getByText('The URL plays no more.').waitFor();
  const revoked = await fetched(url);
  await page.keyboard.press('Escape');
  return { url, forms, good, revoked };
}

async function upload(page) {
  await page.getByRole('link', { name: 'Uploads' }).click();
  await page.locator('header input[type=file]').setInputFiles(settings.file);
  await page.locator('.items .chip.good').waitFor();
  await page.getByRole('link', { name: /^Open/ }).first().click();
  await page.locator('video').waitFor();
  return heading(page);
}

// A log-out in another tab, while something is typed here.
async function logOutWhileTyping(page, context) {
  await page.getByRole('button', { name: 'Edit' }).click();
  await page.getByRole('textbox', { name: 'Title' }).fill('Half a thought');
  const other = await context.newPage();
  await open(other);
  await other.locator('.shell').waitFor(); // it was let in by this tab
  await other.getByRole('button', { name: 'Log out' }).click();
  await page.getByText('You are logged out.').waitFor();
  const hidden = (await page.locator('dialog, main table, .shell').count()) === 0;
  await logIn(page);
  const typed = await page.getByRole('textbox', { name: 'Title' }).inputValue();
  await other.locator('.gate').waitFor({ state: 'detached' }); // and comes in with it
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('heading', { name: 'Half a thought' }).waitFor();
  await other.close();
  return { hidden, typed };
}

async function remove(page) {
  await page.getByRole('button', { name: 'Delete' }).click();
  await page.locator('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByText('“Half a thought” was deleted.').waitFor();
  return heading(page);
}

async function german(page) {
  await page.getByLabel('Language').selectOption('de');
  await page.getByRole('heading', { name: 'Medien' }).waitFor();
  const language = await page.evaluate(() => document.documentElement.lang);
  await page.getByLabel('Sprache').selectOption('en');
  return language;
}

print(await inConsole({}, async ({ context, page }) => {
  const refused = await logInWrongThenRight(page);
  const seen = { refused, overview: await overview(page), found: await search(page) };
  seen.packaged = await play(page, settings.packaged);
  await shot(page, 'player');
  seen.plain = await play(page, settings.plain);
  seen.chapters = await chapters(page, settings.plain);
  seen.share = await share(page);
  seen.uploaded = await upload(page);
  seen.kept = await logOutWhileTyping(page, context);
  seen.after = await remove(page);
  seen.language = await german(page);
  return seen;
}));

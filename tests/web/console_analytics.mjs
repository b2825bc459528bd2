// SPDX-License-Identifier: ISC
// The analytics of one medium: {base_url, browser, email, password, medium: an id; Austria has three views}.
import { inConsole, logIn, open, print, settings } from './console_browser.mjs';

const path = `/media/${settings.medium}/analytics`;

// A point of a country that a pointer reaches: the middle of its box may lie in another one.
async function pointOf(page, name) {
  return page.locator('.world path', { hasText: name }).evaluate((land) => {
    land.scrollIntoView({ block: 'center', behavior: 'instant' });
    const box = land.getBoundingClientRect();
    for (let i = 1; i < 100; i += 1) {
      const [x, y] = [box.x + (box.width * (i % 10)) / 10, box.y + (box.height * Math.floor(i / 10)) / 10];
      if (document.elementFromPoint(x, y) === land) {
        return [x, y];
      }
    }
    throw new Error('nothing of it is seen');
  });
}

async function map(page, requests) {
  const image = page.locator('.world svg');
  await image.waitFor();
  const words = await image.getAttribute('aria-label');
  const caption = await page.locator('.world figcaption').innerText();
  await page.mouse.move(...await pointOf(page, 'Austria'));
  await page.locator('.world figcaption', { hasText: /^Austria/ }).waitFor();
  const pointed = (await page.locator('.world figcaption').innerText()).split(' 1 is')[0];
  return { requests: requests().length, words, caption, pointed, drawn: await page.locator('.world path title').count() };
}

async function film(page) {
  const tiles = page.locator('.film svg image');
  await tiles.first().waitFor();
  const sheets = await tiles.evaluateAll((all) => [...new Set(all.map((one) => one.getAttribute('href')))]);
  const loaded = await page.evaluate(async (sheet) => { const image = new Image(); image.src = sheet; await image.decode(); return image.naturalWidth; }, sheets[0]);
  return { tiles: await tiles.count(), sheets: sheets.length, loaded, marks: await page.locator('.film > svg > path.hotspot').count(), listed: await page.locator('h3:has-text("Where people jump to") + ul li').count() };
}

async function filter(page) {
  await page.mouse.click(...await pointOf(page, 'Austria'));
  const chip = page.getByRole('button', { name: 'Country: Austria, take the filter away' });
  await chip.waitFor();
  await page.waitForFunction(() => document.querySelector('.card .figure').textContent === '3' && !document.querySelector('.waiting'));
  await page.waitForFunction(() => document.querySelectorAll('.world path title').length === 1);
  const seen = { chip: (await chip.innerText()).trim(), views: await page.locator('.card .figure').first().innerText(), left: await page.locator('.world path title').count() };
  await chip.click();
  await page.waitForFunction(() => document.querySelectorAll('.world path title').length > 1);
  return seen;
}

async function compare(page) {
  await page.getByLabel('Compare with').selectOption('year');
  await page.locator('.key .second').waitFor();
  return { key: await page.locator('.key span').allInnerTexts(), address: page.url(), change: await page.locator('.card .aside span[aria-hidden]').first().innerText() };
}

print(await inConsole({}, async ({ page, seen }) => {
  const requests = () => seen.requests.filter((one) => one.includes('/world-'));
  await open(page);
  await logIn(page);
  const early = requests().length;
  await open(page, path);
  return { early, film: await film(page), map: await map(page, requests), filter: await filter(page), compare: await compare(page) };
}));

// SPDX-License-Identifier: ISC
// The console in a browser: {base_url, browser: "chromium" or "firefox", email, password}. Notes every request, each violation of
// the page's policy, and what the browser's console says. A test is node NAME.mjs '{"settings": …}'.
import { launch, settings, tools } from './browser.mjs';

export { settings, tools };

const SEEN = 'mediagate-test-violations';

function note(seen, context) {
  context.on('request', (request) => seen.requests.push(`${request.method()} ${request.url()}`));
  context.on('page', (page) => {
    page.setDefaultTimeout(settings.timeout_ms ?? 30000);
    page.on('console', (message) => ['error', 'warning'].includes(message.type()) && seen.console.push(message.text()));
    page.on('pageerror', (error) => seen.errors.push(`${error.message} ${error.stack ?? ''}`));
  });
}

// options: of the context, such as its viewport. work({context, page, seen}) → what the test is told.
export async function inConsole(options, work) {
  const browser = await launch();
  try {
    const seen = { requests: [], console: [], errors: [], violations: [] };
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'en-GB', timezoneId: 'Europe/Berlin', ...options });
    note(seen, context);
    await context.addInitScript((name) => {
      addEventListener('securitypolicyviolation', (event) => {
        const all = JSON.parse(localStorage.getItem(name) ?? '[]');
        localStorage.setItem(name, JSON.stringify([...all, `${event.effectiveDirective} ${event.blockedURI} ${event.sample}`]));
      });
    }, SEEN);
    const page = await context.newPage();
    const result = await work({ context, page, seen });
    seen.violations = await page.evaluate((name) => JSON.parse(localStorage.getItem(name) ?? '[]'), SEEN);
    return { ...result, seen };
  } finally {
    await browser.close();
  }
}

export async function logIn(page, { email = settings.email, password = settings.password } = {}) {
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.keyboard.press('Enter');
  try {
    await page.locator('.shell').waitFor();
  } catch (error) {
    throw new Error(`nobody was let in; the page says: ${await page.locator('body').innerText()}`, { cause: error });
  }
}

export async function open(page, path = '/') {
  await page.goto(`${settings.base_url}/console${path}`);
}

// In Chromium: playwright puts a style into Firefox's page for it, which the policy refuses.
export async function shot(page, name) {
  if (settings.screenshots && settings.browser !== 'firefox') {
    await page.screenshot({ path: `${settings.screenshots}/console-${name}.png`, fullPage: true });
  }
}

export const heading = (page) => page.locator('main h1').innerText();

export function print(result) {
  console.log(JSON.stringify(result));
}

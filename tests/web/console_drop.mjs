// SPDX-License-Identifier: ISC
// Files dropped on the page, over a network that is cut meanwhile: {base_url, browser, email, password, files: paths}.
import { inConsole, logIn, open, print, settings } from './console_browser.mjs';

// As a file manager drops them: the browser's own files, in one drop, on any page.
async function drop(page) {
  const chooser = await page.evaluateHandle(() => {
    const input = document.createElement('input');
    Object.assign(input, { type: 'file', multiple: true });
    document.body.append(input);
    return input;
  });
  await chooser.asElement().setInputFiles(settings.files);
  await page.evaluate((input) => {
    const dataTransfer = new DataTransfer();
    [...input.files].forEach((file) => dataTransfer.items.add(file));
    input.remove();
    for (const kind of ['dragenter', 'dragover', 'drop']) {
      document.querySelector('main').dispatchEvent(new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true }));
    }
  }, chooser);
}

print(await inConsole({}, async ({ page, seen }) => {
  await open(page, '/live');
  await logIn(page);
  await drop(page);
  await page.locator('.items li').nth(settings.files.length - 1).waitFor();
  const queued = await page.locator('.items li').count();
  await page.waitForFunction((count) => document.querySelectorAll('.items .chip.good').length === count, settings.files.length);
  const told = await page.locator('[role=status]').innerText();
  const made = seen.requests.filter((one) => /^POST .*\/uploads\/$/.test(one)).length;
  return { queued, path: new URL(page.url()).pathname, failed: await page.locator('.items .chip.bad').count(), made, told };
}));

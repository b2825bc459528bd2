// SPDX-License-Identifier: ISC
// Calls the API from a page of another origin: {page_url, url, token}.
import { settings, withPage } from './browser.mjs';

await withPage(async (page) => {
  await page.goto(settings.page_url);
  const answer = await page.evaluate(async ({ url, token }) => {
    try {
      const response = await fetch(url, { headers: { Authorization: `Bearer ${token}` } });
      return { status: response.status, request_id: response.headers.get('X-Request-Id'), body: await response.json() };
    } catch (error) {
      return { refused: error.message };
    }
  }, settings);
  return { answer };
});

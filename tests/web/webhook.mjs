// SPDX-License-Identifier: ISC
// Verifies what a receiver got by the library of Standard Webhooks: webhook.mjs '[{"secret", "headers", "body"}, …]'
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(pathToFileURL(`${process.env.WEB_TOOLS}/package.json`));
const { Webhook } = require('standardwebhooks');

const outcomes = JSON.parse(process.argv[2]).map(({ secret, headers, body }) => {
  try {
    return new Webhook(secret).verify(body, headers);
  } catch (error) {
    return { refused: error.message };
  }
});
process.stdout.write(JSON.stringify(outcomes));

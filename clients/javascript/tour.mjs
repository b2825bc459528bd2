// SPDX-License-Identifier: ISC
// The tour of README.md by the JavaScript client. MEDIAGATE_URL, FILM; EMAIL and PASSWORD of an account, made where there
// is none; KEY calls with an API key instead.
import assert from 'node:assert/strict';
import { openAsBlob, readFileSync } from 'node:fs';
import { Client } from './mediagate.mjs';

const { MEDIAGATE_URL: base = 'http://127.0.0.1:8080', FILM, KEY: key } = process.env;
const { EMAIL: email = 'you@example.org', PASSWORD: password = 'correct horse battery' } = process.env;

async function play(url) {
  const answer = await fetch(url);
  return { status: answer.status, bytes: Buffer.from(await answer.arrayBuffer()) };
}

async function waitFor(ask) {
  for (let tries = 0; tries < 600; tries++) {
    const found = await ask();
    if (found) return found;
    await new Promise((done) => { setTimeout(done, 100); });
  }
  throw new Error('it took too long');
}

if (!key) {
  await new Client(base).post('/auth/signup', { email, password }).catch((problem) => {
    if (![403, 409].includes(problem.status)) throw problem; // closed, or there already
  });
}
const client = new Client(base, key ? { key } : { email, password });

const film = await openAsBlob(FILM);
const { id } = await client.post('/media/media/', { title: 'My film', type: 'video' });
const progress = (sent, size) => console.log(`sent ${sent} of ${size} bytes`);
const medium = await client.upload(film, { mediaId: id, progress });
console.log('uploaded:', medium.content_type, medium.duration_seconds, 's,', medium.sha256);
const again = await client.upload(film, { title: 'Again', type: 'video' });
assert.equal(again.sha256, medium.sha256);
assert.notEqual(again.id, medium.id);
const listed = [];
for await (const item of client.pages('/media/media/', { limit: 1 })) listed.push(item.id);
assert(listed.indexOf(again.id) < listed.indexOf(medium.id));

const grant = await client.streamUrl(id, { viewer: 'u-1234', ttl_seconds: 60 });
const url = grant.streams.progressive;
assert(readFileSync(FILM).equals((await play(url)).bytes));
console.log('played: every byte is the same');
const later = await client.renew(grant, { ttl_seconds: 600 });
assert.equal(later.grant_id, grant.grant_id);
assert.equal((await play(later.streams.progressive)).status, 200);
const views = await waitFor(async () => {
  const { items } = await client.get(`/media/media/${id}/views`);
  return items.length && items;
});
assert.deepEqual(views.map((view) => view.viewer), ['u-1234']);
const found = await client.get(`/media/media/${id}/analytics`, { tz: 'Asia/Kathmandu' });
console.log('views:', found.total_views, 'delivered:', found.delivered_percent, '%');
await client.get('/analytics/live');
assert.equal((await play(url.replace('/u-1234/', '/someone-else/'))).status, 403);
console.log('forged: 403');
await client.delete(`/media/grants/${grant.grant_id}`);
assert.equal((await play(url)).status, 403);
assert.equal((await play(later.streams.progressive)).status, 403);
console.log('revoked: 403');

// SPDX-License-Identifier: ISC
// Calls of somebody who reads a shared report. There is no account: the link's token stands behind the # of the address, which no
// browser sends, and goes in a header. What the password gave stands in its place, in memory alone.
import { withQuery } from './api.js';
import { Problem, problemOf } from './problem.js';
import { createStore } from './store.js';

export const READER_PATH = '/report';
export const REQUIRED = '/problems/report-password-required';

export const linkToken = () => location.hash.slice(1);

export const opened = createStore({ link: null, token: null }); // by the password of this link's report

async function send(path, options, token) {
  let answer;
  try {
    answer = await fetch(path, { cache: 'no-store', ...options, headers: { Authorization: `Bearer ${token}`, ...options.headers } });
  } catch (error) {
    throw error.name === 'AbortError' ? error : new Problem({});
  }
  if (!answer.ok) {
    throw await problemOf(answer);
  }
  return answer.json();
}

export function read(path, query, signal) {
  const { link, token } = opened.get();
  return send(withQuery(path, query), { signal }, link === linkToken() && token !== null ? token : linkToken());
}

export async function open(password) {
  const link = linkToken();
  const answer = await send('/report/session', {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ password }),
  }, link);
  opened.set({ link, token: answer.access_token });
}

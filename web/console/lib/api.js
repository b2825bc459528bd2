// SPDX-License-Identifier: ISC
// Calls of the API with the session's token. Throws a Problem for every answer that is no success.
import { accessToken } from './session.js';
import { Problem, problemOf } from './problem.js';

export function withQuery(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== '');
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`;
}

async function send(method, path, { query, json, body, headers, signal }, token) {
  try {
    return await fetch(withQuery(path, query), {
      method, signal, cache: 'no-store',
      body: json === undefined ? body : JSON.stringify(json),
      headers: { Authorization: `Bearer ${token}`, ...(json === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
    });
  } catch (error) {
    throw error.name === 'AbortError' ? error : new Problem({});
  }
}

// The answer itself, for those who want its headers or stream.
export async function ask(method, path, options = {}) {
  const token = await accessToken();
  let answer = await send(method, path, options, token);
  if (answer.status === 401) {
    answer = await send(method, path, options, await accessToken(token));
  }
  if (!answer.ok) {
    throw await problemOf(answer);
  }
  return answer;
}

export async function call(method, path, options) {
  const answer = await ask(method, path, options);
  return answer.status === 204 ? null : answer.json();
}

export const get = (path, query, signal) => call('GET', path, { query, signal });

// SPDX-License-Identifier: ISC
// Who is logged in. States: `starting`, `out` (nobody was), `in`, `enrol`, and two for a session that is over: `locked` (it ended by
// itself) and `left` (somebody logged out). The page is kept for the same person then, out of the document: no typed text is lost.
import { createStore } from './store.js';
import { askTabs, joinTabs, tellEnded, tellTokens, whileAlone } from './tabs.js';
import { Problem, problemOf } from './problem.js';
import { scopesOf } from './scopes.js';

const STORED = 'mediagate-refresh-token';
const EARLY_MS = 20000; // before its end an access token is renewed

export const session = createStore({ state: 'starting', account: null, scopes: new Set() });

let tokens = null; // {access, refresh, until, serial, login}: `login` is the same in all tabs and after each refresh
let another = false; // person has logged in, for whom the page is loaded anew
const returned = []; // what waits for the person to log in again

function adopt(next) {
  if (tokens !== null && next.serial <= tokens.serial) {
    return;
  }
  const relogged = tokens !== null && tokens.login !== next.login;
  tokens = next;
  sessionStorage.setItem(STORED, JSON.stringify({ refresh: next.refresh, login: next.login }));
  if (relogged || ['out', 'locked', 'left'].includes(session.get().state)) {
    enter();
  }
}

function stored() {
  const text = sessionStorage.getItem(STORED);
  return text === null ? null : JSON.parse(text);
}

function forget(state = 'locked') {
  tokens = null;
  sessionStorage.removeItem(STORED);
  session.set((old) => ({ ...old, state: old.account === null ? 'out' : old.state === 'left' ? 'left' : state }));
}

function keep(answer, login) {
  adopt({
    login,
    access: answer.access_token, refresh: answer.refresh_token,
    until: Date.now() + answer.expires_in * 1000, serial: Math.max(Date.now(), (tokens?.serial ?? 0) + 1),
  });
  tellTokens(tokens);
}

async function post(path, body, headers = {}, options = {}) {
  let answer;
  try {
    answer = await fetch(path, { ...options, method: 'POST', headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(body) });
  } catch {
    throw new Problem({});
  }
  if (!answer.ok) {
    throw await problemOf(answer);
  }
  return answer.status === 204 ? null : answer.json();
}

// One tab at a time. Whoever comes second finds that the first one told its tokens.
function refresh(spent) {
  return whileAlone(async () => {
    if (tokens === null || tokens.access === spent) {
      await askTabs();
    }
    const known = tokens ?? stored();
    if (known === null || (tokens !== null && tokens.access !== spent && tokens.until > Date.now())) {
      return;
    }
    try {
      keep(await post('/auth/refresh', { refresh_token: known.refresh }), known.login);
    } catch (problem) {
      if (problem.status !== 401) {
        throw problem; // the server is away: the session is not
      }
      forget();
    }
  });
}

// An access token that is good now; waits for the person where there is none. Nothing of the former person's goes on for another.
export async function accessToken(refused = null) {
  if (another) {
    await new Promise(() => {});
  }
  const old = tokens?.until - EARLY_MS < Date.now() ? tokens.access : refused;
  if (tokens === null || old === tokens.access) {
    await refresh(old);
  }
  if (tokens === null) {
    forget();
    await new Promise((resolve) => returned.push(resolve));
  }
  return tokens.access;
}

let entering = null; // one at a time

function enter() {
  entering ??= askWho().finally(() => {
    entering = null;
  });
  return entering;
}

async function askWho() {
  const before = session.get().account;
  const answer = await fetch('/auth/me', { headers: { Authorization: `Bearer ${tokens.access}` } }).catch(() => null);
  if (answer?.status === 403 && (await answer.json()).type === '/problems/enrolment-required') {
    session.set((old) => ({ ...old, state: 'enrol' }));
    return;
  }
  if (answer === null || !answer.ok) {
    forget();
    return;
  }
  const account = await answer.json();
  if (before !== null && before.id !== account.id) {
    another = true;
    location.assign('/console/'); // nothing of the former page stays
    return;
  }
  session.set({ state: 'in', account, scopes: scopesOf(account) });
  returned.splice(0).forEach((resume) => resume());
}

export async function startSession() {
  joinTabs({
    session: () => tokens,
    adopt,
    ended: (of) => (of === null || of === session.get().account?.id) && forget('left'),
  });
  try {
    await refresh(null);
  } catch {
    // The server is away. The log-in page says so when it is used.
  }
  if (tokens === null) {
    session.set((old) => ({ ...old, state: 'out' }));
  } else if (session.get().state === 'starting') {
    await enter();
  }
}

export async function logIn(fields) {
  keep(await post('/auth/login', fields), crypto.randomUUID());
  if (session.get().state !== 'in') {
    await enter();
  }
}

// Calls of somebody who has to set up a second factor before anything else.
export function asPerson(_, path, json) {
  return post(path, json, { Authorization: `Bearer ${tokens.access}` });
}

export const enrolled = () => enter();

export function signUp(fields) {
  return post('/auth/signup', fields);
}

export async function logOut() {
  const spent = (tokens ?? stored())?.refresh;
  tellEnded(session.get().account?.id ?? null);
  forget('left');
  if (spent) {
    await post('/auth/logout', { refresh_token: spent }, {}, { keepalive: true }) // though the tab is closed now
      .catch(() => {}); // the token ends by itself, too
  }
}

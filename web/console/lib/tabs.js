// SPDX-License-Identifier: ISC
// All tabs of a browser share one session: a new tab asks the others for it, one tab refreshes for all, and a log-out is one of all.
// The refresh token lies in sessionStorage of each tab, the access token in memory only. Nothing is kept when the last tab closes.
const CHANNEL = 'mediagate-session';
const REFRESH_LOCK = 'mediagate-refresh';
const TAB_LOCK = 'mediagate-tab';
const ANSWER_MS = 150; // so long a tab waits for the others to say what they know

const channel = new BroadcastChannel(CHANNEL);

// handlers: {session(): the tokens of this tab or null, adopt(tokens), ended()}
export function joinTabs({ session, adopt, ended }) {
  channel.onmessage = ({ data }) => {
    if (data.kind === 'ask' && session() !== null) {
      channel.postMessage({ kind: 'tokens', tokens: session() });
    } else if (data.kind === 'tokens') {
      adopt(data.tokens);
      waiting.forEach((done) => done());
    } else if (data.kind === 'ended') {
      ended(data.session);
    }
  };
  navigator.locks.request(TAB_LOCK, { mode: 'shared' }, () => new Promise(() => {})); // held until the tab closes
}

export function tellTokens(tokens) {
  channel.postMessage({ kind: 'tokens', tokens });
}

export function tellEnded(session) {
  channel.postMessage({ kind: 'ended', session });
}

const waiting = new Set();

async function otherTabs() {
  const { held } = await navigator.locks.query();
  return held.filter((lock) => lock.name === TAB_LOCK).length > 1;
}

// Resolves when another tab told its tokens (adopt() has them then), or when none did.
export async function askTabs() {
  if (!(await otherTabs())) {
    return;
  }
  await new Promise((resolve) => {
    const done = () => {
      waiting.delete(done);
      resolve();
    };
    waiting.add(done);
    setTimeout(done, ANSWER_MS);
    channel.postMessage({ kind: 'ask' });
  });
}

export function whileAlone(work) {
  return navigator.locks.request(REFRESH_LOCK, work);
}

// SPDX-License-Identifier: ISC
// The queue of uploads (tus): a few at once, paused and resumed, tried again by themselves. What a reload broke off waits until the
// same file is chosen again: the server has kept the bytes, the browser only their address.
import { createStore } from './store.js';
import { accessToken, session } from './session.js';
import { Problem } from './problem.js';
import { t } from './text.js';

const tus = () => import('tus-js-client'); // for those who upload only
const AT_ONCE = 3;
const DELAYS_MS = [0, 1000, 2000, 5000, 10000, 20000];
const SMOOTHING = 0.2; // of the speed that is shown
const PASSING = [401, 409, 423, 460]; // refusals of now, not for good

export const uploads = createStore([]); // [{id, name, size, sent, speed, state, problem, mediaId, replaces}]
export const earlier = createStore([]); // [{key, name, size, url}]: broken off by a reload
export const waitingUploads = createStore(0); // so many are not done

const running = new Map(); // id → {upload, refused, moment, before}
let serial = 0;
const listeners = new Set();

uploads.watch((all) => waitingUploads.set(all.filter(({ state }) => state !== 'done' && state !== 'failed').length));
addEventListener('beforeunload', (event) => {
  if (session.get().state === 'in' && uploads.get().some(({ state }) => state === 'running')) {
    event.preventDefault();
  }
});

// done({id, mediaId, name}) after each upload that became a medium, or its file.
export function onUploaded(done) {
  listeners.add(done);
  return () => listeners.delete(done);
}

function change(id, changes) {
  uploads.set((all) => all.map((one) => (one.id === id ? { ...one, ...changes } : one)));
}

const find = (id) => uploads.get().find((one) => one.id === id);
const prefix = () => `mediagate-${session.get().account.id}`;
const titleOf = (name) => name.replace(/\.[^.]{1,5}$/, '') || name;

function metadataOf(file, replaces) {
  return replaces ? { media_id: String(replaces.id), filename: file.name } : { title: titleOf(file.name), filename: file.name, filetype: file.type };
}

function progressed(id, sent, total) {
  const job = running.get(id);
  const moment = performance.now();
  const seconds = (moment - job.moment) / 1000;
  if (seconds < 0.2 && sent < total) {
    return;
  }
  const speed = (sent - job.before) / seconds;
  job.moment = moment;
  job.before = sent;
  change(id, { sent, speed: job.speed = job.speed ? job.speed + SMOOTHING * (speed - job.speed) : speed });
}

function problemOf(error) {
  const answer = error.originalResponse;
  try {
    const { detail, ...rest } = JSON.parse(answer.getBody());
    return new Problem({ ...rest, detail, status: answer.getStatus() });
  } catch {
    return new Problem({ status: answer?.getStatus() ?? 0, detail: answer ? t('uploads.refused', { status: answer.getStatus() }) : '' });
  }
}

function succeeded(id, answer) {
  const mediaId = Number(answer.lastResponse?.getHeader('Media-Location')?.split('/').at(-1)) || null;
  const { size } = find(id);
  change(id, { state: 'done', sent: size, mediaId });
  running.delete(id);
  startNext();
  listeners.forEach((done) => done({ ...find(id), mediaId }));
}

function failed(id, error) {
  change(id, { state: 'failed', problem: problemOf(error) });
  running.delete(id);
  startNext();
}

function optionsOf(id, file, replaces) {
  const job = { refused: null, moment: performance.now(), before: 0 };
  running.set(id, job);
  return {
    endpoint: '/uploads/',
    metadata: metadataOf(file, replaces),
    retryDelays: DELAYS_MS,
    removeFingerprintOnSuccess: true,
    fingerprint: async () => [prefix(), replaces?.id ?? 'new', file.name, file.size, file.lastModified].join('-'),
    onBeforeRequest: async (request) => {
      job.token = await accessToken(job.refused);
      request.setHeader('Authorization', `Bearer ${job.token}`);
    },
    onAfterResponse: (_, answer) => {
      job.refused = answer.getStatus() === 401 ? job.token : null;
    },
    onShouldRetry: (error) => {
      const status = error.originalResponse?.getStatus() ?? 0;
      return status < 400 || status >= 500 || PASSING.includes(status);
    },
    onProgress: (sent, total) => progressed(id, sent, total),
    onSuccess: (answer) => succeeded(id, answer),
    onError: (error) => failed(id, error),
  };
}

async function begin(id) {
  const { file, replaces } = find(id);
  change(id, { state: 'running', problem: null });
  const options = optionsOf(id, file, replaces);
  const job = running.get(id);
  const client = await tus().catch((error) => failed(id, error));
  if (!client || running.get(id) !== job) {
    return; // paused or given up meanwhile
  }
  const upload = new client.Upload(file, options);
  job.upload = upload;
  const [previous] = await upload.findPreviousUploads();
  if (previous) {
    upload.resumeFromPreviousUpload(previous);
    earlier.set((all) => all.filter(({ key }) => key !== previous.urlStorageKey));
  }
  if (running.get(id) === job) {
    upload.start();
  }
}

function startNext() {
  const free = AT_ONCE - uploads.get().filter(({ state }) => state === 'running').length;
  uploads.get().filter(({ state }) => state === 'waiting').slice(0, Math.max(0, free)).forEach(({ id }) => begin(id));
}

// replaces: the medium whose file it is to be; null: a new medium.
export function addUploads(files, replaces = null) {
  uploads.set((all) => [...all, ...files.map((file) => ({
    id: (serial += 1), file, name: file.name, size: file.size, sent: 0, speed: 0, state: 'waiting', problem: null, mediaId: null, replaces,
  }))]);
  startNext();
}

export async function pauseUpload(id) {
  const upload = running.get(id)?.upload;
  change(id, { state: 'paused', speed: 0 });
  running.delete(id);
  await upload?.abort();
  startNext();
}

export function resumeUpload(id) {
  change(id, { state: 'waiting', problem: null });
  startNext();
}

// Gives it up; the server forgets its bytes.
export async function endUpload(id) {
  const job = running.get(id);
  uploads.set((all) => all.filter((one) => one.id !== id));
  running.delete(id);
  await job?.upload?.abort(true).catch(() => {});
  startNext();
}

export function forgetDone() {
  uploads.set((all) => all.filter(({ state }) => state !== 'done'));
}

export async function findEarlier() {
  const { defaultOptions } = await tus();
  const all = await defaultOptions.urlStorage.findAllUploads();
  const ours = all.filter(({ urlStorageKey }) => urlStorageKey.startsWith(`tus::${prefix()}-`));
  const known = new Set([...running.values()].map(({ upload }) => upload?.url));
  earlier.set(ours.filter(({ uploadUrl }) => !known.has(uploadUrl)).map(({ urlStorageKey, metadata, size, uploadUrl }) => ({
    key: urlStorageKey, name: metadata.filename, size, url: uploadUrl,
  })));
}

export async function endEarlier({ key, url }) {
  const { defaultOptions } = await tus();
  await defaultOptions.urlStorage.removeUpload(key);
  await fetch(url, { method: 'DELETE', headers: { Authorization: `Bearer ${await accessToken()}`, 'Tus-Resumable': '1.0.0' } }).catch(() => {});
  earlier.set((all) => all.filter((one) => one.key !== key));
}

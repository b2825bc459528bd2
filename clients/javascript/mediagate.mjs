// SPDX-License-Identifier: ISC
// A client of mediagate's HTTP API: one module without dependencies, for Node 20 and later, Deno, Bun and browsers.
//
//   const client = new Client('https://media.example.org', { key: 'mgk_…' });
//   const medium = await client.post('/media/media/', { title: 'A film', type: 'video' });
//   await client.upload(await openAsBlob('film.mp4'), { mediaId: medium.id });
//   console.log((await client.streamUrl(medium.id, { viewer: 'u-1234' })).stream_url);
//
// Every call, field and status is in docs/openapi.yaml. Never give a key to a web page: it belongs on your server.

/** @typedef {import('./mediagate-api.d.ts').components} Components */
/** @typedef {Components['schemas']['MediaAsset']} Medium */
/** @typedef {Components['schemas']['StreamUrl']} Grant */

const CHUNK = 8 * 1024 * 1024;
const ATTEMPTS = 6;
const PASSING = new Set([0, 409, 423, 429, 502, 503, 504]); // 0: the connection broke

/** An answer that is an error: a problem document (RFC 9457). */
export class Problem extends Error {
  constructor(status, document, retryAfter) {
    super(`${status} ${document.title ?? ''}: ${document.detail ?? document.type}`);
    this.name = 'Problem';
    this.status = status;
    this.type = document.type ?? 'about:blank';
    this.detail = document.detail;
    this.errors = document.errors ?? []; // of a 422: [{pointer, detail}]
    this.requestId = document.request_id;
    this.retryAfter = retryAfter; // seconds
  }
}

const sleep = (ms) => new Promise((done) => { setTimeout(done, ms); });

function base64(text) {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

async function problemOf(answer) {
  const text = await answer.text();
  let document = { title: answer.statusText };
  try {
    document = JSON.parse(text);
  } catch {
    // a proxy's own page, perhaps; HEAD has no body
  }
  return new Problem(answer.status, document, Number(answer.headers.get('Retry-After')) || undefined);
}

export class Client {
  #base;
  #credentials;
  #tokens = null;
  #renewing = null;

  /**
   * Calls as an API key, or as an account: it logs in when it has to, and refreshes its access token before that expires.
   * @param {string} baseUrl
   * @param {{key?: string, email?: string, password?: string, fetch?: typeof fetch}} credentials
   */
  constructor(baseUrl, credentials = {}) {
    this.#base = baseUrl.replace(/\/+$/, '');
    this.#credentials = credentials;
  }

  // --- calls ---

  get(path, query = {}) { return this.call('GET', path, { query }); }

  post(path, body = {}) { return this.call('POST', path, { body }); }

  patch(path, body) { return this.call('PATCH', path, { body }); }

  delete(path, query = {}) { return this.call('DELETE', path, { query }); }

  /**
   * The answer's JSON; null where it has no body. Throws a Problem for every other status.
   * @param {string} method
   * @param {string} path
   * @param {{body?: unknown, query?: Record<string, unknown>}} [options]
   */
  async call(method, path, { body, query = {} } = {}) {
    const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
    const search = given.length ? `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}` : '';
    const json = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } };
    const text = await (await this.#authorized(method, path + search, json)).text();
    return text ? JSON.parse(text) : null;
  }

  /** Each item of a list, over all of its pages. */
  async* pages(path, query = {}) {
    let cursor;
    do {
      const page = await this.get(path, { ...query, cursor });
      yield* page.items;
      cursor = page.next_cursor;
    } while (cursor !== null);
  }

  // --- media ---

  /**
   * @param {number} mediaId
   * @param {{ttl_seconds?: number, viewer?: string, bind_ip?: string, download?: boolean}} [terms]
   * @returns {Promise<Grant>}
   */
  streamUrl(mediaId, terms = {}) { return this.get(`/media/media/${mediaId}/stream-url`, terms); }

  /**
   * A grant with a later end.
   * @param {Grant} grant
   * @param {{ttl_seconds?: number, bind_ip?: string}} [terms] bind_ip: where its URL is bound
   * @returns {Promise<Grant>}
   */
  renew(grant, terms = {}) {
    return this.post(`/media/grants/${grant.grant_id}/renew`, { stream_url: grant.stream_url, ...terms });
  }

  /**
   * Uploads a Blob or File resumably (tus 1.0.0): to the medium `mediaId`, or a new one with this title and type. A broken
   * connection goes on where it broke. `started` is told the upload's URL, with which a later `uploadUrl` goes on after
   * the end of this program; `progress` is told bytes sent and of how many.
   * @param {Blob} blob
   * @param {{mediaId?: number, title?: string, type?: 'video' | 'audio', uploadUrl?: string, chunk?: number,
   *   started?: (url: string) => void, progress?: (sent: number, size: number) => void}} [options]
   * @returns {Promise<Medium>}
   */
  async upload(blob, { mediaId, title, type, uploadUrl, started, progress, chunk = CHUNK } = {}) {
    let url = uploadUrl;
    if (!url) {
      url = await this.#beginUpload(blob.size, { media_id: mediaId, title, type });
      started?.(url);
    }
    const place = await this.#sendBlob(blob, new URL(url, this.#base).pathname, chunk, progress);
    return this.get(new URL(place, this.#base).pathname);
  }

  async #beginUpload(size, named) {
    const metadata = Object.entries(named).filter(([, value]) => value !== undefined);
    const answer = await this.#authorized('POST', '/uploads/', {
      headers: {
        'Tus-Resumable': '1.0.0',
        'Upload-Length': String(size),
        'Upload-Metadata': metadata.map(([name, value]) => `${name} ${base64(String(value))}`).join(','),
      },
    });
    return answer.headers.get('Location');
  }

  async #sendBlob(blob, path, chunk, progress) {
    for (let failures = 0; ;) {
      try {
        let state = await this.#authorized('HEAD', path, { headers: { 'Tus-Resumable': '1.0.0' } });
        while (!state.headers.get('Media-Location')) {
          const offset = Number(state.headers.get('Upload-Offset'));
          state = await this.#authorized('PATCH', path, {
            body: blob.slice(offset, offset + chunk),
            headers: {
              'Tus-Resumable': '1.0.0',
              'Upload-Offset': String(offset),
              'Content-Type': 'application/offset+octet-stream',
            },
          });
          failures = 0;
          progress?.(Number(state.headers.get('Upload-Offset')), blob.size);
        }
        return state.headers.get('Media-Location');
      } catch (error) {
        failures += 1;
        if (!(error instanceof Problem) || !PASSING.has(error.status) || failures === ATTEMPTS) {
          throw error;
        }
        await sleep(error.retryAfter ? error.retryAfter * 1000 : Math.min(250 * 2 ** failures, 10000));
      }
    }
  }

  // --- who calls ---

  /**
   * @param {string} method
   * @param {string} path
   * @param {{headers?: Record<string, string>, body?: BodyInit}} [options]
   */
  async #authorized(method, path, { headers = {}, body } = {}) {
    const send = async () => this.#send(method, path, { body, headers: { ...headers, ...await this.#authorization() } });
    try {
      return await send();
    } catch (error) {
      if (error.status !== 401 || this.#credentials.key || !this.#tokens) {
        throw error;
      }
    }
    this.#tokens = null; // ended early, by a new password perhaps: once more with a new login
    return send();
  }

  async #authorization() {
    if (this.#credentials.key) {
      return { Authorization: `Bearer ${this.#credentials.key}` };
    }
    if (!this.#credentials.email) {
      return {};
    }
    if (!this.#tokens || performance.now() > this.#tokens.due) {
      // Calls at once share one refresh: a refresh token is good once.
      this.#renewing ??= this.#takeTokens().finally(() => { this.#renewing = null; });
      await this.#renewing;
    }
    return { Authorization: `Bearer ${this.#tokens.access_token}` };
  }

  async #takeTokens() {
    const { email, password } = this.#credentials;
    if (this.#tokens) {
      try {
        this.#keep(await this.#postAlone('/auth/refresh', { refresh_token: this.#tokens.refresh_token }));
        return;
      } catch (error) {
        if (error.status !== 401) throw error;
      }
    }
    this.#keep(await this.#postAlone('/auth/login', { email, password }));
  }

  #keep(tokens) {
    this.#tokens = { ...tokens, due: performance.now() + tokens.expires_in * 800 };
  }

  async #postAlone(path, body) {
    const headers = { 'Content-Type': 'application/json' };
    return (await this.#send('POST', path, { body: JSON.stringify(body), headers })).json();
  }

  async #send(method, path, init) {
    let answer;
    try {
      // A redirect could carry the key elsewhere.
      answer = await (this.#credentials.fetch ?? fetch)(this.#base + path, { method, redirect: 'error', ...init });
    } catch (error) {
      throw new Problem(0, { title: 'No answer', detail: error.cause?.message ?? error.message });
    }
    if (!answer.ok) {
      throw await problemOf(answer);
    }
    return answer;
  }
}

// --- webhooks ---

/** A message that is not to be believed. */
export class WebhookError extends Error {}

const bytesOf = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

/**
 * The JSON of a webhook (Standard Webhooks 1.0.0) whose signature and time are good; rejects with a WebhookError else.
 * Keep the webhook-id, and take each once: a message may come again.
 * @param {string | string[]} secrets one "whsec_…", or several while one is being replaced
 * @param {Headers | Record<string, string>} headers
 * @param {string} body the text as it came
 */
export async function verifyWebhook(secrets, headers, body, { toleranceSeconds = 300, now = Date.now() / 1000 } = {}) {
  const named = new Headers(headers);
  const id = named.get('webhook-id');
  const timestamp = named.get('webhook-timestamp') ?? '';
  if (!id || !/^[0-9]{1,15}$/.test(timestamp)) {
    throw new WebhookError('webhook-id or webhook-timestamp is missing');
  }
  if (Math.abs(now - Number(timestamp)) > toleranceSeconds) {
    throw new WebhookError('the message is too old, or of the future');
  }
  const signed = new TextEncoder().encode(`${id}.${timestamp}.${body}`);
  for (const secret of [secrets].flat()) {
    const raw = bytesOf(secret.replace(/^whsec_/, ''));
    const key = await crypto.subtle.importKey('raw', raw, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
    for (const given of (named.get('webhook-signature') ?? '').split(' ')) {
      const [, signature] = /^v1,([A-Za-z0-9+/]{43}=)$/.exec(given) ?? [];
      if (signature && await crypto.subtle.verify('HMAC', key, bytesOf(signature), signed)) {
        return JSON.parse(body);
      }
    }
  }
  throw new WebhookError('no signature fits');
}

// SPDX-License-Identifier: ISC
// One upload by tus-js-client, the same in Node and in a page: broken off `aborts` times at random points, and taken up again each time.
// Self-contained, since a page gets its text. job: {endpoint, token, size, metadata, chunk_size?, aborts?, seed?, with_creation?, refused?}.
export async function upload(tus, source, job) {
  const seen = { aborts: 0, offsets: [], media: null, requests: 0, creations: 0, refusals: [] };
  let state = job.seed ?? 1;
  const random = () => { // mulberry32
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const left = () => (job.aborts ?? 0) - seen.aborts;
  let known = 0; // the offset that the server told last
  const choose = () => known + random() * 1.5 * (job.size - known) / (left() + 1);
  let next = choose();
  let breaking = false;
  // When the last request is over, answered or not: an XMLHttpRequest says loadend, a request of Node close.
  let over = null;
  const stack = new tus.DefaultHttpStack();
  const httpStack = {
    getName: () => stack.getName(),
    createRequest: (method, url) => {
      const request = stack.createRequest(method, url);
      const send = request.send.bind(request);
      request.send = (body) => {
        const answer = send(body);
        const wire = request.getUnderlyingObject();
        over = new Promise((done) => { if (wire.addEventListener) wire.addEventListener('loadend', done); else wire.once('close', done); });
        return answer;
      };
      return request;
    },
  };
  await new Promise((resolve, reject) => {
    const breakOff = async () => {
      const broken = over;
      await one.abort();
      // The client hears of its broken request a moment later; begun anew before that, it would retry beside itself.
      await broken;
      await new Promise((done) => setTimeout(done, 0)); // what hangs on the event has run
      seen.aborts += 1;
      next = choose();
      breaking = false;
      one.start();
    };
    const one = new tus.Upload(source, {
      endpoint: job.endpoint,
      httpStack,
      uploadSize: job.size,
      chunkSize: job.chunk_size ?? Infinity,
      retryDelays: [0, 100, 500, 1000, 2000, 3000, 5000, 5000, 5000],
      storeFingerprintForResuming: false,
      uploadDataDuringCreation: job.with_creation ?? false,
      headers: { Authorization: `Bearer ${job.token}` },
      metadata: job.metadata,
      onProgress: (sent) => {
        if (left() > 0 && sent >= next && !breaking) {
          breaking = true;
          setTimeout(() => breakOff().catch(reject), random() * (job.abort_within_ms ?? 5));
        }
      },
      onAfterResponse: (request, response) => {
        seen.requests += 1;
        seen.creations += request.getMethod() === 'POST' ? 1 : 0;
        seen.media = response.getHeader('Media-Location') ?? seen.media;
        if (request.getMethod() === 'HEAD' && response.getStatus() === 200) {
          known = Number(response.getHeader('Upload-Offset'));
          seen.offsets.push(known);
        }
      },
      onSuccess: () => { if (!breaking) resolve(); },
      onError: (error) => {
        if (!breaking && job.refused) { // taken up once more, as if the first answer had been lost
          seen.refusals.push({ status: error.originalResponse?.getStatus() ?? 0, body: error.originalResponse?.getBody() ?? '' });
          if (seen.refusals.length < 2) one.start(); else resolve();
        } else if (!breaking) reject(error);
      },
    });
    one.start();
  });
  return seen;
}

// SPDX-License-Identifier: ISC
// The page's policy forbids strings where a browser runs them. The one exception is the worker that hls.js starts from its own file.
export const workerPath = HLS_WORKER;

globalThis.trustedTypes?.createPolicy('default', {
  createScriptURL: (url) => (new URL(url, location.origin).href === new URL(workerPath, location.origin).href ? url : null),
});

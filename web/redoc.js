// SPDX-License-Identifier: ISC
// Starts Redoc on our own document, with fonts of the reader's system.
Redoc.init('/openapi.json', {
  theme: {
    typography: { fontFamily: 'sans-serif', headings: { fontFamily: 'sans-serif' }, code: { fontFamily: 'monospace' } },
  },
}, document.getElementById('redoc'));

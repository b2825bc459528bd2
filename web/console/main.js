// SPDX-License-Identifier: ISC
// Starts the console: language, session, router, then the page that the address names.
import { html, render } from './lib/html.js';
import { startLanguage, t } from './lib/text.js';
import { session, startSession } from './lib/session.js';
import { place, startRouter, usePlace } from './lib/router.js';
import { useStore } from './lib/store.js';
import { createCurtain } from './lib/curtain.js';
import { drawn } from './lib/restart.js';
import { pageOf } from './lib/areas.js';
import { READER_PATH } from './lib/reader.js';
import { Shell } from './parts/shell.js';
import { Toasts } from './parts/toasts.js';
import { DropAnywhere } from './parts/drop.js';
import { Empty, Waiting } from './parts/states.js';
import { Reader } from './pages/report.js';
import { EnrolGate, Gate } from './pages/gate.js';
import './lib/trusted.js';

function Page() {
  const { path } = usePlace();
  const found = pageOf(path);
  if (found === null) {
    return html`<h1 tabindex="-1">${t('missing')}</h1><${Empty} icon="search" title=${t('missing.title')} words=${t('missing.words')} />`;
  }
  return html`<${found.page} key=${`${found.page.name}/${found.parameters.id ?? ''}`} ...${found.parameters} />`;
}

// What a person works with. It stays alive while the session is over, out of the document; another person gets a new one.
function App() {
  const { account } = useStore(session);
  useStore(drawn);
  return account && html`<div><${Shell}><${Page} /><//><${DropAnywhere} /><${Toasts} /></div>`;
}

// What stands in its place as long as nobody is let in.
function Door() {
  const { state } = useStore(session);
  useStore(drawn);
  switch (state) {
    case 'in': return null;
    case 'starting': return html`<${Waiting} />`;
    case 'enrol': return html`<${EnrolGate} />`;
    default: return html`<${Gate} ended=${state} />`;
  }
}

await startLanguage();
startRouter();
const root = document.getElementById('app');
const page = document.createElement('div');
const door = document.createElement('div');
const show = createCurtain(page, root);
root.append(door);
if (place.get().path === READER_PATH) {
  render(html`<${Reader} />`, door);
} else {
  render(html`<${Door} />`, door);
  render(html`<${App} />`, page);
  session.watch(({ state }) => show(state === 'in'));
  startSession();
}

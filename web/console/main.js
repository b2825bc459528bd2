// SPDX-License-Identifier: ISC
// Starts the console: language, session, router, then the page that the address names.
import { html, render } from './lib/html.js';
import { startLanguage, t } from './lib/text.js';
import { session, startSession } from './lib/session.js';
import { startRouter, usePlace } from './lib/router.js';
import { useStore } from './lib/store.js';
import { drawn } from './lib/restart.js';
import { pageOf } from './lib/areas.js';
import { Shell } from './parts/shell.js';
import { Toasts } from './parts/toasts.js';
import { DropAnywhere } from './parts/drop.js';
import { Empty, Waiting } from './parts/states.js';
import { EnrolGate, Gate, Lock } from './pages/gate.js';
import './lib/trusted.js';

function Page() {
  const { path } = usePlace();
  const found = pageOf(path);
  if (found === null) {
    return html`<h1 tabindex="-1">${t('missing')}</h1><${Empty} icon="search" title=${t('missing.title')} words=${t('missing.words')} />`;
  }
  return html`<${found.page} key=${`${found.page.name}/${found.parameters.id ?? ''}`} ...${found.parameters} />`;
}

// While the session is over, the page stays as it is behind the log-in: what was typed is there again afterwards.
function App() {
  const { state } = useStore(session);
  const draw = useStore(drawn);
  if (state === 'starting') {
    return html`<${Waiting} />`;
  }
  if (state === 'out') {
    return html`<${Gate} key=${draw} />`;
  }
  if (state === 'enrol') {
    return html`<${EnrolGate} key=${draw} />`;
  }
  const locked = state === 'locked';
  return html`<div key=${draw}>
    <div inert=${locked} hidden=${locked}><${Shell}><${Page} /><//><${DropAnywhere} /></div>
    ${locked && html`<${Lock} />`}
    <${Toasts} />
  </div>`;
}

await startLanguage();
startRouter();
render(html`<${App} />`, document.getElementById('app'));
startSession();

// SPDX-License-Identifier: ISC
// Who watches what now, renewed every five seconds while the page is seen.
import { html, useState } from '../lib/html.js';
import { t } from '../lib/text.js';
import { get } from '../lib/api.js';
import { number } from '../lib/format.js';
import { href } from '../lib/router.js';
import { useData, useEvery, useTitle } from '../lib/hooks.js';
import { Button } from '../parts/form.js';
import { Empty, Head, Loaded, Panel } from '../parts/states.js';

const EVERY_MS = 5000;

function Watched({ items }) {
  return html`<table class="list"><thead><tr><th scope="col">${t('medium')}</th><th scope="col" class="number">${t('live.watching')}</th></tr></thead>
    <tbody>${items.map((item) => html`<tr key=${item.media_id}><th scope="row"><a href=${href(`/media/${item.media_id}`)}>${item.title}</a></th>
      <td class="number" data-name=${t('live.watching')}>${number(item.watching)}</td></tr>`)}</tbody></table>`;
}

export function Live() {
  useTitle(t('live'));
  const [going, setGoing] = useState(true);
  const live = useData((signal) => get('/analytics/live', { limit: 100 }, signal), []);
  useEvery(EVERY_MS, live.reload, going);
  return html`<${Head} title=${t('live')}>
      <${Button} icon=${going ? 'pause' : 'play'} onClick=${() => setGoing(!going)}>${t(going ? 'live.pause' : 'live.go')}<//>
    <//>
    <${Loaded} of=${live}>${(data) => html`<${Panel} title=${t('live.now')}>
      <p><span class="big">${number(data.watching)}</span> <span class="muted">${t('live.words', { count: data.watching, media: number(data.media) })}</span></p>
      ${data.items.length === 0 ? html`<${Empty} icon="live" title=${t('live.none')} words=${t('live.none.words')} />` : html`<${Watched} items=${data.items} />`}
    <//><p class="small muted">${t('live.hint')}</p>`}<//>`;
}

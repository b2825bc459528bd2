// SPDX-License-Identifier: ISC
// The posters of the media of a list: one call for all of them. {media id: path}. Media without a package have none.
import { useEffect, useState } from './html.js';
import { call } from './api.js';
import { can } from './scopes.js';

const AT_ONCE = 200; // items of a call
const none = new Map();

async function ask(media) {
  const json = { items: media.slice(0, AT_ONCE).map(({ id }) => ({ media_id: id, viewer: 'console' })) };
  const { items } = await call('POST', '/media/stream-urls', { json });
  const pictures = items.map(({ media_id: id, grant }) => [id, grant?.streams.poster_320 ?? grant?.streams.poster]);
  return pictures.filter(([, url]) => url).map(([id, url]) => [id, new URL(url).pathname]);
}

export function usePosters(items) {
  const [posters, setPosters] = useState(none);
  const wanted = items.filter((medium) => medium.package?.served && !posters.has(medium.id));
  useEffect(() => {
    if (wanted.length > 0 && can('createGrants')) {
      ask(wanted).then((found) => setPosters((old) => new Map([...old, ...found])), () => {}); // a list without pictures is good, too
    }
  }, [wanted.map(({ id }) => id).join()]);
  return posters;
}

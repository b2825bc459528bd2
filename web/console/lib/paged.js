// SPDX-License-Identifier: ISC
// A list of the API, page by page: the first by itself, the next ones when somebody asks for more.
import { useEffect, useState } from './html.js';
import { get } from './api.js';
import { useAction, useData } from './hooks.js';

// cursorName: the parameter that takes `next_cursor`. What renews a list stops where it is `extended`: it would lose the later pages.
export function usePaged(path, query = {}, limit = 50, cursorName = 'cursor') {
  const first = useData((signal) => get(path, { ...query, limit }, signal), [path, JSON.stringify(query)]);
  const [rest, setRest] = useState({ items: [], cursor: null });
  useEffect(() => setRest({ items: [], cursor: first.data?.next_cursor ?? null }), [first.data]);
  const more = useAction(async () => {
    const page = await get(path, { ...query, limit, [cursorName]: rest.cursor });
    setRest((old) => ({ items: [...old.items, ...page.items], cursor: page.next_cursor }));
  });
  return { ...first, first, items: [...(first.data?.items ?? []), ...rest.items], cursor: rest.cursor, extended: rest.items.length > 0, more };
}

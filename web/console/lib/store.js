// SPDX-License-Identifier: ISC
// A value that components watch: get() and set() from anywhere, useStore() in a component.
import { useEffect, useState } from 'preact/hooks';

export function createStore(initial) {
  const watchers = new Set();
  let value = initial;
  return {
    get: () => value,
    set(next) {
      value = typeof next === 'function' ? next(value) : next;
      watchers.forEach((watch) => watch(value));
    },
    watch(watch) {
      watchers.add(watch);
      return () => watchers.delete(watch);
    },
  };
}

export function useStore(store) {
  const [value, setValue] = useState(store.get());
  useEffect(() => {
    setValue(store.get()); // it may have changed between the render and this effect
    return store.watch((next) => setValue(() => next));
  }, [store]);
  return value;
}

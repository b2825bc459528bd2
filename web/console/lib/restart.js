// SPDX-License-Identifier: ISC
// Draws everything anew, for what is no component's state: the language.
import { createStore } from './store.js';
import { setLanguage } from './text.js';

export const drawn = createStore(0);

export async function chooseLanguage(name) {
  await setLanguage(name);
  drawn.set((old) => old + 1);
}

// SPDX-License-Identifier: ISC
// Draws everything again, for what is no component's state: the language. What was typed stays.
import { createStore } from './store.js';
import { setLanguage } from './text.js';

export const drawn = createStore(0);

export async function chooseLanguage(name) {
  await setLanguage(name);
  drawn.set((old) => old + 1);
}

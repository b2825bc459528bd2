// SPDX-License-Identifier: ISC
// Dialogs over the page. The browser keeps the keyboard in them, Escape closes, and the focus goes back to where it was.
import { html, useEffect, useRef } from '../lib/html.js';
import { t } from '../lib/text.js';
import { useAction } from '../lib/hooks.js';
import { Button, useId, Wrong } from './form.js';

export function Dialog({ title, onClose, narrow = false, children }) {
  const element = useRef(null);
  const id = useId('d');
  useEffect(() => {
    const before = document.activeElement;
    const dialog = element.current;
    dialog.showModal();
    return () => {
      dialog.close(); // while it is open, nothing behind it takes the focus
      before?.focus?.();
    };
  }, []);
  return html`<dialog ref=${element} class=${narrow ? 'narrow' : ''} aria-labelledby=${id}
    onCancel=${(event) => { event.preventDefault(); onClose(); }}>
    <header><h2 id=${id}>${title}</h2><${Button} kind="plain icon" icon="close" aria-label=${t('close')} onClick=${onClose} /></header>
    <div class="body">${children}</div>
  </dialog>`;
}

// Asks before what cannot be undone. action() may throw a Problem, which is shown.
export function Confirm({ title, words, verb, action, onClose }) {
  const deed = useAction(action);
  return html`<${Dialog} title=${title} narrow onClose=${onClose}>
    <p>${words}</p>
    <${Wrong} problem=${deed.problem} />
    <div class="actions">
      <${Button} onClick=${onClose}>${t('cancel')}<//>
      <${Button} kind="danger" busy=${deed.busy} onClick=${async () => (await deed.run()) && onClose()}>${verb}<//>
    </div>
  <//>`;
}

// SPDX-License-Identifier: ISC
// Text to take along: shown in full, selectable, and copied by a button that says so.
import { html, useState } from '../lib/html.js';
import { t } from '../lib/text.js';
import { Button, useId } from './form.js';
import { toast } from './toasts.js';

export async function copyText(text, field) {
  try {
    await navigator.clipboard.writeText(text);
  } catch { // no secure context: the selected text is there to be copied by hand
    field?.select();
    if (!document.execCommand('copy')) {
      return;
    }
  }
  toast(t('copied'));
}

// forms: [[name, text]]
export function Copy({ label, forms }) {
  const [chosen, setChosen] = useState(forms[0][0]);
  const id = useId('c');
  const text = (forms.find(([name]) => name === chosen) ?? forms[0])[1];
  return html`<div class="copy">
    ${forms.length > 1 && html`<div class="segments" role="group" aria-label=${label}>
      ${forms.map(([name]) => html`<button type="button" key=${name} aria-pressed=${String(name === chosen)} onClick=${() => setChosen(name)}>${name}</button>`)}
    </div>`}
    <textarea id=${id} readonly rows="4" aria-label=${label} value=${text} onFocus=${(event) => event.target.select()}></textarea>
    <div><${Button} icon="copy" onClick=${() => copyText(text, document.getElementById(id))}>${t('copy')}<//></div>
  </div>`;
}

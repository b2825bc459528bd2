// SPDX-License-Identifier: ISC
// Fields with their label, hint and what is wrong with them; forms that send by script, so that the policy can forbid form actions.
import { html, useRef } from '../lib/html.js';
import { problemText } from '../lib/hooks.js';
import { t } from '../lib/text.js';
import { Icon } from './icons.js';

let serial = 0;
export function useId(prefix = 'f') {
  const id = useRef(null);
  id.current ??= `${prefix}${(serial += 1)}`;
  return id.current;
}

// control(props) makes the input; it gets the ids that tie it to its hint and its error.
function Labelled({ label, hint, wrong, control, id }) {
  const describedBy = [hint && `${id}-hint`, wrong && `${id}-wrong`].filter(Boolean).join(' ') || null;
  return html`<div class="field">
    <label for=${id}>${label}</label>
    ${control({ id, 'aria-describedby': describedBy, 'aria-invalid': wrong ? 'true' : null })}
    ${hint && html`<span class="hint" id=${`${id}-hint`}>${hint}</span>`}
    ${wrong && html`<span class="wrong" id=${`${id}-wrong`}>${wrong}</span>`}
  </div>`;
}

export function Field({ label, hint, wrong, value, onInput, ...rest }) {
  const id = useId();
  return html`<${Labelled} label=${label} hint=${hint} wrong=${wrong} id=${id} control=${(ties) => html`
    <input ...${ties} ...${rest} value=${value} onInput=${(event) => onInput(event.target.value)} />`} />`;
}

export function TextArea({ label, hint, wrong, value, onInput, ...rest }) {
  const id = useId();
  return html`<${Labelled} label=${label} hint=${hint} wrong=${wrong} id=${id} control=${(ties) => html`
    <textarea ...${ties} ...${rest} value=${value} onInput=${(event) => onInput(event.target.value)}></textarea>`} />`;
}

// options: [[value, words]]
export function Select({ label, hint, wrong, value, options, onChange, ...rest }) {
  const id = useId();
  return html`<${Labelled} label=${label} hint=${hint} wrong=${wrong} id=${id} control=${(ties) => html`
    <select ...${ties} ...${rest} value=${value} onChange=${(event) => onChange(event.target.value)}>
      ${options.map(([one, words]) => html`<option key=${one} value=${one} selected=${String(one) === String(value)}>${words}</option>`)}
    </select>`} />`;
}

export function Check({ label, checked, onChange, ...rest }) {
  const id = useId();
  return html`<div class="check">
    <input type="checkbox" id=${id} checked=${checked} onChange=${(event) => onChange(event.target.checked)} ...${rest} />
    <label for=${id}>${label}</label>
  </div>`;
}

// Buttons of which one is pressed. options: [[value, words, icon]]
export function Segments({ label, value, options, onChange }) {
  return html`<div class="segments" role="group" aria-label=${label}>
    ${options.map(([one, words, icon]) => html`<button type="button" key=${one} aria-pressed=${String(one === value)}
      aria-label=${icon ? words : null} title=${icon ? words : null} onClick=${() => onChange(one)}>
      ${icon ? html`<${Icon} name=${icon} />` : words}</button>`)}
  </div>`;
}

export function Form({ onSubmit, children, ...rest }) {
  return html`<form class="stack" novalidate ...${rest} onSubmit=${(event) => {
    event.preventDefault();
    onSubmit();
  }}>${children}</form>`;
}

export function Wrong({ problem, also = [] }) {
  if (!problem) {
    return null;
  }
  const fields = problem.fields?.() ?? {};
  const rest = Object.entries(fields).filter(([pointer]) => !also.includes(pointer));
  return html`<div class="note bad" role="alert"><${Icon} name="warning" /><div>
    <p>${rest.length > 0 ? rest.map(([pointer, detail]) => `${pointer.replace(/^[/?]/, '')} ${detail}`.trim()).join('. ') : problemText(problem)}</p>
    ${problem.requestId && problem.status >= 500 && html`<p class="small">${t('problem.request', { id: problem.requestId })}</p>`}
  </div></div>`;
}

export function Button({ icon, kind = '', busy = false, children, disabled, ...rest }) {
  return html`<button type="button" class=${`button ${kind}`} disabled=${disabled || busy} ...${rest}>
    ${icon && html`<${Icon} name=${icon} size="18" />`}${children}</button>`;
}

// A button that opens the choice of files; `onFiles` gets them.
export function FilePick({ label, accept, multiple = false, kind = '', icon = 'uploads', onFiles }) {
  return html`<span class="file-pick"><span class=${`button ${kind}`} aria-hidden="true"><${Icon} name=${icon} size="18" />${label}</span>
    <input type="file" aria-label=${label} accept=${accept} multiple=${multiple} onChange=${(event) => {
      onFiles([...event.target.files]);
      event.target.value = '';
    }} /></span>`;
}

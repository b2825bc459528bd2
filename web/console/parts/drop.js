// SPDX-License-Identifier: ISC
// Files may be dropped anywhere on the page; each becomes a medium. The other way is the button "Upload files".
import { html, useEffect, useState } from '../lib/html.js';
import { t } from '../lib/text.js';
import { can } from '../lib/scopes.js';
import { session } from '../lib/session.js';
import { addUploads, onUploaded } from '../lib/uploads.js';
import { href, navigate } from '../lib/router.js';
import { toast } from './toasts.js';

export function queueFiles(files, replaces = null) {
  if (files.length === 0) {
    return;
  }
  addUploads(files, replaces);
  toast(t('uploads.added', { count: files.length }), { href: href('/uploads'), words: t('uploads.see') });
}

const hasFiles = (event) => session.get().state === 'in' && [...(event.dataTransfer?.types ?? [])].includes('Files');

export function DropAnywhere() {
  const [over, setOver] = useState(false);
  useEffect(() => {
    if (!can('createUpload')) {
      return undefined;
    }
    const enter = (event) => hasFiles(event) && (event.preventDefault(), setOver(true));
    const leave = (event) => event.relatedTarget === null && setOver(false);
    const drop = (event) => {
      if (!hasFiles(event)) {
        return;
      }
      event.preventDefault();
      setOver(false);
      queueFiles([...event.dataTransfer.files]);
      navigate('/uploads');
    };
    const on = [['dragenter', enter], ['dragover', enter], ['dragleave', leave], ['drop', drop]];
    on.forEach(([name, handler]) => addEventListener(name, handler));
    const off = onUploaded(({ name, mediaId }) => toast(t('uploads.done', { name }),
      mediaId ? { href: href(`/media/${mediaId}`), words: t('uploads.open') } : null));
    return () => {
      on.forEach(([name, handler]) => removeEventListener(name, handler));
      off();
    };
  }, []);
  return over && html`<div class="dropping" aria-hidden="true">${t('uploads.drop')}</div>`;
}

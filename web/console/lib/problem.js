// SPDX-License-Identifier: ISC
// What the API answers when it refuses (RFC 9457), and what a page shows of it.
import { t } from './text.js';

export class Problem extends Error {
  constructor({ status = 0, type = 'about:blank', detail = '', title = '', errors = [], request_id: requestId = null, ...rest }) {
    super(detail || title || t('problem.network'));
    Object.assign(this, { status, type, errors, requestId, rest });
  }

  // {'/title': 'is required'}: the words for each field of a form. Those of the whole body are under ''.
  fields() {
    return Object.fromEntries(this.errors.map(({ pointer, detail }) => [pointer, detail]));
  }
}

export async function problemOf(answer) {
  const text = await answer.text();
  try {
    return new Problem({ ...JSON.parse(text), status: answer.status });
  } catch {
    return new Problem({ status: answer.status, detail: `${answer.status} ${answer.statusText}` });
  }
}

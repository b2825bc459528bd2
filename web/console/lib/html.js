// SPDX-License-Identifier: ISC
// preact and htm in one place: `html` makes elements of a template, without any compile step and without strings of HTML.
import { h } from 'preact';
import htm from 'htm';

export const html = htm.bind(h);
export { render } from 'preact';
export { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';

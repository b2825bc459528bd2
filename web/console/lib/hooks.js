// SPDX-License-Identifier: ISC
// What pages share: loading of data, timers, and the page's title.
import { useCallback, useEffect, useRef, useState } from './html.js';
import { session } from './session.js';
import { t } from './text.js';

// load(signal) → data. Runs again when a value of `keys` changes; the former data stays until the new is there.
export function useData(load, keys) {
  const [state, setState] = useState({ data: null, problem: null, loading: true });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const ending = new AbortController();
    setState((old) => ({ ...old, loading: true }));
    load(ending.signal)
      .then((data) => !ending.signal.aborted && setState({ data, problem: null, loading: false }))
      .catch((problem) => !ending.signal.aborted && setState((old) => ({ ...old, problem, loading: false })));
    return () => ending.abort();
  }, [...keys, turn]);
  const reload = useCallback(() => setTurn((old) => old + 1), []);
  const replace = useCallback((data) => setState({ data, problem: null, loading: false }), []);
  return { ...state, reload, replace };
}

// work() every `ms` while the page is seen, by who is logged in, and `active`.
export function useEvery(ms, work, active = true) {
  const latest = useRef(work);
  latest.current = work;
  useEffect(() => {
    if (!active) {
      return undefined;
    }
    const timer = setInterval(() => !document.hidden && session.get().state === 'in' && latest.current(), ms);
    return () => clearInterval(timer);
  }, [ms, active]);
}

export function useTitle(title) {
  useEffect(() => {
    document.title = title ? `${title} · mediagate` : 'mediagate';
  }, [title]);
}

// `value` once it has stayed the same for `ms`.
export function useSettled(value, ms) {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}

// An action with its state: run(…) sets busy, keeps the problem, and returns whether it went well.
export function useAction(action) {
  const [state, setState] = useState({ busy: false, problem: null });
  const latest = useRef(action);
  latest.current = action;
  const run = useCallback(async (...parameters) => {
    setState({ busy: true, problem: null });
    try {
      await latest.current(...parameters);
      setState({ busy: false, problem: null });
      return true;
    } catch (problem) {
      setState({ busy: false, problem });
      return false;
    }
  }, []);
  return { ...state, run, clear: () => setState({ busy: false, problem: null }) };
}

export function problemText(problem) {
  return problem?.status === 0 ? t('problem.network') : problem?.message ?? '';
}

// SPDX-License-Identifier: ISC
// What a reader of a shared report sees: the report and nothing of the console. The reader may filter it further, never wider.
import { html, useEffect, useMemo, useState } from '../lib/html.js';
import { t } from '../lib/text.js';
import { dateTime } from '../lib/format.js';
import { useAction, useData, useTitle } from '../lib/hooks.js';
import { linkToken, open, opened, read, READER_PATH, REQUIRED } from '../lib/reader.js';
import { drawn } from '../lib/restart.js';
import { usePlace } from '../lib/router.js';
import { useStore } from '../lib/store.js';
import { boundsName, intervalOf } from '../lib/time.js';
import { Filters, filtersOf, FixedFilters } from '../parts/filters.js';
import { Button, Field, Form, Wrong } from '../parts/form.js';
import { Icon } from '../parts/icons.js';
import { Numbers } from '../parts/numbers.js';
import { reportBounds } from '../parts/report_time.js';
import { Retention } from '../parts/retention.js';
import { LanguageChoice, Mark } from '../parts/shell.js';
import { Empty, Failed, Loaded, Waiting } from '../parts/states.js';
import { Common } from './analytics.js';
import { MOST_STEPS, Top } from './overview.js';

// As the other pages have it. The report's own time holds without being asked for.
function usePeriod(report) {
  const { query } = usePlace();
  const filters = JSON.stringify(filtersOf(query, 'readReportAnalytics'));
  return useMemo(() => {
    const bounds = reportBounds(report);
    const chosen = JSON.parse(filters);
    return { bounds, tz: report.tz, interval: intervalOf(bounds, report.tz), before: null, filters: chosen, query: chosen };
  }, [report, filters]);
}

async function loadNumbers(period, signal) {
  const ask = (interval) => read('/report/analytics', { ...period.query, interval }, signal);
  const data = await ask(period.interval);
  return data.series.length > MOST_STEPS ? ask('month') : data;
}

function topOf({ show_viewers: shown }, { viewers, ...top }) {
  return shown ? { ...top, viewers } : top;
}

function OfMedium({ report, period, data }) {
  return html`<${Retention} medium=${report.medium} period=${period} filters=${period.filters} ask=${(query, signal) => read('/report/retention', query, signal)} />
    <${Common} top=${topOf(report, data.top)} fixed=${report.filter} />`;
}

function Body({ report }) {
  const period = usePeriod(report);
  const numbers = useData((signal) => loadNumbers(period, signal), [period]);
  return html`<${Filters} filters=${period.filters} />
    <${Loaded} of=${numbers}>${(data) => html`<${Numbers} period=${period} data=${data} before=${null} />
      ${report.medium !== null && html`<${OfMedium} report=${report} period=${period} data=${data} />`}`}<//>
    ${report.medium === null && html`<${Top} period=${period} linked=${false} ask=${(query, signal) => read('/report/top', query, signal)} />`}`;
}

function Shown({ report }) {
  useTitle(report.title);
  const of = report.medium === null ? t('reports.all') : report.medium.title;
  return html`<header class="head"><div class="stack tight"><h1 tabindex="-1">${report.title}</h1>
      <p class="muted">${[of === report.title ? null : of, boundsName(reportBounds(report)), t('report.zone', { zone: report.tz.replaceAll('_', ' ') })].filter(Boolean).join(' · ')}</p></div></header>
    <${FixedFilters} filters=${report.filter} robots=${report.bots === 'include'} />
    <${Body} report=${report} />
    <p class="small muted">${t('report.until', { when: dateTime(report.expires_at) })}</p>`;
}

function Locked() {
  useTitle(t('report.locked'));
  const [password, setPassword] = useState('');
  const deed = useAction(() => open(password));
  useEffect(() => document.querySelector('.gate input')?.focus(), []);
  return html`<div class="gate"><main><div class="panel"><h1 tabindex="-1">${t('report.locked')}</h1>
    <p class="muted">${t('report.locked.words')}</p>
    <${Form} onSubmit=${deed.run}>
      <${Field} label=${t('password')} type="password" name="password" autocomplete="off" required value=${password} onInput=${setPassword} wrong=${deed.problem?.fields?.()['/password']} />
      <${Wrong} problem=${deed.problem} also=${['/password']} />
      <${Button} kind="first" type="submit" busy=${deed.busy}>${t('report.open')}<//>
    <//></div></main></div>`;
}

// Why nothing is shown: over, or no report's link at all.
function Nothing({ problem }) {
  const over = problem.type === '/problems/report-over';
  const title = t(over ? 'report.over' : 'report.none');
  useTitle(title);
  return html`<div class="gate"><main><div class="panel"><div class="empty" role="status"><${Icon} name="share" size="40" /><h1 tabindex="-1">${title}</h1>
    <p>${t(over ? 'report.over.words' : 'report.none.words')}</p></div></div></main></div>`;
}

function Page() {
  const { token } = useStore(opened);
  const report = useData((signal) => read('/report', {}, signal), [linkToken(), token]);
  const { problem } = report;
  if (problem?.type === REQUIRED) {
    return html`<${Locked} />`;
  }
  if (problem?.status === 401) {
    return html`<${Nothing} problem=${problem} />`;
  }
  if (report.data === null) {
    return html`<main class="main"><div class="page">${problem ? html`<${Failed} problem=${problem} retry=${report.reload} />` : html`<${Waiting} />`}</div></main>`;
  }
  return html`<main class="main"><div class="page"><${Shown} report=${report.data} /></div></main>`;
}

// The whole window. Another address than the report's is the console's, which is another page.
export function Reader() {
  useStore(drawn);
  const { path } = usePlace();
  useEffect(() => {
    if (path !== READER_PATH) {
      location.reload();
    }
  }, [path]);
  return path === READER_PATH && html`<div class="reader"><header class="reader-head"><${Mark} /><${LanguageChoice} /></header><${Page} key=${linkToken()} /></div>`;
}

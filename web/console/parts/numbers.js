// SPDX-License-Identifier: ISC
// Cards with the sums of a period, which choose what the graph below them shows.
import { html, useMemo } from '../lib/html.js';
import { language, t } from '../lib/text.js';
import { setQuery, usePlace } from '../lib/router.js';
import { boundsName, fillSeries, stepName } from '../lib/time.js';
import { Chart } from './chart.js';
import { change, errorOf, MEASURES } from './measures.js';
import { Panel } from './states.js';

function Card({ name, data, before, pressed }) {
  const measure = MEASURES[name];
  const moved = before && change(measure.total(data), measure.total(before));
  return html`<button type="button" class="card" aria-pressed=${String(pressed)} onClick=${() => setQuery({ show: name === 'views' ? null : name }, { replace: true })}>
    <span class="name">${t(`measure.${name}`)}</span>
    <span class="figure">${measure.format(measure.total(data))}</span>
    ${errorOf(name, data) && html`<span class="aside">${errorOf(name, data)}</span>`}
    ${moved && html`<span class=${`aside ${moved.direction}`}><span aria-hidden="true">${moved.words}</span><span class="sr">${moved.spoken ?? moved.words}</span></span>`}
  </button>`;
}

// What a graph says, in a sentence: the sum and the highest step.
function inWords(name, data, names, values) {
  const measure = MEASURES[name];
  const highest = values.reduce((best, value, i) => (value !== null && value > (values[best] ?? -1) ? i : best), 0);
  const total = t('chart.total', { measure: t(`measure.${name}`), total: measure.full(measure.total(data)) });
  return values.some((value) => value > 0) && values.length > 1
    ? `${total} ${t('chart.highest', { when: names[highest], value: measure.full(values[highest]) })}` : total;
}

function Graph({ name, period, data, before }) {
  const measure = MEASURES[name];
  const shown = useMemo(() => {
    const steps = fillSeries(data.series, period.bounds, data.interval);
    const names = steps.map(({ start }) => stepName(start, data.interval, true));
    const values = steps.map(measure.step);
    const series = [{ label: before ? boundsName(period.bounds) : t(`measure.${name}`), values }];
    if (before) {
      series.push({ label: boundsName(period.before), values: fillSeries(before.series, period.before, before.interval).map(measure.step) });
    }
    return { labels: steps.map(({ start }) => stepName(start, data.interval)), names, series, words: inWords(name, data, names, values) };
  }, [name, data, before, language()]);
  return html`<${Chart} ...${shown} format=${measure.format} time=${name === 'watched'} head=${t(`interval.${data.interval}`)} />`;
}

// names: the measures to choose from; children: more cards.
export function Numbers({ names = Object.keys(MEASURES), period, data, before, children }) {
  const { query } = usePlace();
  const chosen = names.includes(query.show) ? query.show : 'views';
  return html`<div class="cards" role="group" aria-label=${t('measures')}>
      ${names.map((name) => html`<${Card} key=${name} name=${name} data=${data} before=${before} pressed=${name === chosen} />`)}${children}
    </div>
    <${Panel} title=${t('chart.title', { measure: t(`measure.${chosen}`), period: boundsName(period.bounds) })}>
      <${Graph} name=${chosen} period=${period} data=${data} before=${before} />
    <//>`;
}

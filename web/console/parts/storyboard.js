// SPDX-License-Identifier: ISC
// The film under its retention curve: a strip of pictures at equal times, and marks where people jump to. It is decoration: the
// curve's words, its table and the list of hotspots say the same.
import { html, useEffect, useRef, useState } from '../lib/html.js';
import { t } from '../lib/text.js';
import { can } from '../lib/scopes.js';
import { readStoryboard } from '../lib/storyboard.js';
import { useData } from '../lib/hooks.js';

const TILE_PIXELS = 96; // about as wide is each picture
const FEWEST = 4;
const POSTER = { width: 320, height: 180, x: 0, y: 0 };

function useWidth(box) {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const watch = new ResizeObserver(([{ contentRect }]) => setWidth(contentRect.width));
    watch.observe(box.current);
    return () => watch.disconnect();
  }, []);
  return width;
}

// The picture of each of `count` equal parts: the one in the middle of the part.
function chosen({ pictures, poster }, count) {
  if (pictures.length === 0) {
    return Array.from({ length: count }, () => ({ ...POSTER, sheet: poster }));
  }
  const whole = pictures.at(-1).end;
  return Array.from({ length: count }, (_, i) => pictures.find(({ end }) => end > ((i + 0.5) / count) * whole) ?? pictures.at(-1));
}

// A part of a sheet: the sheet keeps its own size in a window of the part.
function Tile({ picture, whole, left, width, height }) {
  const { sheet, x, y, width: wide, height: high } = picture;
  return html`<svg x=${left} y="0" width=${width} height=${height} viewBox=${`${x} ${y} ${wide} ${high}`} preserveAspectRatio="xMidYMid slice">
    <image href=${sheet} ...${whole ? { width: wide, height: high, preserveAspectRatio: 'xMidYMid slice' } : {}} /></svg>`;
}

const countOf = (width) => Math.max(FEWEST, Math.round(width / TILE_PIXELS));

// Its room, as long as it is being loaded: what stands below does not jump.
function Room({ width }) {
  return html`<svg width=${width} height=${Math.round((width / countOf(width)) * (POSTER.height / POSTER.width)) + 10} aria-hidden="true"></svg>`;
}

function Strip({ board, hotspots, width }) {
  const count = countOf(width);
  const tiles = chosen(board, count);
  const wide = width / count;
  const high = Math.round((wide * tiles[0].height) / tiles[0].width);
  return html`<svg width=${width} height=${high + 10} viewBox=${`0 0 ${width} ${high + 10}`} aria-hidden="true">
    ${tiles.map((picture, i) => html`<${Tile} key=${i} picture=${picture} whole=${board.pictures.length === 0} left=${i * wide} width=${wide} height=${high} />`)}
    ${hotspots.map(({ start_percent: share }) => html`<path class="hotspot" key=${share} d=${`M${(share / 100) * width} ${high}v${-high}m0 ${high}l-6 9h12z`} />`)}</svg>`;
}

export function Storyboard({ medium, hotspots }) {
  const box = useRef(null);
  const width = useWidth(box);
  const drawn = medium.package?.served && medium.type !== 'audio' && can('getStreamUrl');
  const { data, loading } = useData((signal) => (drawn ? readStoryboard(medium, signal) : Promise.resolve(null)), [medium.id, drawn]);
  const any = data !== null && (data.pictures.length > 0 || data.poster !== null);
  return html`<div class="film" ref=${box}>${drawn && loading && data === null && width > 0 && html`<${Room} width=${width} />`}${any && width > 0 && html`<${Strip} board=${data} hotspots=${hotspots} width=${width} />
    ${hotspots.length > 0 && html`<p class="small muted"><svg viewBox="0 0 12 9" width="12" height="9" aria-hidden="true"><path class="hotspot" d="M6 0l-6 9h12z" /></svg> ${t('retention.hotspots')}</p>`}`}</div>`;
}

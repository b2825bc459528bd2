// SPDX-License-Identifier: ISC
// Plays a medium in the page: HLS by hls.js where there is a package, else the file. Quality, speed and subtitles to choose from.
// Nothing is loaded before somebody plays, so that looking at the page makes no view.
import { html, useEffect, useRef, useState } from '../lib/html.js';
import { t } from '../lib/text.js';
import { get } from '../lib/api.js';
import { languageName } from '../lib/format.js';
import { workerPath } from '../lib/trusted.js';
import { useData } from '../lib/hooks.js';
import { Select } from './form.js';
import { Loaded } from './states.js';

const TTL_SECONDS = 4 * 3600; // of a look at a film, with pauses
const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 2];
const VIEWER = 'console'; // so that views from here are told apart

// The page's policy lets it play from its own host alone, which serves every stream.
function here(url) {
  const { pathname, search } = new URL(url);
  return pathname + search;
}

async function issue(medium, signal) {
  const path = `/media/media/${medium.id}/stream-url`;
  const answer = await get(path, { viewer: VIEWER, ttl_seconds: TTL_SECONDS }, signal)
    .catch((problem) => (problem.status === 422 ? get(path, { viewer: VIEWER }, signal) : Promise.reject(problem)));
  return Object.fromEntries(Object.entries(answer.streams).map(([name, url]) => [name, url && here(url)]));
}

function attachHls(Hls, element, url, { setLevels, setTracks, setWrong }) {
  const hls = new Hls({ autoStartLoad: false, workerPath, subtitleDisplay: false, lowLatencyMode: false });
  hls.on(Hls.Events.MANIFEST_PARSED, () => setLevels(hls.levels.map(({ height, bitrate }) => ({ height, bitrate }))));
  hls.on(Hls.Events.SUBTITLE_TRACKS_UPDATED, () => setTracks(hls.subtitleTracks.map(({ name, lang }) => languageName(lang ?? name))));
  hls.on(Hls.Events.ERROR, (_, { fatal, details }) => fatal && setWrong(t('player.failed', { reason: details })));
  hls.loadSource(url);
  hls.attachMedia(element);
  element.addEventListener('play', () => hls.startLoad(), { once: true });
  return hls;
}

function useHls(element, url, setters) {
  const hls = useRef(null);
  useEffect(() => {
    let gone = false;
    if (url) {
      import('hls.js').then(({ default: Hls }) => {
        if (gone) {
          return;
        }
        if (Hls.isSupported()) {
          hls.current = attachHls(Hls, element.current, url, setters);
        } else {
          element.current.src = url; // a browser that plays HLS by itself
        }
      }).catch(() => setters.setWrong(t('problem.network')));
    }
    return () => {
      gone = true;
      hls.current?.destroy();
      hls.current = null;
    };
  }, [url]);
  return hls;
}

function Choices({ element, hls, levels, tracks }) {
  const [level, setLevel] = useState(-1);
  const [speed, setSpeed] = useState(1);
  const [track, setTrack] = useState(-1);
  return html`<div class="fields">
    ${levels.length > 1 && html`<${Select} label=${t('player.quality')} value=${level}
      options=${[[-1, t('player.auto')], ...levels.map(({ height, bitrate }, i) => [i, height ? `${height}p` : `${Math.round(bitrate / 1000)} kbit/s`])]}
      onChange=${(value) => { setLevel(Number(value)); hls.current.nextLevel = Number(value); }} />`}
    <${Select} label=${t('player.speed')} value=${speed} options=${SPEEDS.map((one) => [one, `${one}×`])}
      onChange=${(value) => { setSpeed(Number(value)); element.current.playbackRate = Number(value); }} />
    ${tracks.length > 0 && html`<${Select} label=${t('subtitles')} value=${track} options=${[[-1, t('player.off')], ...tracks.map((name, i) => [i, name])]}
      onChange=${(value) => {
        setTrack(Number(value));
        hls.current.subtitleDisplay = Number(value) >= 0;
        hls.current.subtitleTrack = Number(value);
      }} />`}
  </div>`;
}

function Stage({ medium, streams }) {
  const element = useRef(null);
  const [levels, setLevels] = useState([]);
  const [tracks, setTracks] = useState([]);
  const [wrong, setWrong] = useState(null);
  const hls = useHls(element, streams.hls, { setLevels, setTracks, setWrong });
  const name = t('player.of', { title: medium.title });
  const shared = {
    ref: element, controls: true, preload: 'none', 'aria-label': name, ...(streams.hls ? {} : { src: streams.progressive }),
    onError: () => setWrong(t('player.failed', { reason: element.current.error?.message || t('player.unplayable') })),
  };
  return html`<div class="stage">${medium.type === 'audio' ? html`<audio ...${shared}></audio>`
    : html`<video ...${shared} playsinline poster=${streams.poster}></video>`}</div>
    ${wrong && html`<div class="note bad" role="alert"><p>${wrong}</p></div>`}
    <${Choices} element=${element} hls=${hls} levels=${levels} tracks=${tracks} />`;
}

export function Player({ medium }) {
  const served = medium.package?.served ?? false;
  const streams = useData((signal) => issue(medium, signal), [medium.id, served, medium.sha256]);
  return html`<${Loaded} of=${streams}>${(found) => html`<${Stage} key=${found.hls ?? found.progressive} medium=${medium} streams=${found} />`}<//>`;
}

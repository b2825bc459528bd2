// SPDX-License-Identifier: ISC
// The small pictures of a film: parts of sheets, as WebVTT names them (#xywh). [{start, end (seconds), sheet, x, y, width, height}]
import { get } from './api.js';

const CUE = /(?:(\d+):)?(\d{2}):(\d{2}\.\d{3}) --> (?:(\d+):)?(\d{2}):(\d{2}\.\d{3})[^\n]*\n([^\n#]+)#xywh=(\d+),(\d+),(\d+),(\d+)/g;
const VIEWER = 'console';

const seconds = (hours = 0, minutes, rest) => Number(hours) * 3600 + Number(minutes) * 60 + Number(rest);

export function picturesOf(text, path) {
  return [...text.matchAll(CUE)].map(([, h1, m1, s1, h2, m2, s2, name, ...area]) => {
    const [x, y, width, height] = area.map(Number);
    return { start: seconds(h1, m1, s1), end: seconds(h2, m2, s2), sheet: new URL(name.trim(), new URL(path, location.origin)).pathname, x, y, width, height };
  });
}

// {pictures, poster: a path}; the poster stands in where there is no storyboard, null where there is none either.
export async function readStoryboard(medium, signal) {
  const { streams } = await get(`/media/media/${medium.id}/stream-url`, { viewer: VIEWER }, signal);
  const pathOf = (url) => url && new URL(url).pathname;
  const poster = pathOf(streams.poster_320 ?? streams.poster) ?? null;
  if (!streams.storyboard) {
    return { pictures: [], poster };
  }
  const path = pathOf(streams.storyboard);
  const answer = await fetch(path, { signal });
  return { pictures: answer.ok ? picturesOf((await answer.text()).replaceAll('\r', ''), path) : [], poster };
}

// SPDX-License-Identifier: ISC
// Outlines of countries for a small map: {width, height, countries: {DE: "M…"}, rest: "M…"}, made of world-atlas (Natural Earth, public
// domain; TopoJSON). Equal Earth projection, whole units, without Antarctica. `rest` is land without a code of two letters.
import { createRequire } from 'node:module';
import { join } from 'node:path';

const WIDTH = 960;
const ANTARCTICA = '010';
const CODES = { Kosovo: 'XK' }; // without a number in ISO 3166
const [A1, A2, A3, A4] = [1.340264, -0.081106, 0.000893, 0.003796];
const ROOT3 = Math.sqrt(3);
const X_MAX = (2 * ROOT3 * Math.PI) / (3 * A1); // of the equator's end
const SCALE = WIDTH / 2 / X_MAX;
const TOP = 84; // degrees: the north of Greenland
const BOTTOM = -56; // Cape Horn

// Šavrič, Patterson and Jenny, "The Equal Earth map projection", 2018.
function project([longitude, latitude]) {
  const theta = Math.asin((ROOT3 / 2) * Math.sin((latitude * Math.PI) / 180));
  const square = theta * theta;
  const sixth = square ** 3;
  const x = (2 * ROOT3 * ((longitude * Math.PI) / 180) * Math.cos(theta)) / (3 * (A1 + 3 * A2 * square + sixth * (7 * A3 + 9 * A4 * square)));
  const y = theta * (A1 + A2 * square + sixth * (A3 + A4 * square));
  return [x * SCALE, -y * SCALE];
}

const [, northEnd] = project([0, TOP]);
const [, southEnd] = project([0, BOTTOM]);

function toGrid(point) {
  const [x, y] = project(point);
  return [Math.round(x + WIDTH / 2), Math.round(y - northEnd)];
}

// Each arc of the topology as points in degrees.
function arcsOf({ arcs, transform: { scale, translate } }) {
  return arcs.map((arc) => {
    let [x, y] = [0, 0];
    return arc.map(([dx, dy]) => {
      [x, y] = [x + dx, y + dy];
      return [x * scale[0] + translate[0], y * scale[1] + translate[1]];
    });
  });
}

// A ring of arcs. What lies across the 180th meridian goes on behind the map's edge, not across the map.
function ringOf(indexes, arcs) {
  let before = null;
  return indexes.flatMap((index) => (index < 0 ? [...arcs[~index]].reverse() : arcs[index])).map(([longitude, latitude]) => {
    before = longitude + 360 * Math.round(((before ?? longitude) - longitude) / 360);
    return [before, latitude];
  });
}

// The path of a ring, relative; none where nothing of it is larger than a unit.
function pathOf(ring) {
  const points = ring.map(toGrid).filter(([x, y], i, all) => i === 0 || x !== all[i - 1][0] || y !== all[i - 1][1]);
  if (points.length < 4) {
    return '';
  }
  const steps = points.slice(1, -1).map(([x, y], i) => [x - points[i][0], y - points[i][1]]);
  return `M${points[0].join(' ')}l${steps.map(([x, y]) => `${x} ${y}`).join(' ')}z`.replaceAll(' -', '-');
}

function pathsOf({ type, arcs: parts }, arcs) {
  const polygons = type === 'Polygon' ? [parts] : parts;
  return polygons.flat().map((ring) => pathOf(ringOf(ring, arcs))).join('');
}

// Browsers know which two letters stand for a number of ISO 3166: it is an alias of theirs.
function codeOf({ id, properties: { name } }) {
  return id === undefined ? CODES[name] : new Intl.Locale(`und-${id}`).region;
}

export function readAtlas(modules) {
  const topology = createRequire(join(modules, '..', 'package.json'))('world-atlas/countries-110m.json');
  const arcs = arcsOf(topology);
  const countries = {};
  let rest = '';
  for (const country of topology.objects.countries.geometries.filter(({ id }) => id !== ANTARCTICA)) {
    const code = codeOf(country);
    const path = pathsOf(country, arcs);
    if (/^[A-Z]{2}$/.test(code ?? '')) {
      countries[code] = path;
    } else {
      rest += path;
    }
  }
  return { width: WIDTH, height: Math.ceil(southEnd - northEnd), countries, rest };
}

// SPDX-License-Identifier: ISC
// Chapters of a WebVTT file as the API gives it: [{start (seconds), title}].
const TIMES = /^(?:(\d+):)?(\d{2}):(\d{2}\.\d{3}) -->/;

export function chaptersOf(text) {
  const blocks = text.replaceAll('\r', '').split(/\n{2,}/);
  return blocks.map((block) => block.split('\n')).flatMap((lines) => {
    const at = lines.findIndex((line) => TIMES.test(line));
    if (at < 0) {
      return [];
    }
    const [, hours = 0, minutes, seconds] = TIMES.exec(lines[at]);
    return [{ start: Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds), title: lines.slice(at + 1).join(' ').trim() }];
  });
}

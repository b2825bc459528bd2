// SPDX-License-Identifier: ISC
// A short name of a browser or player, of its user agent: Firefox 128, Linux. The whole text stands beside it as a title.
const PROGRAMS = [
  [/\bEdg(?:e|A|iOS)?\/(\d+)/, 'Edge'], [/\bOPR\/(\d+)/, 'Opera'], [/\bSamsungBrowser\/(\d+)/, 'Samsung Internet'],
  [/\b(?:Firefox|FxiOS)\/(\d+)/, 'Firefox'], [/\b(?:Chrome|CriOS)\/(\d+)/, 'Chrome'], [/\bVersion\/(\d+)[\d.]* (?:Mobile\/\S+ )?Safari\//, 'Safari'],
  [/\bVLC\/(\d+)/, 'VLC'], [/\bLavf\/(\d+)/, 'ffmpeg'], [/\bmpv (\d+)/, 'mpv'], [/\bcurl\/(\d+)/, 'curl'],
];
const SYSTEMS = [
  [/iPhone|iPad/, 'iOS'], [/Android/, 'Android'], [/Windows/, 'Windows'], [/Mac OS X|Macintosh/, 'macOS'], [/CrOS/, 'ChromeOS'], [/Linux/, 'Linux'],
];
const LONGEST = 60;

export function agentName(text) {
  const program = PROGRAMS.find(([pattern]) => pattern.test(text));
  const system = SYSTEMS.find(([pattern]) => pattern.test(text));
  if (!program) {
    return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  }
  return [`${program[1]} ${program[0].exec(text)[1]}`, system?.[1]].filter(Boolean).join(', ');
}

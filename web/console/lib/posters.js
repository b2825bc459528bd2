// SPDX-License-Identifier: ISC
// The posters of the media of a list. Each needs a stream URL, so that none is shown until the API gives many in one call.
const none = new Map();

export const usePosters = () => none;

/* SPDX-License-Identifier: ISC */
/*
 * What to do about a package that failed, by its reason. Pure.
 */
#ifndef MEDIAGATE_API_MEDIA_PACKAGE_REMEDY_H
#define MEDIAGATE_API_MEDIA_PACKAGE_REMEDY_H

/* Static storage; NULL for a reason that says it itself, or "". */
const char *package_remedy(const char *reason);

#endif

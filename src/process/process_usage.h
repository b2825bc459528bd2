/* SPDX-License-Identifier: ISC */
/* What this process uses of the machine, told to its metric page: memory, processor time, descriptors. */
#ifndef MEDIAGATE_PROCESS_PROCESS_USAGE_H
#define MEDIAGATE_PROCESS_PROCESS_USAGE_H

#include <stdbool.h>

/* Called as often as there is time; it looks about once a second. With `children` the programs that it ran count as its
 * own: not where they tell their own. */
void process_usage_report(bool children);

#endif

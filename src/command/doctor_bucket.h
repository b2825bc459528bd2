/* SPDX-License-Identifier: ISC */
/* What `mediagate doctor` looks at where media files are in a bucket. */
#ifndef MEDIAGATE_COMMAND_DOCTOR_BUCKET_H
#define MEDIAGATE_COMMAND_DOCTOR_BUCKET_H

#include "command/doctor_findings.h"

/* The key file, the bucket, and the clock that its signatures depend on. Nothing where media_store is file. */
void doctor_check_bucket(struct doctor *doctor);

#endif

/* SPDX-License-Identifier: ISC */
/* How a log is compressed, told by its first bytes: names say what somebody thought. */
#ifndef MEDIAGATE_INGEST_PACKED_LOG_H
#define MEDIAGATE_INGEST_PACKED_LOG_H

enum packing {
  PACKING_NONE,
  PACKING_GZIP,  /* zlib reads it */
  PACKING_OTHER, /* xz, zstd, bzip2, lz4 …: nothing here reads it, and zlib would take it for text */
};

/* Of what stands at the beginning of the file; where it is read is not changed. */
enum packing packed_log_packing(int fd);

#endif

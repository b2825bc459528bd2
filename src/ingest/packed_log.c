/* SPDX-License-Identifier: ISC */
/* What logrotate and its users compress with. A line of a log begins with a brace, which none of these do. */
#include "config.h"

#include "ingest/packed_log.h"

#include <stddef.h>
#include <string.h>
#include <unistd.h>

enum packing packed_log_packing(int fd) {
  static const struct {
    const char *bytes;
    size_t size;
    enum packing packing;
  } magics[] = {
      {"\x1f\x8b", 2, PACKING_GZIP},
      {"\xfd"
       "7zXZ",
       5, PACKING_OTHER},
      {"\x28\xb5\x2f\xfd", 4, PACKING_OTHER}, /* zstd */
      {"\x04\x22\x4d\x18", 4, PACKING_OTHER}, /* lz4 */
      {"\x02\x21\x4c\x18", 4, PACKING_OTHER}, /* lz4, as older kernels have it */
      {"BZh", 3, PACKING_OTHER},
      {"\x5d\x00\x00", 3, PACKING_OTHER}, /* lzma */
      {"\x1f\x9d", 2, PACKING_OTHER},     /* compress */
      {"\x89LZO", 4, PACKING_OTHER},
      {"7z\xbc\xaf", 4, PACKING_OTHER},
      {"PK\x03\x04", 4, PACKING_OTHER},
  };
  char begin[8];
  ssize_t size = pread(fd, begin, sizeof begin, 0);
  for (size_t i = 0; size > 0 && i < sizeof magics / sizeof *magics; i++) {
    if ((size_t)size >= magics[i].size && memcmp(begin, magics[i].bytes, magics[i].size) == 0) {
      return magics[i].packing;
    }
  }
  return PACKING_NONE;
}

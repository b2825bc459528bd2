/* SPDX-License-Identifier: ISC */
/*
 * The reasons are those that package/ writes; docs/packaging.md has the same table with more words.
 */
#include "config.h"

#include "api/media/package_remedy.h"

#include <stddef.h>
#include <string.h>

static const struct {
  const char *part; /* of the reason */
  const char *remedy;
} rows[] = {
    {"ffmpeg cannot read the file", "Upload another file: this one is damaged, or not what it claims to be."},
    {"packaging took longer than", "Raise package_time_factor, or take a faster package_preset or a lower "
                                   "package_max_height; then ask for the package again."},
    {"of processor time",
     "Raise package_cpu_factor, or take a faster package_preset or a lower package_max_height; then "
     "ask for the package again."},
    {"larger than a file of this size", "Raise package_output_factor if the file is to be trusted; then ask again."},
    {"no stream of the file can be decoded", "Convert the file with the program that made it, and upload that."},
    {"no picture and no sound", "Upload another file: this one is empty."},
    {"cannot start", "Install ffmpeg and bubblewrap, and allow namespaces; it is tried again by itself."},
    {"is not installed", "Install ffmpeg and bubblewrap; it is tried again by itself."},
    {"none of a package", "Look at who uploaded the file: it made ffmpeg do what it should not."},
    {"the disk is full", "Make room on the disk of data_dir; it is tried again by itself."},
    {"cannot be opened", "Look at owner, modes and mounts of data_dir where `mediagate package` runs."},
    {"cannot be stored", "Look at owner, modes and mounts of data_dir where `mediagate package` runs."},
    {"more memory than packaging may take", "Raise package_memory if the file is to be trusted; then ask again."},
    {"too little memory", "Give the machine more memory, or set a lower package_max_height; then ask again."},
    {"ffmpeg crashed", "Upload another file: this one is damaged, or made to do that."},
    {"longer than", "Cut the file into shorter ones, and upload these."},
};

const char *package_remedy(const char *reason) {
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    if (strstr(reason, rows[i].part) != NULL) {
      return rows[i].remedy;
    }
  }
  return NULL;
}

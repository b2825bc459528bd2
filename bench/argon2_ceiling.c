/* SPDX-License-Identifier: ISC */
/*
 * The ceiling of logins: bare argon2id hashes a second on all cores, with the program's default cost.
 *
 *   argon2_ceiling SECONDS PROCESSES    prints hashes per second
 */
#include "config.h"

#include <argon2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "domain/digest.h"

#define MEMORY_KIB 19456
#define PASSES     2

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: argon2_ceiling SECONDS PROCESSES\n");
    return 2;
  }
  double seconds = strtod(argv[1], NULL);
  long processes = strtol(argv[2], NULL, 10);
  double *rates =
      mmap(NULL, sizeof(double) * (size_t)processes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (rates == MAP_FAILED) {
    perror("argon2_ceiling");
    return 1;
  }
  for (long i = 0; i < processes; i++) {
    if (fork() == 0) {
      unsigned char hash[DIGEST_SIZE];
      double start = now();
      long count = 0;
      while (now() - start < seconds) {
        if (argon2id_hash_raw(PASSES, MEMORY_KIB, 1, "correct horse battery", 21, "0123456789abcdef", 16, hash,
                              sizeof hash) != ARGON2_OK) {
          _exit(1);
        }
        count++;
      }
      rates[i] = (double)count / (now() - start);
      _exit(0);
    }
  }
  while (wait(NULL) > 0) {
  }
  double sum = 0;
  for (long i = 0; i < processes; i++) {
    sum += rates[i];
  }
  printf("%.2f\n", sum);
  return 0;
}

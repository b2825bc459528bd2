/* SPDX-License-Identifier: ISC */
/*
 * The rules; which calls are in which class is told in syscall_names.h.
 */
#include "config.h"

#include "base/syscall_filter.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/syscall_names.h"

#define PROGRAM_MAX (60 * 1024)
#define NEW_NAMESPACES                                                                                                 \
  (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)
#define SOCKET_TYPE_MASK 0xf
#define CHANGING_FLAGS   ((scmp_datum_t)(O_ACCMODE | O_CREAT | O_TRUNC))

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* One under construction. */
struct filter {
  scmp_filter_ctx context;
  bool failed;
};

static void add_rule(struct filter *filter, uint32_t action, const char *name, unsigned count,
                     const struct scmp_arg_cmp *arguments) {
  int number = seccomp_syscall_resolve_name(name);
  if (number != __NR_SCMP_ERROR && seccomp_rule_add_array(filter->context, action, number, count, arguments) != 0) {
    filter->failed = true;
  }
}

static void add_names(struct filter *filter, uint32_t action, const char *const *names, size_t count) {
  for (size_t i = 0; i < count; i++) {
    add_rule(filter, action, names[i], 0, NULL);
  }
}

static void add_compared(struct filter *filter, uint32_t action, const char *name, struct scmp_arg_cmp argument) {
  add_rule(filter, action, name, 1, &argument);
}

/* --- calls that depend on what is asked for -------------------------------------------------- */

static void add_reading(struct filter *filter) {
  static const struct {
    const char *name;
    unsigned flags_at;
  } calls[] = {{"open", 1}, {"openat", 2}};
  static const scmp_datum_t changes[] = {O_WRONLY, O_RDWR, O_CREAT, O_TRUNC};
  for (size_t i = 0; i < COUNT(calls); i++) {
    unsigned at = calls[i].flags_at;
    add_compared(filter, SCMP_ACT_ALLOW, calls[i].name, SCMP_CMP(at, SCMP_CMP_MASKED_EQ, CHANGING_FLAGS, 0));
    for (size_t j = 0; j < COUNT(changes); j++) {
      add_compared(filter, SCMP_ACT_ERRNO(EACCES), calls[i].name,
                   SCMP_CMP(at, SCMP_CMP_MASKED_EQ, changes[j], changes[j]));
    }
  }
}

/* Of Unix and IP; the resolver asks the kernel through netlink which kinds of addresses the machine has. */
static void add_sockets(struct filter *filter) {
  static const int families[] = {AF_INET, AF_INET6};
  static const int types[] = {SOCK_STREAM, SOCK_DGRAM};
  add_compared(filter, SCMP_ACT_ALLOW, "socket", SCMP_A0(SCMP_CMP_EQ, AF_UNIX));
  for (size_t i = 0; i < COUNT(families); i++) {
    for (size_t j = 0; j < COUNT(types); j++) {
      const struct scmp_arg_cmp arguments[] = {SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)families[i]),
                                               SCMP_A1(SCMP_CMP_MASKED_EQ, SOCKET_TYPE_MASK, (scmp_datum_t)types[j])};
      add_rule(filter, SCMP_ACT_ALLOW, "socket", 2, arguments);
    }
  }
  const struct scmp_arg_cmp routes[] = {SCMP_A0(SCMP_CMP_EQ, AF_NETLINK), SCMP_A2(SCMP_CMP_EQ, 0)};
  add_rule(filter, SCMP_ACT_ALLOW, "socket", 2, routes);
  add_compared(filter, SCMP_ACT_KILL_PROCESS, "socket", SCMP_A0(SCMP_CMP_GT, AF_NETLINK));
}

/* Its own signals, for abort() and raise(). */
static void add_signals(struct filter *filter, bool others) {
  static const char *const calls[] = {"kill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo"};
  for (size_t i = 0; i < COUNT(calls); i++) {
    if (others) {
      add_rule(filter, SCMP_ACT_ALLOW, calls[i], 0, NULL);
    } else {
      add_compared(filter, SCMP_ACT_ALLOW, calls[i], SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()));
      add_compared(filter, SCMP_ACT_ERRNO(EPERM), calls[i], SCMP_A0(SCMP_CMP_NE, (scmp_datum_t)getpid()));
    }
  }
}

/* clone3 hides what it asks for behind a pointer, so it is one of the rest: the C library falls back to clone. */
static void add_threads(struct filter *filter) {
  add_compared(filter, SCMP_ACT_ALLOW, "clone", SCMP_A0(SCMP_CMP_MASKED_EQ, NEW_NAMESPACES, 0));
}

/* What the kernel would type into the terminal, as if a person did; limits of others; becoming readable for others. */
static void add_bounded(struct filter *filter, bool programs_too) {
  add_compared(filter, SCMP_ACT_ALLOW, "ioctl", SCMP_A1(SCMP_CMP_NE, TIOCSTI));
  if (!programs_too) {
    add_compared(filter, SCMP_ACT_ALLOW, "prlimit64", SCMP_A0(SCMP_CMP_EQ, 0));
    add_compared(filter, SCMP_ACT_ALLOW, "prctl", SCMP_A0(SCMP_CMP_NE, PR_SET_DUMPABLE));
  }
}

/* --- filters --------------------------------------------------------------------------------- */

static void add_groups(struct filter *filter, unsigned groups) {
  bool starts_programs = (groups & SYSCALLS_PROGRAMS) != 0;
  add_names(filter, SCMP_ACT_KILL_PROCESS, syscall_names_dangerous, COUNT(syscall_names_dangerous));
  add_names(filter, SCMP_ACT_KILL_PROCESS, syscall_names_of_sandboxes, COUNT(syscall_names_of_sandboxes));
  add_names(filter, SCMP_ACT_ALLOW, syscall_names_usual, COUNT(syscall_names_usual));
  add_bounded(filter, starts_programs);
  add_signals(filter, (groups & SYSCALLS_SIGNAL_OTHERS) != 0);
  if ((groups & SYSCALLS_CHANGE_FILES) != 0) {
    add_names(filter, SCMP_ACT_ALLOW, syscall_names_changing_files, COUNT(syscall_names_changing_files));
  } else {
    add_reading(filter);
  }
  if ((groups & SYSCALLS_NETWORK) != 0) {
    add_names(filter, SCMP_ACT_ALLOW, syscall_names_network, COUNT(syscall_names_network));
    add_sockets(filter);
  }
  if ((groups & SYSCALLS_THREADS) != 0) {
    add_threads(filter);
  }
  if (starts_programs) {
    add_names(filter, SCMP_ACT_ALLOW, syscall_names_programs, COUNT(syscall_names_programs));
  } else {
    add_rule(filter, SCMP_ACT_KILL_PROCESS, "execve", 0, NULL);
  }
}

/* The default is for what no rule names. A machine's other kinds of system calls (32-bit ones) end the process. */
static enum error begin(uint32_t rest, struct filter *ret_filter) {
  struct filter filter = {.context = seccomp_init(rest)};
  if (filter.context == NULL) {
    return ERROR_MEMORY;
  }
  filter.failed = seccomp_attr_set(filter.context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) != 0;
  (void)seccomp_attr_set(filter.context, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* a tree: faster, not needed */
  *ret_filter = filter;
  return ERROR_NONE;
}

/* Building takes hundreds of KiB, which each worker would keep. */
static void release(struct filter *filter) {
  seccomp_release(filter->context);
  (void)malloc_trim(0);
}

static enum error enter(struct filter *filter) {
  int result = filter->failed ? -ENOMEM : seccomp_load(filter->context);
  release(filter);
  return result == 0 ? ERROR_NONE : result == -ENOMEM ? ERROR_MEMORY : ERROR_UNSUPPORTED;
}

enum error syscall_filter_enter(unsigned groups) {
  struct filter filter;
  enum error error = begin(SCMP_ACT_ERRNO(ENOSYS), &filter);
  if (error != ERROR_NONE) {
    return error;
  }
  add_groups(&filter, groups);
  return enter(&filter);
}

enum error syscall_filter_enter_guard(void) {
  struct filter filter;
  enum error error = begin(SCMP_ACT_ALLOW, &filter);
  if (error != ERROR_NONE) {
    return error;
  }
  add_names(&filter, SCMP_ACT_KILL_PROCESS, syscall_names_dangerous, COUNT(syscall_names_dangerous));
  return enter(&filter);
}

static enum error read_program(int fd, struct text *ret_program) {
  char bytes[4096];
  size_t size = 0;
  int64_t at = 0;
  do {
    enum error error = file_read_at(fd, at, bytes, sizeof bytes, &size);
    if (error != ERROR_NONE) {
      return error;
    }
    text_append_bytes(ret_program, bytes, size);
    at += (int64_t)size;
  } while (size > 0 && at <= PROGRAM_MAX);
  return ret_program->failed ? ERROR_MEMORY : at > PROGRAM_MAX ? ERROR_TOO_LARGE : ERROR_NONE;
}

enum error syscall_filter_append(unsigned groups, struct text *ret_program) {
  struct filter filter;
  __attribute__((cleanup(file_close_cleanup))) int fd = memfd_create("filter", MFD_CLOEXEC);
  enum error error = fd < 0 ? ERROR_IO : begin(SCMP_ACT_ERRNO(ENOSYS), &filter);
  if (error != ERROR_NONE) {
    return error;
  }
  add_groups(&filter, groups);
  error = filter.failed ? ERROR_MEMORY : seccomp_export_bpf(filter.context, fd) != 0 ? ERROR_IO : ERROR_NONE;
  release(&filter);
  return error == ERROR_NONE ? read_program(fd, ret_program) : error;
}

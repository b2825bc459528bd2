/* SPDX-License-Identifier: ISC */
/*
 * Which system calls a process may make from here on: a seccomp filter of libseccomp's. The only module that knows it.
 *
 * A call is in one of three classes:
 *   - allowed: what the groups name
 *   - dangerous: it starts programs, looks into other processes, makes namespaces and mounts, or reaches parts of the
 *     kernel that nobody here needs. It ends the process by SIGSYS; the kernel's log (audit type 1326) names the call.
 *   - the rest: ENOSYS, as by a kernel that does not have it. A library that tries something new falls back.
 */
#ifndef MEDIAGATE_BASE_SYSCALL_FILTER_H
#define MEDIAGATE_BASE_SYSCALL_FILTER_H

#include "base/error.h"
#include "base/text.h"

/* What comes to the calls that every process makes: memory, time, waiting, files that are only read. */
enum syscall_group {
  SYSCALLS_CHANGE_FILES = 1, /* open for writing, make, rename, remove */
  SYSCALLS_NETWORK = 2,      /* sockets of Unix and IP that connect and accept; none begins to listen */
  SYSCALLS_THREADS = 4,      /* threads, and children that run this program */
  SYSCALLS_SIGNAL_OTHERS = 8,
  SYSCALLS_PROGRAMS = 16, /* exec and all that a program does to start, wait for and rank others */
};

/* For good; sets no_new_privs. What the process forks has the filter too. ERROR_UNSUPPORTED: the kernel has no seccomp.
 */
enum error syscall_filter_enter(unsigned groups) MUST_CHECK;
/* The same with what is dangerous alone, for the parent of such processes: namespaces, mounts and programs are left to
 * what it starts. */
enum error syscall_filter_enter_guard(void) MUST_CHECK;
/* Appends the filter as a program of the kernel's (struct sock_filter), for others to set up. */
enum error syscall_filter_append(unsigned groups, struct text *ret_program) MUST_CHECK;

#endif

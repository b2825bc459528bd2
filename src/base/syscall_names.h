/* SPDX-License-Identifier: ISC */
/*
 * The names of system calls that syscall_filter.c allows or ends a process for; those of 32-bit machines and of newer
 * kernels are among them. What a machine or a version of libseccomp does not know is passed over.
 */
#ifndef MEDIAGATE_BASE_SYSCALL_NAMES_H
#define MEDIAGATE_BASE_SYSCALL_NAMES_H

/* clang-format off */
/* The C library, libpq, OpenSSL, the resolver, libfcgi and curl, as they wait, count and allocate; files are read. */
static const char *const syscall_names_usual[] = {
    "_llseek", "access", "alarm", "arch_prctl", "brk", "capget", "clock_getres", "clock_getres_time64",
    "clock_gettime", "clock_gettime64", "clock_nanosleep", "clock_nanosleep_time64", "close", "close_range", "dup",
    "dup2", "dup3", "epoll_create", "epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_pwait2", "epoll_wait",
    "eventfd", "eventfd2", "exit", "exit_group", "faccessat", "faccessat2", "fadvise64", "fadvise64_64", "fcntl",
    "fcntl64", "fgetxattr", "flock", "fstat", "fstat64", "fstatat64", "fstatfs", "fstatfs64", "futex", "futex_time64",
    "futex_waitv", "get_robust_list", "getcpu", "getcwd", "getdents", "getdents64", "getegid", "getegid32", "geteuid",
    "geteuid32", "getgid", "getgid32", "getgroups", "getgroups32", "getitimer", "getpgid", "getpgrp", "getpid",
    "getppid", "getpriority", "getrandom", "getresgid", "getresgid32", "getresuid", "getresuid32", "getrlimit",
    "getrusage", "getsid", "gettid", "gettimeofday", "getuid", "getuid32", "getxattr", "inotify_add_watch",
    "inotify_init", "inotify_init1", "inotify_rm_watch", "lgetxattr", "lseek", "lstat", "lstat64", "madvise",
    "map_shadow_stack", "membarrier", "memfd_create", "mincore", "mlock", "mlock2", "mmap", "mmap2", "mprotect",
    "mremap", "mseal", "msync", "munlock", "munmap", "nanosleep", "newfstatat", "openat2", "pause", "pidfd_open",
    "pipe", "pipe2", "pkey_alloc", "pkey_free", "pkey_mprotect", "poll", "ppoll", "ppoll_time64", "pread64", "preadv",
    "preadv2", "pselect6", "pselect6_time64", "pwrite64", "pwritev", "pwritev2", "read", "readahead", "readlink",
    "readlinkat", "readv", "recv", "restart_syscall", "rseq", "rt_sigaction", "rt_sigpending", "rt_sigprocmask",
    "rt_sigreturn", "rt_sigsuspend", "rt_sigtimedwait", "rt_sigtimedwait_time64", "sched_get_priority_max",
    "sched_get_priority_min", "sched_getaffinity", "sched_getattr", "sched_getparam", "sched_getscheduler",
    "sched_yield", "select", "set_robust_list", "set_tid_address", "setitimer", "sigaltstack", "signalfd",
    "signalfd4", "sigprocmask", "sigreturn", "stat", "stat64", "statfs", "statfs64", "statx", "sysinfo", "time",
    "timer_create", "timer_delete", "timer_gettime", "timer_settime", "timerfd_create", "timerfd_gettime",
    "timerfd_settime", "times", "ugetrlimit", "umask", "uname", "wait4", "waitid", "waitpid", "write", "writev"};

static const char *const syscall_names_changing_files[] = {
    "chmod", "copy_file_range", "creat", "fallocate", "fchmod", "fchmodat", "fchmodat2", "fchown", "fchown32",
    "fdatasync", "fsync", "ftruncate", "ftruncate64", "futimesat", "link", "linkat", "mkdir", "mkdirat", "open",
    "openat", "rename", "renameat", "renameat2", "rmdir", "sendfile", "sendfile64", "splice", "symlink", "symlinkat",
    "sync_file_range", "syncfs", "tee", "truncate", "truncate64", "unlink", "unlinkat", "utime", "utimensat",
    "utimensat_time64", "utimes"};

static const char *const syscall_names_network[] = {
    "accept", "accept4", "bind", "connect", "getpeername", "getsockname", "getsockopt", "recvfrom", "recvmmsg",
    "recvmmsg_time64", "recvmsg", "send", "sendmmsg", "sendmsg", "sendto", "setsockopt", "shutdown", "socketpair"};

static const char *const syscall_names_programs[] = {
    "chdir", "execve", "fchdir", "fork", "get_mempolicy", "getpgrp", "ioprio_get", "ioprio_set", "mbind",
    "migrate_pages", "prctl", "prlimit64", "sched_setaffinity", "sched_setattr", "sched_setparam",
    "sched_setscheduler", "seccomp", "set_mempolicy", "setpgid", "setpriority", "setrlimit", "setsid", "shmat",
    "shmctl", "shmdt", "shmget", "vfork"};

static const char *const syscall_names_dangerous[] = {
    "acct", "add_key", "adjtimex", "bpf", "clock_adjtime", "clock_adjtime64", "clock_settime", "clock_settime64",
    "create_module", "delete_module", "fanotify_init", "finit_module", "get_kernel_syms", "init_module",
    "io_uring_enter", "io_uring_register", "io_uring_setup", "ioperm", "iopl", "kexec_file_load", "kexec_load",
    "keyctl", "lookup_dcookie", "modify_ldt", "nfsservctl", "open_by_handle_at", "perf_event_open", "pidfd_getfd",
    "process_madvise", "process_vm_readv", "process_vm_writev", "ptrace", "query_module", "quotactl", "quotactl_fd",
    "reboot", "request_key", "setdomainname", "sethostname", "settimeofday", "stime", "swapoff", "swapon", "syslog",
    "uselib", "userfaultfd", "vhangup", "vm86", "vm86old"};

/* Dangerous for all but the program that makes a sandbox for others. */
static const char *const syscall_names_of_sandboxes[] = {
    "capset", "chroot", "execveat", "fsconfig", "fsmount", "fsopen", "fspick", "mount", "mount_setattr", "move_mount",
    "open_tree", "personality", "pivot_root", "setfsgid", "setfsgid32", "setfsuid", "setfsuid32", "setgid",
    "setgid32", "setgroups", "setgroups32", "setns", "setregid", "setregid32", "setresgid", "setresgid32",
    "setresuid", "setresuid32", "setreuid", "setreuid32", "setuid", "setuid32", "umount", "umount2", "unshare"};
/* clang-format on */

#endif

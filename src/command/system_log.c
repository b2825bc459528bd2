/* SPDX-License-Identifier: ISC */
/* Lines for the system's log; see the header. No secret and no e-mail stands in them. */
#include "config.h"

#include "command/system_log.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

/* Whom sudo worked for: a name as useradd takes it, or none. */
static const char *sudo_user(void) {
  const char *name = getenv("SUDO_USER");
  size_t length = name == NULL ? 0 : strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
  return length == 0 || length > 64 || name[length] != '\0' ? "-" : name;
}

void system_log_event(const char *event, int64_t account_id) {
  openlog("mediagate", LOG_PID, LOG_AUTHPRIV);
  syslog(LOG_NOTICE, "%s account_id=%" PRId64 " uid=%ld sudo_user=%s", event, account_id, (long)getuid(), sudo_user());
  closelog();
}

/* SPDX-License-Identifier: ISC */
/*
 * Lines of the delivery log: no input may crash. What is taken holds the values that the log format allows, and what is
 * not taken has a reason; a glued line's end lies within it. What counts is of a part that was sent.
 */
#include "config.h"

#include "domain/address.h"
#include "ingest/delivery_line.h"

#include <string.h>

#include "base/text.h"
#include "base/text_parse.h"
#include "fuzz.h"
#include "ingest/delivered_part.h"
#include "ingest/view_rule.h"

static void require_sound(const struct delivery *delivery) {
  char address[ADDRESS_TEXT_SIZE];
  FUZZ_REQUIRE(delivery->media_id >= 0 && delivery->body_bytes >= 0 && delivery->duration_us >= 0);
  FUZZ_REQUIRE(delivery->media_id > 0 || (!delivery->begins && view_rule_judge(delivery, 0) != VIEW_COUNTS));
  FUZZ_REQUIRE(delivery->time_us > delivery->duration_us);
  FUZZ_REQUIRE(delivery->status == 0 || (delivery->status >= 100 && delivery->status <= 599));
  FUZZ_REQUIRE(strlen(delivery->grant_id) == 32 && strlen(delivery->request_id) == 32);
  FUZZ_REQUIRE(strlen(delivery->viewer) <= 64 && strlen(delivery->file) >= 1);
  FUZZ_REQUIRE(address_canonical(delivery->address, address) == ERROR_NONE && strcmp(address, delivery->address) == 0);
  FUZZ_REQUIRE(text_is_utf8(delivery->user_agent, strlen(delivery->user_agent)));
  FUZZ_REQUIRE((view_rule_judge(delivery, 0) == VIEW_BEGINS) == delivery->begins);
  FUZZ_REQUIRE(!delivery->begins || (delivery->status == 0 && delivery->method[0] == '\0'));
}

/* The origin of a remote medium writes Content-Range as it likes. No part is longer than what was sent. */
static void require_part(const struct delivery *delivery) {
  struct delivered_part part = delivered_part_of(delivery);
  if (part.kind == DELIVERED_NOTHING) {
    return;
  }
  FUZZ_REQUIRE(part.from >= 0 && part.to >= part.from && part.file_bytes >= 0);
  FUZZ_REQUIRE(part.kind == DELIVERED_SEGMENT ? part.to == part.from + 1 && delivery->complete
                                              : part.to - part.from <= delivery->body_bytes);
  FUZZ_REQUIRE(part.file_bytes == 0 || part.to <= part.file_bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  struct delivery delivery;
  char *line = malloc(size + 1); /* exactly as long as the input, for the sanitizer to watch */
  FUZZ_REQUIRE(line != NULL);
  memcpy(line, bytes, size);
  enum delivery_reject reject = delivery_line_parse(line, size, &delivery);
  FUZZ_REQUIRE(delivery_reject_name(reject) != NULL);
  size_t glued_at = delivery_line_glued_at(line, size);
  FUZZ_REQUIRE(glued_at == 0 || glued_at < size);
  if (reject == DELIVERY_REJECT_NONE) {
    FUZZ_REQUIRE(glued_at == 0);
    require_sound(&delivery);
    if (view_rule_judge(&delivery, 0) == VIEW_COUNTS) {
      require_part(&delivery);
    }
  }
  free(line);
  return 0;
}

/* SPDX-License-Identifier: ISC */
/*
 * JSON bodies: what the gate lets through to json-c is read as it was written. Whatever is taken
 * stands again when it is printed and read back; whatever is refused says where and why.
 */
#include "config.h"

#include "http/json_body.h"

#include <json-c/json.h>
#include <string.h>

#include "base/text.h"

#include "fuzz.h"

static void require_same(struct json_object *object) {
  const char *text = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN);
  struct json_object *again = NULL;
  char reason[JSON_REASON_SIZE] = "";
  FUZZ_REQUIRE(text != NULL);
  if (strlen(text) > JSON_BODY_MAX_BYTES) { /* escapes can make it longer than it came */
    return;
  }
  FUZZ_REQUIRE(text_is_utf8(text, strlen(text)));
  FUZZ_REQUIRE(json_body_parse(text, strlen(text), &again, reason) == ERROR_NONE);
  FUZZ_REQUIRE(json_object_equal(object, again) == 1);
  json_object_put(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  struct json_object *object = NULL;
  char reason[JSON_REASON_SIZE] = "";
  char *text = fuzz_text(bytes, size);
  enum error error = json_body_parse(text, size, &object, reason);
  if (error == ERROR_NONE) {
    FUZZ_REQUIRE(object != NULL && json_object_is_type(object, json_type_object));
    FUZZ_REQUIRE(size <= JSON_BODY_MAX_BYTES && memchr(text, '\0', size) == NULL && text_is_utf8(text, size));
    require_same(object);
    json_object_put(object);
  } else {
    FUZZ_REQUIRE(object == NULL && reason[0] != '\0' && text_is_utf8(reason, strlen(reason)));
  }
  free(text);
  return 0;
}

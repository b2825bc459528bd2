/* SPDX-License-Identifier: ISC */
/* See the header. Each row of dark modules is a run of one path: "M x y h length v1 h-length z". */
#include "config.h"

#include "security/qr_code.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <qrencode.h>

#define QUIET_ZONE 4

static void append_row(const unsigned char *row, int width, int y, struct text *text) {
  for (int x = 0; x < width; x++) {
    int begin = x;
    while (x < width && (row[x] & 1) != 0) {
      x++;
    }
    if (x > begin) {
      text_appendf(text, "M%d %dh%dv1h-%dz", begin + QUIET_ZONE, y + QUIET_ZONE, x - begin, x - begin);
    }
  }
}

enum error qr_code_append_svg(const char *string, struct text *ret_text) {
  QRcode *code = QRcode_encodeString8bit(string, 0, QR_ECLEVEL_M);
  if (code == NULL) {
    return errno == ERANGE ? ERROR_TOO_LARGE : ERROR_MEMORY;
  }
  int size = code->width + 2 * QUIET_ZONE;
  text_appendf(ret_text,
               "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" shape-rendering=\"crispEdges\">"
               "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/><path fill=\"#000\" d=\"",
               size, size, size, size);
  for (int y = 0; y < code->width; y++) {
    append_row(code->data + (size_t)y * (size_t)code->width, code->width, y, ret_text);
  }
  text_append(ret_text, "\"/></svg>");
  OPENSSL_cleanse(code->data, (size_t)code->width * (size_t)code->width);
  QRcode_free(code);
  return ret_text->failed ? ERROR_MEMORY : ERROR_NONE;
}

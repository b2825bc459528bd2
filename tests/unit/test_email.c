/* SPDX-License-Identifier: ISC */
/* One spelling for each e-mail address, and which are refused. */
#include "config.h"

#include "domain/email.h"

#include <string.h>

#include "unit.h"

#define X16 "xxxxxxxxxxxxxxxx"
#define X64 X16 X16 X16 X16
#define X63 X16 X16 X16 "xxxxxxxxxxxxxxx"

static const struct {
  const char *input, *expected, *description; /* expected NULL: refused */
} addresses[] = {
    {"ada@example.org", "ada@example.org", "as it is"},
    {" \tAda@Example.ORG\r\n", "ada@example.org", "blanks go, letters are lowered"},
    {"a.b+tag@sub.example.org", "a.b+tag@sub.example.org", "tags and dots stay"},
    {"o'hara!#$%&*-/=?^_`{|}~@example.org", "o'hara!#$%&*-/=?^_`{|}~@example.org", "every atom character"},
    {"a@1st.example", "a@1st.example", "a label may begin with a digit"},
    {"a@xn--bcher-kva.example", "a@xn--bcher-kva.example", "an international domain in ASCII"},
    {X64 "@example.org", X64 "@example.org", "64 bytes before the at"},
    {"a@" X63 ".org", "a@" X63 ".org", "a label of 63 bytes"},
    {"a@" X63 "." X63 "." X63 "." X16 X16 X16 "xxxx.example", "a@" X63 "." X63 "." X63 "." X16 X16 X16 "xxxx.example",
     "254 bytes"},
    {"a@" X63 "." X63 "." X63 "." X16 X16 X16 "xxxxx.example", NULL, "255 bytes"},
    {"", NULL, "nothing"},
    {"   ", NULL, "only blanks"},
    {"ada", NULL, "no at"},
    {"@example.org", NULL, "nothing before the at"},
    {"ada@", NULL, "nothing after the at"},
    {"ada@@example.org", NULL, "two ats"},
    {"a@b@example.org", NULL, "an at in the local part"},
    {"ada@localhost", NULL, "one label"},
    {"ada@example.", NULL, "an empty last label"},
    {"ada@.example", NULL, "an empty first label"},
    {"ada@exa..mple", NULL, "an empty label"},
    {"ada@-a.example", NULL, "a hyphen first"},
    {"ada@a-.example", NULL, "a hyphen last"},
    {"ada@192.0.2.1", NULL, "an address is no host name"},
    {"ada@[192.0.2.1]", NULL, "an address literal"},
    {"ada@exa_mple.org", NULL, "an underscore in a host name"},
    {".ada@example.org", NULL, "a dot first"},
    {"ada.@example.org", NULL, "a dot last"},
    {"a..da@example.org", NULL, "two dots"},
    {"a da@example.org", NULL, "a blank inside"},
    {"\"a da\"@example.org", NULL, "a quoted local part"},
    {"ada(x)@example.org", NULL, "a comment"},
    {"ada@example.org, b@example.org", NULL, "two addresses"},
    {"ada\n@example.org", NULL, "a line break inside"},
    {"\xc3\xa4@example.org", NULL, "letters beyond ASCII"},
    {"ada@b\xc3\xbc"
     "cher.example",
     NULL, "a host name beyond ASCII"},
    {X64 "x@example.org", NULL, "65 bytes before the at"},
    {"a@x" X63 ".org", NULL, "a label of 64 bytes"},
};

START_TEST(normalises_or_refuses) {
  for (size_t i = 0; i < UNIT_ROWS(addresses); i++) {
    char email[EMAIL_SIZE] = "untouched";
    enum error error = email_normalise(addresses[i].input, email);
    ck_assert_msg(error == (addresses[i].expected == NULL ? ERROR_INVALID : ERROR_NONE), "%s: %s",
                  addresses[i].description, error_strerror(error));
    ck_assert_msg(strcmp(email, addresses[i].expected == NULL ? "untouched" : addresses[i].expected) == 0, "%s: %s",
                  addresses[i].description, email);
  }
}
END_TEST

UNIT_MAIN("email", normalises_or_refuses)

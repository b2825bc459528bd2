/* SPDX-License-Identifier: ISC */
/*
 * Sizes of the identifiers that several layers hand on. Texts include their NUL.
 */
#ifndef MEDIAGATE_DOMAIN_DIGEST_H
#define MEDIAGATE_DOMAIN_DIGEST_H

#define DIGEST_SIZE      32 /* bytes of a SHA-256 */
#define DIGEST_HEX_SIZE  65 /* the same in lower-case hex */
#define UUID_SIZE        37 /* as PostgreSQL and the kernel write one */
#define UNIQUE_NAME_SIZE 33 /* 128 random bits, or a UUID without its hyphens, in lower-case hex */
#define REQUEST_ID_SIZE  33 /* what nginx makes; a client's own may be longer and is cut nowhere but in its log */

#endif

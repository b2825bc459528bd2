/* SPDX-License-Identifier: ISC */
/*
 * Sizes of what is known of a medium. Texts include their NUL.
 */
#ifndef MEDIAGATE_DOMAIN_MEDIUM_H
#define MEDIAGATE_DOMAIN_MEDIUM_H

#define MEDIUM_TITLE_MAX         300 /* code points */
#define MEDIUM_DESCRIPTION_MAX   5000
#define MEDIUM_TAGS_MAX          32
#define MEDIUM_TAG_MAX           64
#define MEDIUM_EXTERNAL_ID_MAX   200
#define MEDIUM_METADATA_MAX      8192 /* bytes of JSON without blanks */
#define MEDIUM_STORED_NAME_SIZE  160  /* below media/<id>/: "0198….mp4" or "0198…/master.m3u8" */
#define MEDIUM_CONTENT_TYPE_SIZE 64
#define MEDIUM_CONTAINER_SIZE    64
#define MEDIUM_CODEC_SIZE        32
#define MEDIUM_LANGUAGE_SIZE     16  /* of subtitles (BCP 47) */
#define MEDIUM_TEXT_NAME_SIZE    40  /* "<32 hex digits>.vtt", below media/<id>/ */
#define MEDIUM_REASON_SIZE       256 /* why a package or an upload failed, in words for people */

#endif

/* SPDX-License-Identifier: ISC */
/*
 * Which views are asked for: people's or robots' too, of strangers or of the house. Statements take them as one
 * parameter, a number of bits. Without any it is what an audience is: people, who are not of the house.
 */
#ifndef MEDIAGATE_STORE_VIEWS_VIEW_KINDS_H
#define MEDIAGATE_STORE_VIEWS_VIEW_KINDS_H

#define VIEW_KIND_ROBOTS    1U /* robots' views too */
#define VIEW_KIND_INTERNAL  2U /* internal views too */
#define VIEW_KIND_NO_OTHERS 4U /* no views that are not internal */

/* Internal to the stores of views: the condition on a row with the columns bot and internal; p is the parameter. */
/* clang-format off */
#define VIEW_KINDS_SQL(p) \
  "((not bot or " p "::int8 & 1 = 1) and case when internal then " p "::int8 & 2 = 2 else " p "::int8 & 4 = 0 end)"
/* clang-format on */

#endif

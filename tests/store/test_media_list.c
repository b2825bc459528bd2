/* SPDX-License-Identifier: ISC */
/*
 * Lists of media among very many: every filter and every order reads few blocks, page by page, and case does not matter
 * in any script.
 */
#include "config.h"

#include "store/media/media_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))
#define MANY        20000

static int64_t create(const struct media_change *fields) {
  struct media media;
  enum error error = media_store_create_with(fixture_database, fields, 0, &media);
  ck_assert_msg(error == ERROR_NONE, "%s", database_last_error(fixture_database));
  int64_t id = media.id;
  media_free(&media);
  return id;
}

/* The ids of a page, with blanks between, and where the next one begins. */
static size_t page(struct media_filter *filter, char *ret_ids, size_t size) {
  struct media_item *items = NULL;
  size_t count = 0;
  enum error error = media_list_find(fixture_database, filter, &items, &count);
  ck_assert_msg(error == ERROR_NONE, "%s", database_last_error(fixture_database));
  ret_ids[0] = '\0';
  for (size_t i = 0; i < count; i++) {
    snprintf(ret_ids + strlen(ret_ids), size - strlen(ret_ids), "%s%lld", i == 0 ? "" : " ",
             (long long)items[i].media.id);
    filter->after_key = items[i].key;
    filter->after_id = items[i].media.id;
    media_free(&items[i].media);
  }
  free(items);
  return count;
}

START_TEST(case_does_not_matter_in_any_script) {
  static const struct {
    const char *title, *search, *description;
    bool found;
  } rows[] = {
      {"İstanbul", "istanbul", "Turkish: a dotted capital", true},
      {"İSTANBUL", "i\xcc\x87stanbul", "and its small form of two characters", true},
      {"ISPARTA", "\xc4\xb1sparta", "Turkish: an i without a dot", true},
      {"ısparta", "ISPARTA", "the other way round", true},
      {"ΟΔΥΣΣΕΥΣ", "οδυσσευς", "Greek: a final sigma", true},
      {"Οδυσσεύς", "ΟΔΥΣΣΕΎΣ", "Greek: with an accent", true},
      {"οδυσσευς", "ΣΕΥΣ Ο", "and not what is not there", false},
      {"Война и мир", "ВОЙНА И МИР", "Cyrillic", true},
      {"ВОЙНА", "война", "Cyrillic: the other way round", true},
      {"Straße", "STRASSE", "German: a sharp s", true},
      {"ՀԱՅ", "հայ", "Armenian", true},
      {"𐐀𐐁", "𐐨𐐩", "Deseret, beyond 16 bits", true},
      {"日本", "日", "a script without case", true},
  };
  for (size_t i = 0; i < ROWS(rows); i++) {
    char ids[100], expected[24];
    int64_t id = create(&(struct media_change){.title = rows[i].title});
    snprintf(expected, sizeof expected, "%lld", (long long)id);
    struct media_filter filter = {.type = -1, .search = rows[i].search, .limit = 1};
    page(&filter, ids, sizeof ids);
    ck_assert_msg((strcmp(ids, expected) == 0) == rows[i].found, "%s: %s", rows[i].description, ids);
  }
}
END_TEST

START_TEST(fields_of_the_caller_are_kept_changed_and_unique) {
  struct media media;
  const struct media_change fields = {.title = "film",
                                      .description = "Two\nlines",
                                      .tags = "{\"a b\",ß}",
                                      .external_id = "cms/7",
                                      .metadata = "{\"course\":{\"id\":7}}"};
  int64_t id = create(&fields);
  ck_assert_int_eq(media_store_create_with(fixture_database, &fields, 0, &media), ERROR_CONFLICT);
  ck_assert_int_eq(media_store_find(fixture_database, id, &media), ERROR_NONE);
  ck_assert_str_eq(media.description, "Two\nlines");
  ck_assert_str_eq(media.tags, "[\"a b\",\"ß\"]");
  ck_assert_str_eq(media.external_id, "cms/7");
  ck_assert_str_eq(media.metadata, "{\"course\": {\"id\": 7}}");
  ck_assert_int_eq(media.type, MEDIA_UNKNOWN);
  int64_t updated_at_us = media.updated_at_us;
  media_free(&media);
  int64_t other = create(&(struct media_change){.title = "other", .external_id = "cms/8"});
  const struct media_change taken = {.set_external_id = true, .external_id = "cms/8"};
  ck_assert_int_eq(media_store_update(fixture_database, id, &taken, &media), ERROR_CONFLICT);
  ck_assert_int_eq(media_store_delete(fixture_database, other), ERROR_NONE);
  ck_assert_int_eq(media_store_update(fixture_database, id, &taken, &media), ERROR_NONE); /* it is free now */
  ck_assert_str_eq(media.external_id, "cms/8");
  ck_assert_str_eq(media.description, "Two\nlines");
  ck_assert_int_ne(media.updated_at_us, updated_at_us);
  media_free(&media);
  const struct media_change none = {.set_description = true, .set_external_id = true, .tags = "{}", .metadata = "{}"};
  ck_assert_int_eq(media_store_update(fixture_database, id, &none, &media), ERROR_NONE);
  ck_assert(media.description == NULL && media.tags == NULL && media.external_id == NULL && media.metadata == NULL);
  media_free(&media);
}
END_TEST

/* --- among very many --- */

/* Medium i of 20,000: every field has its share of values, and views of the last month. */
static void make_many(void) {
  fixture_sql(
      "insert into media_asset (title, type, created_at, size_bytes, stored_name, duration_seconds, description,"
      " tags, external_id, metadata, package_state)"
      " select 'Title ' || md5(i::text), case when i % 3 = 0 then 'audio' when i % 3 = 1 then 'video' end,"
      " '2026-01-01'::timestamptz + i % 5000 * interval '1 minute',"
      " case when i % 7 <> 0 then i % 900 * 1000 end, case when i % 7 <> 0 then i || '.mp4' end,"
      " case when i % 7 <> 0 then i % 1000 + 0.5 end,"
      " case when i % 10 = 0 then 'About ' || md5(i::text) end,"
      " case when i % 100 = 0 then array['hundred', 'tag ' || i] when i % 10 = 0 then array['ten']"
      " else '{}' end, case when i % 2 = 0 then 'ext-' || i end,"
      " case when i % 50 = 0 then jsonb_build_object('course', i / 50) else '{}' end,"
      " case when i % 400 = 0 then 'failed' when i % 5 = 0 then 'ready' end"
      " from generate_series(1, 20000) i");
  fixture_sql(
      "insert into view_rollup (grain, media_id, start, bot, views, plays, bytes_sent, seconds, watched_seconds,"
      " points, points_views) select 'month', id, month, false, id % 97 + 1, 0, 0, 0, 0, 0, 0"
      " from media_asset, unnest(array['2026-01-01'::timestamptz, '2026-02-01']) month where id % 4 = 0");
  ck_assert_int_eq(statement_execute(fixture_database, "vacuum analyze media_asset", STATEMENT_ONCE, NULL, NULL),
                   ERROR_NONE);
  ck_assert_int_eq(statement_execute(fixture_database, "vacuum analyze view_rollup", STATEMENT_ONCE, NULL, NULL),
                   ERROR_NONE);
}

static int64_t blocks_read(void) {
  ck_assert_int_eq(statement_execute(fixture_database, "select pg_stat_force_next_flush()", STATEMENT_ONCE, NULL, NULL),
                   ERROR_NONE);
  return fixture_sql("select heap_blks_read + heap_blks_hit + idx_blks_read + idx_blks_hit from pg_statio_user_tables"
                     " where relname = 'media_asset'");
}

static const bool yes = true, no = false;
static const struct {
  struct media_filter filter;
  int64_t matches, most_blocks;
  const char *order, *description;
} lists[] = {
    {{.type = -1}, 20000, 200, "created_at desc, id desc", "all, newest first"},
    {{.type = -1, .ascending = true}, 20000, 200, "created_at, id", "all, oldest first"},
    {{.type = MEDIA_AUDIO}, 6666, 200, "created_at desc, id desc", "of a type"},
    {{.type = -1, .sort = MEDIA_BY_TITLE, .ascending = true},
     20000,
     250,
     "title collate \"und-x-icu\", id",
     "by title"},
    {{.type = -1, .sort = MEDIA_BY_TITLE}, 20000, 250, "title collate \"und-x-icu\" desc, id desc", "from z to a"},
    {{.type = -1, .sort = MEDIA_BY_SIZE}, 20000, 250, "coalesce(size_bytes, 0) desc, id desc", "by size"},
    {{.type = -1, .sort = MEDIA_BY_SIZE, .ascending = true}, 20000, 250, "coalesce(size_bytes, 0), id", "small ones"},
    {{.type = -1, .sort = MEDIA_BY_DURATION}, 20000, 250, "coalesce(duration_seconds, 0) desc, id desc", "long ones"},
    {{.type = -1, .search = "C4CA4238"}, 1, 200, "id", "part of a title"},
    {{.type = -1, .description = "aBOUT d3d94468"}, 1, 200, "id", "part of a description"},
    {{.type = -1, .external_id = "ext-20000"}, 1, 20, "id", "an external id"},
    {{.type = -1, .tags = "{hundred}"}, 200, 700, "created_at desc, id desc", "a tag"},
    {{.type = -1, .tags = "{hundred,\"tag 700\"}"}, 1, 300, "id", "two tags"},
    {{.type = -1, .metadata = "{\"course\":20}"}, 1, 40, "id", "metadata"},
    {{.type = -1, .package_state = "failed"}, 50, 300, "created_at desc, id desc", "failed packages"},
    {{.type = -1, .package_state = "none"}, 16000, 300, "created_at desc, id desc", "without a package"},
    {{.type = -1, .has_file = &no}, 2857, 900, "created_at desc, id desc", "without a file"},
    {{.type = -1, .has_file = &yes}, 17143, 300, "created_at desc, id desc", "with a file"},
    {{.type = MEDIA_VIDEO, .tags = "{ten}", .sort = MEDIA_BY_TITLE},
     600,
     2500,
     "title collate \"und-x-icu\" desc, id desc",
     "a type, a tag, by title"},
};

/* All ids that pass the filter, by ways of its own. */
static void check_pages(size_t row) {
  struct media_filter filter = lists[row].filter;
  char ids[400];
  filter.limit = 40;
  int64_t before = blocks_read();
  size_t seen = page(&filter, ids, sizeof ids);
  int64_t first = blocks_read() - before;
  ck_assert_msg(first <= lists[row].most_blocks, "%s: %lld blocks for the first page", lists[row].description,
                (long long)first);
  for (size_t got = seen; got == 40 && seen < 4000; seen += got) {
    got = page(&filter, ids, sizeof ids);
  }
  before = blocks_read();
  page(&filter, ids, sizeof ids);
  int64_t deep = blocks_read() - before;
  ck_assert_msg(deep <= lists[row].most_blocks, "%s: %lld blocks for a deep page", lists[row].description,
                (long long)deep);
  if (lists[row].matches <= 4000) {
    ck_assert_msg((int64_t)seen == lists[row].matches, "%s: %zu media in pages", lists[row].description, seen);
  }
}

/* The same order as the database has when it sorts all rows. */
static void check_order(size_t row) {
  struct media_filter filter = lists[row].filter;
  struct media_item *items = NULL;
  size_t count = 0;
  char sql[400];
  filter.limit = 200;
  ck_assert_int_eq(media_list_find(fixture_database, &filter, &items, &count), ERROR_NONE);
  for (size_t i = 0; i + 1 < count; i++) {
    snprintf(sql, sizeof sql,
             "select count(*) from (select id from media_asset where id in (%lld, %lld) order by %s"
             " limit 1) first where id = %lld",
             (long long)items[i].media.id, (long long)items[i + 1].media.id, lists[row].order,
             (long long)items[i].media.id);
    ck_assert_msg(fixture_sql(sql) == 1, "%s: item %zu", lists[row].description, i);
  }
  for (size_t i = 0; i < count; i++) {
    media_free(&items[i].media);
  }
  free(items);
}

START_TEST(every_list_of_very_many_media_reads_few_blocks) {
  make_many();
  for (size_t i = 0; i < ROWS(lists); i++) {
    int64_t matches = -1;
    ck_assert_int_eq(media_list_matches(fixture_database, &lists[i].filter, &matches), ERROR_NONE);
    ck_assert_msg(matches == lists[i].matches, "%s: %lld", lists[i].description, (long long)matches);
    check_pages(i);
    check_order(i);
  }
}
END_TEST

START_TEST(views_of_all_months_are_an_order) {
  make_many();
  for (int ascending = 0; ascending <= 1; ascending++) {
    struct media_filter filter = {.type = -1, .sort = MEDIA_BY_VIEWS, .ascending = ascending == 1, .limit = 2000};
    char *ids = malloc(40000);
    size_t seen = 0;
    int64_t last = ascending == 1 ? 0 : INT64_MAX;
    for (size_t got = 1; got > 0; seen += got) {
      got = page(&filter, ids, 40000);
      ck_assert(ascending == 1 ? filter.after_key >= last : filter.after_key <= last);
      last = filter.after_key;
    }
    ck_assert_uint_eq(seen, MANY);
    ck_assert_int_eq(last, ascending == 1 ? 194 : 0); /* 97 in each of two months; most have none */
    free(ids);
  }
}
END_TEST

FIXTURE_MAIN("media_list", case_does_not_matter_in_any_script, fields_of_the_caller_are_kept_changed_and_unique,
             every_list_of_very_many_media_reads_few_blocks, views_of_all_months_are_an_order)

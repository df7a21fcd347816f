"""Reports of a library that was counted by hand."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from psycopg import sql as composed

from tests.sql.conftest import Sql, add_environment, value
from tests.sql.report_library import asset_id, at


def tenths(*numbers: float) -> list[Decimal]:
    return [Decimal(f"{number:.1f}") for number in numbers]


MARCH_10, MARCH_11 = date(2024, 3, 10), date(2024, 3, 11)

EXPECTED: dict[str, list[tuple[Any, ...]]] = {
    # visual_search, images, indexed, pending, failed, not_asked_for
    "coverage": [("blog", False, 2, 1, 1, 0, 0), ("shop", True, 6, 3, 1, 1, 1)],
    # pending, due, in_work, tried_before, oldest_since, next_try_at, paused
    "backlog": [
        ("blog", 1, 0, 1, 0, at("03-04 00:00"), None, True),
        ("shop", 1, 1, 0, 1, at("03-04 00:00"), at("03-04 00:10"), False),
    ],
    "failures": [
        ("shop", "a4", "upload", "", "png", 700, "Invalid image file", 3, at("03-04 00:00")),
    ],
    # assets, bytes, total_assets, total_bytes
    "library_by_folder": [
        ("blog", "", 2, 1000, 2, 1000),
        ("shop", "", 3, 950, 7, 9450),
        ("shop", "archive", 0, 0, 0, 0),
        ("shop", "shoes", 1, 500, 4, 8500),
        ("shop", "shoes/red", 3, 8000, 3, 8000),
    ],
    # assets, bytes, newest_at
    "library_by_type": [
        ("blog", "image", "upload", 2, 1000, at("03-06 12:00")),
        ("shop", "image", "upload", 5, 8900, at("03-03 12:00")),
        ("shop", "image", "private", 1, 500, at("02-01 12:00")),
        ("shop", "raw", "upload", 1, 50, at("03-02 12:00")),
    ],
    # assets, bytes, average_bytes, largest_bytes
    "library_by_format": [
        ("blog", "image", "webp", 2, 1000, 500, 900),
        ("shop", "image", "jpg", 3, 8000, 2667, 4000),
        ("shop", "image", "png", 2, 1200, 600, 700),
        ("shop", "image", "gif", 1, 200, 200, 200),
        ("shop", "raw", None, 1, 50, 50, 50),
    ],
    # assets, bytes, total_assets, total_bytes
    "library_by_month": [
        ("blog", date(2024, 3, 1), 2, 1000, 2, 1000),
        ("shop", date(2024, 1, 1), 2, 4000, 2, 4000),
        ("shop", date(2024, 2, 1), 2, 1200, 4, 5200),
        ("shop", date(2024, 3, 1), 3, 4250, 7, 9450),
    ],
    "biggest_assets": [
        ("shop", "a7", "image", "shoes/red", "jpg", 4000, 40, 30, at("03-03 12:00")),
        ("shop", "a2", "image", "shoes/red", "jpg", 3000, 40, 30, at("01-20 12:00")),
        ("shop", "a1", "image", "shoes/red", "jpg", 1000, 40, 30, at("01-10 12:00")),
        ("blog", "b1", "image", "", "webp", 900, 40, 30, at("03-05 12:00")),
        ("shop", "a4", "image", "", "png", 700, 40, 30, at("02-29 23:30")),
        ("shop", "a3", "image", "shoes", "png", 500, 40, 30, at("02-01 12:00")),
        ("shop", "a5", "image", "", "gif", 200, 40, 30, at("03-01 00:30")),
        ("blog", "b2", "image", "", "webp", 100, 40, 30, at("03-06 12:00")),
        ("shop", "a6", "raw", "", None, 50, 40, 30, at("03-02 12:00")),
    ],
    # has_context, has_metadata
    "untagged_images": [
        ("blog", "b2", "upload", "", "webp", 100, False, False, at("03-06 12:00")),
        ("blog", "b1", "upload", "", "webp", 900, False, False, at("03-05 12:00")),
        ("shop", "a7", "upload", "shoes/red", "jpg", 4000, False, False, at("03-03 12:00")),
        ("shop", "a4", "upload", "", "png", 700, False, True, at("02-29 23:30")),
        ("shop", "a3", "private", "shoes", "png", 500, False, False, at("02-01 12:00")),
    ],
    # assets, first_at, last_at
    "tag_use": [
        ("shop", "red", "image", 2, at("01-10 12:00"), at("03-01 00:30")),
        ("shop", "sale", "image", 2, at("01-10 12:00"), at("01-20 12:00")),
        ("shop", "sale", "raw", 1, at("03-02 12:00"), at("03-02 12:00")),
    ],
    # mandatory, assets, missing, filled_percent
    "metadata_use": [
        ("shop", "sku", "SKU", "integer", True, 2, 5, Decimal("28.6")),
        ("shop", "colour", "Colour", "string", False, 1, 6, Decimal("14.3")),
    ],
    # searches, later_pages, without_result, weak; encode, rank and total: p50 and p95
    "searches_by_day": [
        ("blog", MARCH_11, "text", 1, 0, 0, 0, *tenths(10, 10, 10, 10, 20, 20)),
        ("shop", MARCH_11, "image_asset_id", 2, 0, 0, 0, *tenths(2, 2.9, 1, 1, 3, 3.9)),
        ("shop", MARCH_11, "image_file", 1, 0, 0, 0, *tenths(100, 100, 10, 10, 110, 110)),
        ("shop", MARCH_11, "text", 1, 0, 1, 0, *tenths(5, 5, 1, 1, 6, 6)),
        ("shop", MARCH_10, "text", 3, 1, 0, 1, *tenths(15, 28.5, 5, 7.7, 18, 35.9)),
    ],
    # searches, without_result, filtered, best_score, last_at
    "queries_without_good_match": [("shop", "unicorn", 2, 1, 1, 0.1, at("03-11 00:10"))],
    # searches, weak, total_p50_ms, first_at, last_at
    "repeated_queries": [
        ("shop", "image_asset_id", "a1", 2, 0, 3, at("03-11 01:00"), at("03-11 12:00")),
        ("shop", "text", "unicorn", 2, 2, 22, at("03-10 12:00"), at("03-11 00:10")),
        ("shop", "text", "red shoes", 2, 0, 18, at("03-10 10:00"), at("03-10 11:00")),
    ],
    "never_found_images": [
        ("shop", "a7", "upload", "shoes/red", "jpg", 4000, [], at("03-03 12:00")),
    ],
    # source, key_label, upload_preset, assets, bytes, last_30_days, first_at, last_at
    "upload_sources": [
        ("blog", "api", None, None, 2, 1000, 0, at("03-05 12:00"), at("03-06 12:00")),
        ("shop", "api", "CI", "photos", 2, 5000, 0, at("01-10 12:00"), at("03-03 12:00")),
        ("shop", "api", "CI", None, 2, 250, 0, at("03-01 00:30"), at("03-02 12:00")),
        ("shop", "api", None, "photos", 1, 3000, 0, at("01-20 12:00"), at("01-20 12:00")),
        ("shop", "import", None, None, 1, 500, 0, at("02-01 12:00"), at("02-01 12:00")),
        ("shop", "library", "page", None, 1, 700, 0, at("02-29 23:30"), at("02-29 23:30")),
    ],
    # unsigned, is_library_default, is_api_default, assets, bytes, asked_to_index, last, changed
    "preset_use": [
        ("shop", "photos", True, True, False, 3, 8000, 3, at("03-03 12:00"), at("01-01 12:00")),
        ("shop", "unused", False, False, False, 0, 0, 0, None, at("01-02 12:00")),
    ],
    # renditions, bytes, average_bytes, last_at
    "rendition_use": [
        ("shop", "c_fill,h_10,w_10", "webp", 2, 81, 41, at("03-08 12:00")),
        ("shop", "", "png", 1, 20, 20, at("03-09 12:00")),
    ],
    # deliveries, delivered_bytes, admin_calls
    "traffic_by_day": [("shop", MARCH_11, 1, 10, 0), ("shop", MARCH_10, 12, 1200, 9)],
    "webhook_failures": [
        ("shop", at("03-10 10:00"), "hooks.example.com", "upload", "a1", 2, "status 500"),
    ],
    # dimension, embeddings, cached_queries
    "models": [
        ("soon", "next", 8, 0, 0, "f3", at("01-05 12:00"), None),
        ("now", "active", 8, 4, 2, "f2", at("01-03 12:00"), at("01-04 12:00")),
        ("old", "retired", 8, 0, 0, "f1", at("01-01 12:00"), at("01-02 12:00")),
    ],
}
ELSEWHERE = {"asset", "searches", "storage"}  # have tests of their own below


def rows(sql: Sql, view: str) -> list[tuple[Any, ...]]:
    statement = composed.SQL("select view.* from report.{} as view")
    return sql.execute(statement.format(composed.Identifier(view))).fetchall()


# Numbers ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("view", EXPECTED)
def test_a_report_says_what_was_counted_by_hand(reported: Sql, view: str) -> None:
    assert rows(reported, view) == EXPECTED[view]


def test_one_row_tells_all_of_an_asset(reported: Sql) -> None:
    found = reported.execute("select asset.* from report.asset where public_id = 'a1'")
    assert found.description is not None
    row = dict(
        zip((column.name for column in found.description), found.fetchone() or (), strict=True)
    )
    assert row == {
        "cloud_name": "shop",
        "public_id": "a1",
        "resource_type": "image",
        "type": "upload",
        "asset_folder": "shoes/red",
        "display_name": "a1",
        "original_filename": "",
        "format": "jpg",
        "bytes": 1000,
        "width": 40,
        "height": 30,
        "pages": 1,
        "tags": ["sale", "red"],
        "context": {},
        "metadata": {"sku": 1, "colour": "red"},
        "index_state": "indexed",
        "index_reason": None,
        "access_mode": "public",
        "source": "api",
        "upload_preset": "photos",
        "sha256": "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881",
        "created_at": at("01-10 12:00"),
        "uploaded_at": at("01-10 12:00"),
        "updated_at": row["updated_at"],
        "asset_id": asset_id("a1"),
    }


def test_the_index_state_is_that_of_the_api(reported: Sql) -> None:
    states = dict(reported.execute("select public_id, index_state from report.asset").fetchall())
    assert states == {
        "a1": "indexed",
        "a2": "indexed",
        "a3": "pending",
        "a4": "failed",
        "a5": "not_asked",
        "a6": "not_asked",
        "a7": "indexed",
        "b1": "off",
        "b2": "off",
    }


def test_the_log_has_a_row_for_each_page_with_its_assets(reported: Sql) -> None:
    found = reported.execute(
        "select kind, query, continued, filtered, mode, complete, candidates, returned, best_score,"
        " best_match, encode_ms, rank_ms, total_ms, hits"
        " from report.searches where cloud_name = 'shop' order by searched_at"
    ).fetchall()
    assert len(found) == 8
    a1, a2 = asset_id("a1"), asset_id("a2")
    second, last = found[1], found[-1]
    assert second[:6] == ("text", " red SHOES", False, True, "exact", True)
    assert second[6:] == (3, 2, 0.8, "related", 20, 4, 24, [a2, a1])
    assert last[:6] == ("image_file", None, False, False, "approximate", False)
    assert last[6:] == (3, 1, 0.6, "related", 100, 10, 110, [a1])


def test_two_reports_are_joined_by_asset_id(reported: Sql) -> None:
    found = reported.execute(
        """
        select asset.public_id, count(*)
        from report.searches
        cross join lateral unnest(searches.hits) as hit (asset_id)
        join report.asset using (cloud_name, asset_id)
        where searches.cloud_name = 'shop'
        group by asset.public_id
        order by asset.public_id
        """
    ).fetchall()
    assert found == [("a1", 6), ("a2", 3)]


def test_an_asset_of_this_month_counts_as_recent(reported: Sql) -> None:
    with reported.transaction(force_rollback=True):
        reported.execute("update library.asset set created_at = now() where public_id = 'a6'")
        recent = "select last_30_days from report.upload_sources where key_label = 'CI'"
        assert reported.execute(f"{recent} order by upload_preset").fetchall() == [(0,), (1,)]


# Storage ------------------------------------------------------------------------------------------


def test_storage_adds_up_to_what_the_tables_take(reported: Sql) -> None:
    sizes = dict(
        reported.execute(
            "select table_name, sum(bytes)::bigint from report.storage group by table_name"
        ).fetchall()
    )
    expected = dict(
        reported.execute(
            """
            select relnamespace::regnamespace || '.' || relname, pg_total_relation_size(oid)
            from pg_class
            where relnamespace in ('library'::regnamespace, 'procrastinate'::regnamespace)
                and relkind = 'r'
            """
        ).fetchall()
    )
    assert sizes == expected
    assert sizes["library.embedding"] > 0
    share = value(reported, "select sum(share_percent) from report.storage")
    assert abs(share - 100) < 5  # each is rounded to a tenth


def test_storage_names_tables_large_values_and_indexes(reported: Sql) -> None:
    found = reported.execute("select table_name, part, index_name from report.storage").fetchall()
    assert {
        ("library.original", "rows", None),
        ("library.original", "large values", None),
        ("library.embedding", "hnsw index", "embedding_hnsw"),
        ("library.embedding", "btree index", "embedding_pkey"),
        ("library.asset", "gin index", "asset_by_tag"),
    } <= set(found)


def test_storage_says_how_much_is_dead(sql: Sql) -> None:
    for number in range(10):
        add_environment(sql, f"e{number}")
    sql.execute("delete from library.environment where cloud_name in ('e1', 'e2', 'e3', 'e4')")
    sql.execute("select pg_stat_force_next_flush()")
    found = sql.execute(
        "select live_rows, dead_rows, dead_percent from report.storage"
        " where table_name = 'library.environment' and part = 'rows'"
    ).fetchone()
    assert found == (6, 4, 40)

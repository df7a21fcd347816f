"""What holds for every report."""

from tests.sql.conftest import Sql
from tests.sql.test_reports import ELSEWHERE, EXPECTED, rows

OF_THE_DATABASE = {"models", "storage"}
# Where the ledger of duplicates and the audits are.
ELSEWHERE_TESTED = {"near_duplicates", "exact_duplicates", "recall"}
# Names that say all.
PLAIN = {
    "cloud_name", "public_id", "asset_folder", "display_name", "format", "bytes", "assets", "tags",
    "created_at", "images", "pending", "query", "tag", "name", "preset", "average_bytes",
}  # fmt: skip
VIEWS = """
    select view.relname, attribute.attname, format_type(attribute.atttypid, null),
        col_description(view.oid, attribute.attnum)
    from pg_class as view
    join pg_attribute as attribute on attribute.attrelid = view.oid and attribute.attnum > 0
    where view.relnamespace = 'report'::regnamespace
    order by view.relname, attribute.attnum
"""


def test_every_report_is_tested(reported: Sql) -> None:
    views = {row[0] for row in reported.execute(VIEWS)} - ELSEWHERE_TESTED
    assert views == EXPECTED.keys() | ELSEWHERE


def test_every_column_whose_name_does_not_say_all_has_a_comment(reported: Sql) -> None:
    bare = [(view, name) for view, name, _, comment in reported.execute(VIEWS) if not comment]
    assert [each for each in bare if each[1] not in PLAIN] == []


def test_the_first_column_tells_whose_rows_they_are(reported: Sql) -> None:
    first: dict[str, str] = {}
    for view, name, _, _ in reported.execute(VIEWS):
        first.setdefault(view, name)
    assert {view for view in first if first[view] != "cloud_name"} == OF_THE_DATABASE


def test_no_report_shows_bytes_or_ids_of_rows(reported: Sql) -> None:
    for view, name, kind, _ in reported.execute(VIEWS):
        assert kind not in ("bytea", "halfvec", "vector"), (view, name)
        assert name not in ("environment_id", "model_id", "search_id", "settings", "api_key"), view


def test_no_report_shows_a_secret(reported: Sql) -> None:
    for view in {row[0] for row in reported.execute(VIEWS)}:
        assert "secret-word" not in str(rows(reported, view)), view


def test_bytes_and_times_are_named_for_their_units(reported: Sql) -> None:
    for view, name, kind, _ in reported.execute(VIEWS):
        if "bytes" in name.split("_"):
            assert kind == "bigint" or name == "same_bytes", (view, name)
        if name.endswith("_ms"):
            assert kind in ("numeric", "double precision", "integer"), (view, name)
        if name.endswith("_at"):
            assert kind == "timestamp with time zone", (view, name)

"""sql/snapshot.sql is what the migrations make: reviewers read the schema there."""

import difflib

import pytest

from tests.snapshot import PATH, Unavailable, dump


def test_the_snapshot_is_what_the_migrations_make(database_url: str) -> None:
    try:
        made = dump(database_url)
    except Unavailable as reason:
        pytest.skip(str(reason))
    kept = PATH.read_text() if PATH.exists() else ""
    if made != kept:
        names = ("sql/snapshot.sql", "what `migrate` makes")
        difference = difflib.unified_diff(kept.splitlines(), made.splitlines(), *names, n=1)
        pytest.fail(
            "The schema has changed. Run `python -m tests.snapshot` and commit sql/snapshot.sql.\n"
            + "\n".join(list(difference)[:60]),
            pytrace=False,
        )

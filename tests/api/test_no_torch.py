"""Only `app.vision`'s models need torch: everything else is tested, and migrates, without it."""

import os
import subprocess
import sys
from pathlib import Path

from tests.database import Databases

_PROGRAM = """
import sys
import pytest

code = pytest.main(["-q", "-p", "no:cacheprovider", *sys.argv[1:]])
loaded = {"torch", "torchvision", "open_clip", "timm"}.intersection(sys.modules)
sys.exit(f"imported: {loaded}" if loaded else code)
"""


def test_uploads_and_searches_are_tested_without_torch(databases: Databases) -> None:
    root = Path(__file__).parents[2]
    tests = [
        "tests/api/test_encodings.py::test_upload_as_node_sends_it",
        "tests/sql/test_migration.py::test_a_second_time_there_is_nothing_to_do",
    ]
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, *tests],
        cwd=root,
        env={**os.environ, "TEST_DATABASE_URL": databases.server_url},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout

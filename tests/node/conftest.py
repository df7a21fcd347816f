"""The official Node package, installed once outside of the repository, and scripts that use it."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.fake_encoder import picture
from tests.server import Account

VERSION = "2.11.0"
Run = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """A `node_modules` with the package; skips where there is no Node, or no registry to ask."""
    if shutil.which("node") is None or (npm := shutil.which("npm")) is None:
        pytest.skip("there is no node, or no npm, on this machine")
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "iris-tests"
    installed = home / f"node-{VERSION}"
    if not installed.is_dir():
        home.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(dir=home))  # appears under its name when it is complete
        try:
            _install(npm, making)
            if not installed.is_dir():
                making.rename(installed)
        finally:
            shutil.rmtree(making, ignore_errors=True)
    return installed / "node_modules"


def _install(npm: str, prefix: Path) -> None:
    options = ["--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", prefix]
    try:
        done = subprocess.run(
            [npm, "install", *options, f"cloudinary@{VERSION}"],
            capture_output=True,
            text=True,
            timeout=120,
        )
    except subprocess.TimeoutExpired:
        pytest.skip("npm does not get the package cloudinary: the registry does not answer")
    if done.returncode:
        pytest.skip(f"npm does not get the package cloudinary: {done.stderr[-300:]}")


@pytest.fixture
def pictures(tmp_path: Path) -> dict[str, str]:
    """Files in three colours."""
    paths = {colour: tmp_path / f"{colour}.png" for colour in ("red", "green", "blue")}
    for colour, path in paths.items():
        path.write_bytes(picture(colour))
    return {colour: str(path) for colour, path in paths.items()}


@pytest.fixture
def run(node_modules: Path, pictures: dict[str, str]) -> Run:
    """Runs a script beside this file for an account, and gives what its steps answered.

    The script gets the pictures and whatever else is passed.
    """

    def run(account: Account, script: str, **values: Any) -> dict[str, Any]:
        done = subprocess.run(
            ["node", Path(__file__).with_name(f"{script}.cjs"), json.dumps(pictures | values)],
            env={
                "PATH": os.environ["PATH"],
                "NODE_PATH": str(node_modules),
                "CLOUDINARY_URL": account.cloudinary_url,
            },
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        answers: dict[str, Any] = json.loads(done.stdout)
        return answers

    return run

"""What more than one kind of API test needs."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.server import Account


class Cld:
    """The command `cld`, unmodified, in a directory, configured by CLOUDINARY_URL alone."""

    def __init__(self, account: Account, directory: Path) -> None:
        self.directory = directory
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(directory),  # where it would look for saved configurations
            "CLOUDINARY_URL": account.cloudinary_url,
        }

    def __call__(self, *arguments: object, code: int = 0) -> Any:
        """The JSON that it prints, or its text if it fails."""
        text = self.text(*arguments, code=code)
        return text if code else json.loads(text[text.index("{") : text.rindex("}") + 1])

    def text(self, *arguments: object, code: int = 0, stderr: bool = False) -> str:
        """What it prints; what it logs comes behind that if it fails, or if `stderr` is wanted."""
        done = subprocess.run(
            [Path(sys.executable).parent / "cld", *map(str, arguments)],
            env=self._environment,
            cwd=self.directory,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + (done.stderr if code or stderr else "")


@pytest.fixture
def cld(server: Account, tmp_path: Path) -> Cld:
    """`cld` for `server`, in an empty directory."""
    return Cld(server, tmp_path)

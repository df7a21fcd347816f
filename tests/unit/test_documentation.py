"""What people read is complete: README, help texts, descriptions."""

import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from app import settings
from app.cli import main
from app.settings import Settings

PROJECT = Path(__file__).parents[2]
README = (PROJECT / "README.md").read_text()


def commands(group: click.Group, path: tuple[str, ...] = ()) -> list[tuple[str, click.Command]]:
    found: list[tuple[str, click.Command]] = []
    for name, command in group.commands.items():
        found.append((" ".join((*path, name)), command))
        if isinstance(command, click.Group):
            found += commands(command, (*path, name))
    return found


@pytest.mark.parametrize("name", Settings.__struct_fields__)
def test_every_setting_is_in_the_readme_with_its_default(name: str) -> None:
    row = re.search(rf"^\| `{settings.variable(name)}` \| (.+?) \| (.+?) \|$", README, re.MULTILINE)
    assert row, f"README's table of settings lacks {settings.variable(name)}"
    field = next(f for f in settings.fields() if f.name == name)
    assert row[2] == field.description


@pytest.mark.parametrize(("path", "command"), commands(main), ids=lambda x: str(x)[:30])
def test_every_command_and_option_says_what_it_is_for(path: str, command: click.Command) -> None:
    assert command.help, path
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help or parameter.name == "port", f"{path} --{parameter.name}"
    if not isinstance(command, click.Group):
        assert f"iris {path.split()[0]}" in README


def test_the_top_level_holds_what_was_agreed_and_nothing_else() -> None:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True, check=True
    ).stdout
    top = {line.split("/")[0] for line in listed.splitlines()}
    agreed = {"pyproject.toml", "README.md", "compose.yaml", "app", "alembic", "sql", "tests"}
    assert {name for name in top if not name.startswith(".")} == agreed


def test_only_vision_needs_torch() -> None:
    """Everything else starts without the five seconds and 400 MB of torch."""
    code = (
        "import sys, app.cli, app.asgi, app.worker;"
        " assert not {'torch', 'open_clip', 'timm'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=True, env={**os.environ})

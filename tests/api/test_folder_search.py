"""Folder search, with the official Python package and its command."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from cloudinary import SearchFolders, api
from cloudinary.exceptions import BadRequest

from tests.server import Account

FOLDERS = ["Obst", "Obst/Äpfel", "Obst/Äpfel/rot grün", "Obstgarten", "test_folder_1", "x_y"]
CLD = Path(sys.executable).with_name("cld")


def search(expression: str, **params: Any) -> list[str]:
    """The paths that an expression finds, in the order of paths."""
    query = SearchFolders().expression(expression).sort_by("path", "asc")
    for name, value in params.items():
        getattr(query, name)(value)
    found = query.execute()
    assert found["total_count"] >= len(found["folders"])
    assert isinstance(found["time"], int)
    return [folder["path"] for folder in found["folders"]]


@pytest.fixture
def library(sdk: Account) -> Account:
    """An environment with `FOLDERS`."""
    for path in FOLDERS:
        api.create_folder(path)
    return sdk


def test_expressions(library: Account) -> None:
    external_id = api.subfolders("Obst")["folders"][0]["external_id"]
    expected = {
        "": FOLDERS,
        'path="Obst/Äpfel"': ["Obst/Äpfel"],
        'path="obst/äpfel"': [],
        'path:"obst/äpfel"': ["Obst/Äpfel", "Obst/Äpfel/rot grün"],
        'path="Obst/*"': ["Obst", "Obst/Äpfel", "Obst/Äpfel/rot grün"],
        "path:obst/äpfel/*": ["Obst/Äpfel", "Obst/Äpfel/rot grün"],
        "path:test_folder*": ["test_folder_1"],
        "path:obst*": ["Obst", "Obst/Äpfel", "Obst/Äpfel/rot grün", "Obstgarten"],
        "name:äpfel": ["Obst/Äpfel"],
        "name=Äpfel": ["Obst/Äpfel"],
        "name=äpfel": [],
        "name:rot": ["Obst/Äpfel/rot grün"],
        "grün OR x_y": ["Obst/Äpfel/rot grün", "x_y"],
        "obst -name:äpfel": ["Obst", "Obst/Äpfel/rot grün"],
        f"id={external_id}": ["Obst/Äpfel"],
        f"id:{external_id} AND created_at>1d AND updated_at>=2020-01-01": ["Obst/Äpfel"],
        "created_at<2020-01-01": [],
        "path:100%": [],
        "name:x_": ["x_y"],
    }
    assert {expression: search(expression) for expression in expected} == expected


def test_pages_and_orders(library: Account) -> None:
    newest = SearchFolders().max_results(2).execute()
    assert [folder["path"] for folder in newest["folders"]] == ["x_y", "test_folder_1"]
    assert newest["total_count"] == len(FOLDERS)
    assert set(newest["folders"][0]) == {"name", "path", "created_at", "external_id"}
    found, cursor = [], ""
    for _ in range(3):
        query = SearchFolders().sort_by("name", "desc").sort_by("path", "asc").max_results(2)
        page = query.next_cursor(cursor).execute()
        found += [folder["name"] for folder in page["folders"]]
        cursor = page.get("next_cursor", "")
    assert "next_cursor" not in page
    assert found == ["Äpfel", "x_y", "test_folder_1", "rot grün", "Obstgarten", "Obst"]


def test_what_is_refused(library: Account) -> None:
    page = SearchFolders().max_results(1).execute()
    refused = {
        "expression": ["tags:x", "public_id=x", "path:(", "*x", "created_at:x", "path>3"],
        "next_cursor": ["forged", page["next_cursor"]],
        "max_results": [-1, 501, "x"],
    }
    for name, values in refused.items():
        for value in values:
            query = SearchFolders().expression("path:x")
            with pytest.raises(BadRequest):
                getattr(query, name)(value).execute()
    for sort in ("bytes", "asset_id"):
        with pytest.raises(BadRequest, match="sort_by"):
            SearchFolders().sort_by(sort, "asc").execute()


def test_get_and_forms(library: Account, client: httpx.Client) -> None:
    params = {"expression": 'path="Obst/Äpfel"', "max_results": "5"}
    for answer in (
        client.get("folders/search", params=params),
        client.post("folders%2Fsearch", data=params),
    ):
        assert answer.json()["total_count"] == 1


def test_environments_do_not_see_each_other(library: Account) -> None:
    cursor = SearchFolders().max_results(1).execute()["next_cursor"]
    other = library.running.account()
    with httpx.Client(base_url=other.url(""), auth=other.auth) as stranger:
        found = stranger.post("folders/search", json={}).json()
        assert (found["total_count"], found["folders"]) == (0, [])
        stolen = stranger.post("folders/search", json={"max_results": 1, "next_cursor": cursor})
        assert stolen.status_code == 400
    assert httpx.post(library.url("folders/search"), auth=other.auth).status_code == 401


def test_the_command_line(library: Account, tmp_path: Path) -> None:
    def cld(*arguments: str) -> Any:
        done = subprocess.run(
            [CLD, *arguments],
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(tmp_path),
                "CLOUDINARY_URL": library.cloudinary_url,
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    assert cld("admin", "ping") == {"status": "ok"}
    assert cld("admin", "create_folder", "a b/c+d")["path"] == "a b/c+d"
    found = cld("search_folders", 'path="a b/c+d"')
    assert [folder["path"] for folder in found["folders"]] == ["a b/c+d"]
    assert cld("admin", "root_folders")["total_count"] == 5
    assert cld("admin", "usage")["resources"] == 0

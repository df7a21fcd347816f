"""The command `cld` on whole libraries: search, upload_dir, sync and clone."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.api.conftest import Cld
from tests.database import Databases
from tests.fake_encoder import picture
from tests.server import Account, RunningServer, serve

FILES = {
    "plain.png": picture("red"),
    "Grüße & co #1.png": picture("green"),
    "a b+c = 100%.png": picture("blue"),
    "what?.png": picture("cyan"),
    "it's (1) [x] ~, ;!.png": picture("orange"),
    "two.dots.png": picture("black"),
    "deep/er/and deeper/日本.png": picture("yellow"),
    "deep/plain.png": picture("magenta"),
    "Süd & Co/photo.jpg": picture("grey", format="JPEG"),
    "Süd & Co/notes #2+.txt": b"Text with an end of line\r\n",
    "data.bin": bytes(range(256)),
}


def make(directory: Path, files: dict[str, bytes] = FILES) -> Path:
    """A directory with these files."""
    for name, content in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return directory


def contents(directory: Path) -> dict[str, bytes]:
    """Its files, but for what `cld` notes for itself."""
    paths = [path for path in directory.rglob("*") if path.is_file() and path.name != ".cld-sync"]
    return {path.relative_to(directory).as_posix(): path.read_bytes() for path in paths}


@pytest.fixture
def client(server: Account) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url(""), auth=server.auth) as client:
        yield client


def stored(account: Account) -> dict[str, bytes]:
    """What an environment delivers, by folder and display name."""
    found = {}
    query = {"max_results": 500}
    listed = httpx.get(account.url("resources/search"), params=query, auth=account.auth).json()
    for each in listed["resources"]:
        answer = httpx.get(each["secure_url"])
        assert answer.status_code == 200, each
        # Raw files have the extension in their public_id, and not always in their display name.
        extension = f".{each['format']}" if each["format"] else Path(each["public_id"]).suffix
        name = each["display_name"].removesuffix(extension) + extension
        path = "/".join(filter(None, (each["asset_folder"], name)))
        assert path not in found
        found[path] = answer.content
    return found


def test_search(cld: Cld, client: httpx.Client) -> None:
    for number in range(4):
        parts = {
            "file": picture("red", size=(10 + number, 10)),
            "public_id": (None, f"p{number}"),
            "asset_folder": (None, f"f/{number % 2}"),
            "tags": (None, "t,odd" if number % 2 else "t"),
            "context": (None, "k=v"),
        }
        assert client.post("image/upload", files=parts).status_code == 200

    found = cld("search", "tags=t AND -tags=odd", "-s", "public_id", "asc",
                "-f", "tags", "-f", "context", "-a", "format")  # fmt: skip
    assert [each["public_id"] for each in found["resources"]] == ["p0", "p2"]
    assert found["resources"][0]["tags"] == ["t"]
    assert found["resources"][0]["context"] == {"k": "v"}
    assert found["aggregations"] == {"format": {"png": 2}}
    first = cld("search", "tags=t", "-n", "3", "-s", "width", "desc")
    assert [each["public_id"] for each in first["resources"]] == ["p3", "p2", "p1"]
    rest = cld("search", "tags=t", "-n", "3", "-s", "width", "desc", "-c", first["next_cursor"])
    assert [each["public_id"] for each in rest["resources"]] == ["p0"]
    assert "next_cursor" not in rest
    few = cld("search", "asset_folder:f/*", "-fi", "bytes", "-ff", "public_id,bytes")
    assert {tuple(each) for each in few["resources"]} == {("public_id", "bytes")}
    assert "Query Error (at position" in cld("search", "tags:(", code=1)

    folders = cld("search_folders", "path:f*", "-s", "path", "asc", "-n", "1")
    assert [each["path"] for each in folders["folders"]] == ["f"]
    assert folders["total_count"] == 3


def test_pages_are_put_together(cld: Cld, client: httpx.Client, server: Account) -> None:
    parts = {"file": picture("red"), "public_id": (None, "p0")}
    assert client.post("image/upload", files=parts).status_code == 200
    with psycopg.connect(server.running.database_url) as connection:
        connection.execute(
            """
            insert into library.asset (
                environment_id, asset_id, resource_type, type, public_id, version, format, bytes,
                width, height, etag, sha256, asset_folder, display_name
            )
            select environment_id, gen_random_uuid(), resource_type, type, 'p' || number, version,
                format, bytes, width, height, etag, sha256, asset_folder, display_name
            from library.asset, generate_series(1, 1100) as number
            where environment_id = (
                select environment_id from library.environment where cloud_name = %s
            )
            """,
            [server.cloud],
        )
    found = cld("search", "resource_type:image", "--auto_paginate", "--force")
    assert len({each["public_id"] for each in found["resources"]}) == 1101
    assert "next_cursor" not in found
    listed = cld("admin", "resources", "-A", "-F", "-ff", "public_id")
    assert len({each["public_id"] for each in listed["resources"]}) == 1101


def test_upload_dir(cld: Cld, server: Account, tmp_path: Path) -> None:
    make(tmp_path / "my photos")
    text = cld.text("upload_dir", "my photos", "-f", "in box", "-o", "tags", "x,y", stderr=True)
    assert f"{len(FILES)} resources uploaded" in text
    assert stored(server) == {f"in box/my photos/{name}": data for name, data in FILES.items()}
    tagged = cld("search", "tags=x AND tags=y", "-n", "50")
    assert tagged["total_count"] == len(FILES)
    text = cld.text("upload_dir", "my photos", "-g", "*.bin", "-e", stderr=True)
    assert "1 resources uploaded" in text
    assert stored(server)["data.bin"] == FILES["data.bin"]


def test_sync(cld: Cld, server: Account, tmp_path: Path) -> None:
    here, there = make(tmp_path / "here"), tmp_path / "there"
    (here / ".hidden.png").write_bytes(picture("red"))
    folder = "my files/Ä & b"

    def expected(files: dict[str, bytes]) -> dict[str, bytes]:
        return {f"{folder}/{name}": data for name, data in files.items()}

    cld.text("sync", "--push", here, folder)
    assert stored(server) == expected(FILES)
    again = cld.text("sync", "--push", here, folder, stderr=True)
    assert f"Skipping {len(FILES)} items" in again
    assert "Uploading" not in again
    assert stored(server) == expected(FILES)

    there.mkdir()
    cld.text("sync", "--pull", there, folder)
    assert contents(there) == FILES
    again = cld.text("sync", "--pull", there, folder, stderr=True)
    assert f"Skipping {len(FILES)} items" in again
    assert "Downloading" not in again

    changed = FILES | {
        "Grüße & co #1.png": picture("white"),
        "Süd & Co/notes #2+.txt": b"other text",
        "deep/new & ü.png": picture("blue", share=0.5, rest="red"),
    }
    removed = ("deep/plain.png", "data.bin", "a b+c = 100%.png")
    for name in removed:
        (here / name).unlink()
        del changed[name]
    make(here, changed)
    kept = cld.text("sync", "--push", here, folder, "--dry-run", "-F", stderr=True)
    assert "Dry run mode enabled" in kept
    assert stored(server) == expected(FILES)
    cld.text("sync", "--push", here, folder, "--force", "-D", "2")
    # A changed file is uploaded beside the old one, which the next run finds superfluous.
    cld.text("sync", "--push", here, folder, "--force")
    assert stored(server) == expected(changed)

    make(there, {"plain.png": b"spoilt", "superfluous.txt": b"x"})
    cld.text("sync", "--pull", there, folder, "--force")
    assert contents(there) == changed
    nowhere = cld.text("sync", "--pull", there, "no such folder", code=1)
    assert "non-existent Cloudinary folder" in nowhere
    assert contents(there) == changed


@pytest.fixture
def reachable(databases: Databases, tmp_path: Path) -> Iterator[RunningServer]:
    """A server that may fetch files from this machine, as one on the internet may from itself."""
    with (
        databases.clone() as url,
        serve(url, tmp_path / "iris", download_hosts=("127.0.0.1",)) as server,
    ):
        yield server


def test_clone(reachable: RunningServer, tmp_path: Path) -> None:
    source, target = reachable.account("source"), reachable.account("target")
    cld = Cld(source, tmp_path)
    make(tmp_path / "here")
    cld.text("upload_dir", "here", "-e", "-f", "in & out", "-o", "tags", "a,b",
             "-o", "context", "k=v")  # fmt: skip
    for type in ("private", "authenticated"):
        cld("uploader", "upload", "here/plain.png", f"public_id=r/ü ({type})", f"type={type}")

    cld.text("clone", target.cloudinary_url, "-F", "-fi", "tags,context")
    assert stored(target) == stored(source)
    assert len(stored(target)) == len(FILES) + 2
    before, after = (listing(account) for account in (source, target))
    assert before == after
    assert {kind for kind, _ in before} == {"upload", "private", "authenticated"}

    cld("uploader", "upload", "here/deep/plain.png", "public_id=later", "tags=c")
    cld.text("clone", target.cloudinary_url, "-F", "-se", "tags:c")
    assert len(stored(target)) == len(FILES) + 3
    same = cld.text("clone", source.cloudinary_url, "-F", stderr=True, code=1)
    assert "Target environment cannot be the same" in same


def listing(account: Account) -> dict[tuple[str, str], object]:
    """What must be the same in a clone."""
    query = {"max_results": 500, "with_field": "tags,context"}
    listed = httpx.get(account.url("resources/search"), params=query, auth=account.auth).json()
    return {
        (each["type"], each["public_id"]): [
            each[name] for name in ("etag", "tags", "context", "asset_folder", "display_name")
        ]
        for each in listed["resources"]
    }

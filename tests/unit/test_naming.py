import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contract.naming import (
    asset_folder_for,
    display_name_for,
    normalize_folder,
    original_filename,
    public_id_for,
    random_text,
    validate_public_id,
)
from app.errors import BadRequest


def test_random_text():
    assert re.fullmatch(r"[a-z0-9]{20}", random_text(20))
    assert random_text(20) != random_text(20)


@pytest.mark.parametrize(
    "public_id", ["a", "folder/logo", "ü ß", "a.b", "x:y=z|w", "a" * 255, "..a"]
)
def test_legal_public_ids(public_id):
    assert validate_public_id(public_id) == public_id


@pytest.mark.parametrize(
    "public_id",
    ["", " a", "a ", "/a", "a/", "a//b", "a/../b", ".", "a\0b", "a\nb", "a" * 256]
    + [f"a{character}b" for character in "?&#\\%<>+"],
)
def test_illegal_public_ids(public_id):
    with pytest.raises(BadRequest, match=r"^public_id "):
        validate_public_id(public_id)


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("", ""),
        ("/", ""),
        ("/a/b/", "a/b"),
        ("a//b", "a/b"),
        (" a / b ", "a/b"),
        ("a.b/ü", "a.b/ü"),
    ],
)
def test_folders(folder, expected):
    assert normalize_folder(folder) == expected


@pytest.mark.parametrize("folder", ["..", "a/../b", "./a", "a\0", "a\n", "a" * 256])
def test_illegal_folders_are_refused_by_name(folder):
    with pytest.raises(BadRequest, match=r"^Invalid value for parameter asset_folder: "):
        normalize_folder(folder, "asset_folder")


def test_the_asset_is_shown_in_asset_folder_or_folder():
    assert asset_folder_for({}) == ""
    assert asset_folder_for({"folder": "/f/"}) == "f"
    assert asset_folder_for({"folder": "f", "asset_folder": "a"}) == "a"
    assert asset_folder_for({"folder": "f", "asset_folder": ""}) == ""


@pytest.mark.parametrize(
    ("filename", "expected"),
    [
        ("/tmp/x/logo.png", "logo"),
        (r"C:\Users\me\My logo.PNG", "My logo"),
        ("archive.tar.gz", "archive.tar"),
        ("тест.jpg", "тест"),
        ("file", "file"),
        ("stream", "stream"),
        (".png", ".png"),
        ("a\0b.png", "a_b"),
        ("\ud800.png", "?"),
        ("dir/", "dir"),
        ("..", "file"),
        ("", "file"),
        (None, "file"),
    ],
)
def test_original_filename(filename, expected):
    assert original_filename(filename) == expected


@pytest.mark.parametrize(
    ("params", "pattern"),
    [
        ({}, r"[a-z0-9]{20}"),
        ({"use_filename": True}, r"logo_[a-z0-9]{6}"),
        ({"use_filename": "1", "unique_filename": "0"}, r"logo"),
        ({"unique_filename": False}, r"[a-z0-9]{20}"),
        ({"use_filename": True, "discard_original_filename": True}, r"[a-z0-9]{20}"),
        (
            {"use_filename": True, "unique_filename": False, "filename_override": "x/other.jpg"},
            "other",
        ),
        (
            {"use_filename": True, "unique_filename": False, "filename_override": "a+b&c.jpg"},
            "a_b_c",
        ),
        ({"public_id": "given", "use_filename": True}, r"given"),
        ({"folder": "f/"}, r"f/[a-z0-9]{20}"),
        ({"folder": "/f", "public_id": "x"}, r"f/x"),
        ({"folder": "a+b", "public_id": "x"}, r"a_b/x"),
        ({"public_id_prefix": "p", "folder": "f", "public_id": "x"}, r"p/x"),
        ({"asset_folder": "a", "public_id": "x"}, r"x"),
        (
            {"asset_folder": "a/b", "use_asset_folder_as_public_id_prefix": True, "public_id": "x"},
            r"a/b/x",
        ),
        ({"use_asset_folder_as_public_id_prefix": True, "public_id": "x"}, r"x"),
    ],
)
def test_public_id_of_an_upload(params, pattern):
    assert re.fullmatch(pattern, public_id_for(params, "/tmp/logo.png"))


def test_raw_assets_keep_their_extension():
    assert re.fullmatch(r"[a-z0-9]{20}\.docx", public_id_for({}, "a.docx", "raw"))
    assert re.fullmatch(
        r"a_[a-z0-9]{6}\.docx", public_id_for({"use_filename": True}, "a.docx", "raw")
    )
    assert public_id_for({"public_id": "given"}, "a.docx", "raw") == "given"


@pytest.mark.parametrize("public_id", ["/x", "x/", "a&b"])
def test_a_prefix_does_not_make_an_illegal_id_legal(public_id):
    with pytest.raises(BadRequest):
        public_id_for({"folder": "f", "public_id": public_id}, None)


@given(st.text(), st.booleans(), st.sampled_from(["image", "raw"]), st.integers(0, 200))
def test_every_filename_gives_a_legal_public_id(filename, unique, resource_type, depth):
    params = {"use_filename": True, "unique_filename": unique, "folder": "f" * depth}
    public_id = public_id_for(params, filename, resource_type)
    assert validate_public_id(public_id) == public_id
    public_id.encode()


@pytest.mark.parametrize("filename", ["...png", ". .png", "a. .png", "?.png", "a.b "])
def test_awkward_filenames(filename):
    for resource_type in ("image", "raw"):
        for unique in (True, False):
            params = {"use_filename": True, "unique_filename": unique}
            validate_public_id(public_id_for(params, filename, resource_type))


def test_a_long_filename_is_cut():
    assert len(public_id_for({"use_filename": True}, "x" * 400 + ".jpg")) == 255
    assert len(public_id_for({}, "x." + "y" * 400, "raw")) <= 255


def test_display_name():
    assert display_name_for({}, "f/logo", "x.png") == "logo"
    assert display_name_for({"display_name": "My + logo"}, "f/logo", "x.png") == "My + logo"
    asked = {"use_filename_as_display_name": True}
    assert display_name_for(asked, "f/logo", "/tmp/x #1.png") == "x #1"
    assert display_name_for(asked | {"filename_override": "o.png"}, "f/logo", "x.png") == "o"


@pytest.mark.parametrize("display_name", ["a/b", "x" * 256, "a\0"])
def test_illegal_display_names(display_name):
    with pytest.raises(BadRequest, match=r"^Invalid value for parameter display_name: "):
        display_name_for({"display_name": display_name}, "a", None)

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contract.presets import (
    Preset,
    decode,
    effective_params,
    random_name,
    settings_from_request,
    unsigned_violations,
    validate_name,
    wants_index,
)
from app.errors import BadRequest


def preset(unsigned=True, **settings):
    return Preset("p", unsigned, settings, "e")


def test_random_name():
    assert re.fullmatch(r"[a-z0-9]{8}", random_name())


@pytest.mark.parametrize("name", ["a", "p a/b", "'; drop table x; --", "ü" * 255])
def test_names_may_hold_any_character(name):
    assert validate_name(name) == name
    assert settings_from_request({"name": name})[0] == name


@pytest.mark.parametrize("name", ["", "x" * 256])
def test_other_names_are_refused(name):
    with pytest.raises(BadRequest, match=r"^Invalid value for parameter name: "):
        validate_name(name)


def test_the_captured_request_of_the_python_sdk():
    """cloudinary.md B.2."""
    body = {
        "use_filename": "1", "unique_filename": "0", "folder": "f", "overwrite": "0",
        "similarity_search": "clip", "visual_search": "1", "timestamp": "1795331392",
        "transformation": "c_scale,w_100", "eager": "c_fill,w_100", "tags": "a,b",
        "allowed_formats": "jpg,png", "context": r"k=v\=\|x", "metadata": 'm=["a"]',
        "unsigned": True, "disallow_public_id": False, "name": "p", "live": False,
    }  # fmt: skip
    assert settings_from_request(body) == (
        "p",
        True,
        {
            "use_filename": True, "unique_filename": False, "folder": "f", "overwrite": False,
            "similarity_search": "clip", "visual_search": True,
            "transformation": [{"width": 100, "crop": "scale"}],
            "eager": [{"crop": "fill", "width": 100}], "tags": ["a", "b"],
            "allowed_formats": ["jpg", "png"], "context": {"k": "v=|x"},
            "metadata": {"m": '["a"]'}, "disallow_public_id": False, "live": False,
        },
    )  # fmt: skip


def test_a_preset_of_nothing_but_a_timestamp():
    assert settings_from_request({"timestamp": "1"}) == (None, None, {})


def test_nothing_is_added_to_what_was_sent():
    sent = {"timestamp": "1", "use_asset_folder_as_public_id_prefix": "true", "unsigned": "false"}
    assert settings_from_request(sent) == (
        None,
        False,
        {"use_asset_folder_as_public_id_prefix": True},
    )


def test_credentials_do_not_become_settings():
    sent = {"api_key": "1", "signature": "2", "timestamp": "3", "name": "", "tags": ["a"]}
    assert settings_from_request(sent) == (None, None, {"tags": ["a"]})


def test_unknown_settings_are_kept_as_sent():
    sent = {"colour_of_bikeshed": "blue", "access_control": [{"access_type": "token"}], "n": 5}
    assert settings_from_request(sent)[2] == sent


def test_an_empty_value_clears_a_setting():
    sent = {"tags": "", "folder": "", "colors": "", "context": "", "faces": None}
    assert settings_from_request(sent)[2] == {
        "tags": [],
        "folder": "",
        "colors": False,
        "context": {},
    }


@pytest.mark.parametrize("value", ["vgg", "CLIP", "clip2"])
def test_unknown_similarity_search_is_refused(value):
    message = f"^Illegal value for parameter similarity_search: {value}$"
    with pytest.raises(BadRequest, match=message):
        settings_from_request({"similarity_search": value})
    with pytest.raises(BadRequest, match=message):
        effective_params({"similarity_search": value}, None, signed=True)


@pytest.mark.parametrize(
    "params",
    [
        {"visual_search": "yes"},
        {"unsigned": "maybe"},
        {"folder": ["a", "b"]},
        {"public_id": {"a": 1}},
        {"tags": {"a": 1}},
        {"context": "nonsense"},
    ],
)
def test_unreadable_settings_are_refused_by_name(params):
    with pytest.raises(BadRequest, match=rf"^Invalid value for parameter {next(iter(params))}: "):
        settings_from_request(params)


VALUES = st.fixed_dictionaries(
    {},
    optional={
        "tags": st.lists(st.from_regex(r"[a-z]+", fullmatch=True)),
        "context": st.dictionaries(st.from_regex(r"[a-z]+", fullmatch=True), st.text()),
        "overwrite": st.booleans(),
        "colors": st.sampled_from(["0", "1", "true", "false"]),
        "folder": st.text(),
        "eager": st.just("c_fill,w_100/jpg|c_scale,w_50"),
        "transformation": st.just("c_fill,w_100/e_sepia"),
    },
)


@given(VALUES)
def test_settings_read_back_are_stable(params):
    """A client may read a preset, change one thing, and send it all back."""
    settings = decode(params)
    assert decode(settings) == settings


def test_unsigned_uploads_may_send_what_is_documented():
    unsigned_violations(
        {"upload_preset": "p", "timestamp": "1", "tags": "a", "context": "a=b", "folder": "f",
         "public_id": "x", "file": "data:,", "source": "uw", "overwrite": ""}
    )  # fmt: skip


def test_unsigned_uploads_may_send_no_more():
    rest = (
        "Only upload_preset, callback, public_id, folder, asset_folder, tags, context, metadata, "
        "face_coordinates, custom_coordinates, source, filename_override, manifest_transformation, "
        "manifest_json, template, template_vars, regions, public_id_prefix upload parameters are "
        "allowed."
    )
    with pytest.raises(BadRequest) as caught:
        unsigned_violations({"transformation": "w_1", "upload_preset": "p", "use_filename": "1"})
    assert caught.value.message == (
        f"Transformation parameter is not allowed when using unsigned upload. {rest}, "
        f"Use filename parameter is not allowed when using unsigned upload. {rest}"
    )


def test_an_unsigned_upload_needs_an_unsigned_preset():
    with pytest.raises(BadRequest, match=r"^Upload preset must be specified when using unsigned"):
        effective_params({}, None, signed=False)
    with pytest.raises(
        BadRequest, match=r"^Upload preset must be whitelisted for unsigned uploads$"
    ):
        effective_params({}, preset(unsigned=False), signed=False)
    with pytest.raises(BadRequest, match=r"^Overwrite parameter is not allowed"):
        effective_params({"overwrite": "1"}, preset(), signed=False)


def test_without_a_preset_the_request_is_only_decoded():
    sent = {"tags": "b,a", "overwrite": "0", "context": "a=b", "format": "", "timestamp": "1",
            "allowed_formats": "png", "public_id": 5}  # fmt: skip
    assert effective_params(sent, None, signed=True) == {
        "tags": ["b", "a"],
        "overwrite": False,
        "context": {"a": "b"},
        "allowed_formats": ["png"],
        "public_id": "5",
    }


@pytest.mark.parametrize("unsigned", [True, False])
def test_a_signed_request_overrules_its_preset(unsigned):
    given = preset(unsigned, folder="p", tags=["p"], overwrite=False, faces=True)
    sent = {"folder": "r", "tags": "r", "overwrite": "1", "upload_preset": "p"}
    assert effective_params(sent, given, signed=True) == {
        "folder": "r",
        "tags": ["r"],
        "overwrite": True,
        "faces": True,
    }


def test_a_preset_overrules_an_unsigned_request():
    given = preset(folder="p", tags=["b", "a"], context={"k": "p", "only": "p"}, overwrite=True)
    sent = {"folder": "r", "tags": "c,a", "context": "k=r|own=r", "metadata": "m=r",
            "asset_folder": "r", "upload_preset": "p", "timestamp": "1"}  # fmt: skip
    assert effective_params(sent, given, signed=False) == {
        "folder": "p",
        "asset_folder": "r",
        "tags": ["b", "a", "c"],
        "context": {"k": "p", "own": "r", "only": "p"},
        "metadata": {"m": "r"},
        "overwrite": False,
    }


def test_a_cleared_setting_leaves_the_choice_to_the_request():
    assert effective_params({"folder": "r"}, preset(folder=""), signed=False)["folder"] == "r"


def test_an_empty_parameter_is_as_good_as_none():
    given = preset(discard_original_filename=True)
    assert effective_params({"discard_original_filename": ""}, given, signed=True) == {
        "discard_original_filename": True
    }


@pytest.mark.parametrize("signed", [True, False])
def test_a_preset_may_keep_the_public_id_to_itself(signed):
    given = preset(disallow_public_id=True, unique_filename=False)
    with pytest.raises(
        BadRequest, match=r"^Public id parameter is not allowed by upload preset p$"
    ):
        effective_params({"public_id": "x"}, given, signed=signed)
    params = effective_params({}, given, signed=signed)
    assert params["unique_filename"] is not signed
    assert "disallow_public_id" not in params


def test_the_preset_is_not_changed():
    given = preset(tags=["a"], context={"a": "1"})
    effective_params({"tags": "b", "context": "b=2"}, given, signed=False)
    assert given.settings == {"tags": ["a"], "context": {"a": "1"}}


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, None),
        ({"visual_search": "1"}, True),
        ({"visual_search": True}, True),
        ({"visual_search": "0"}, False),
        ({"visual_search": ""}, None),
        ({"similarity_search": "clip"}, True),
        ({"similarity_search": ""}, None),
        ({"similarity_search": "clip", "visual_search": "false"}, True),
        ({"similarity_search": "", "visual_search": "false"}, False),
    ],
)
def test_wants_index(params, expected):
    assert wants_index(params) is expected

import cloudinary.utils
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contract.wire import (
    collect,
    format_context,
    parse_boolean,
    parse_context,
    parse_eager,
    parse_integer,
    parse_list,
    parse_number,
    parse_tags,
    parse_transformation,
)
from app.errors import BadRequest

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
KEY = TEXT.map(str.strip).filter(bool)


@pytest.mark.parametrize("value", [1, "1", "true", "True", True, " 1 "])
def test_true_is_read(value):
    assert parse_boolean("overwrite", value) is True


@pytest.mark.parametrize("value", [0, "0", "false", False])
def test_false_is_read(value):
    assert parse_boolean("overwrite", value) is False


@pytest.mark.parametrize("value", ["yes", "", 2, -1, None, [], {}, "truе", 1.0])
def test_other_flags_are_refused_by_name(value):
    with pytest.raises(BadRequest, match=r"^Invalid value for parameter overwrite: "):
        parse_boolean("overwrite", value)


def test_a_long_wrong_value_is_not_repeated_in_full():
    with pytest.raises(BadRequest) as caught:
        parse_boolean("colors", "x" * 100_000)
    assert len(caught.value.message) < 300


def test_integers_are_read_within_bounds():
    assert parse_integer("max_results", "500", 1, 500) == 500
    assert parse_integer("max_results", 1, 1, 500) == 1
    assert parse_integer("x", "-7") == -7


@pytest.mark.parametrize(
    "value", ["501", "0", "", "ten", "1.5", 1.5, True, None, "9" * 40, "١", []]
)
def test_other_integers_are_refused(value):
    with pytest.raises(BadRequest, match=r"^Invalid value for parameter max_results: "):
        parse_integer("max_results", value, 1, 500)


def test_numbers_are_read_within_bounds():
    assert parse_number("threshold", ".25", 0, 1) == 0.25
    assert parse_number("threshold", 1, 0, 1) == 1.0
    assert parse_number("threshold", 1e-7, 0, 1) == 1e-7


@pytest.mark.parametrize("value", ["nan", "inf", float("nan"), "1.01", "-0.1", "1e999", "", True])
def test_other_numbers_are_refused(value):
    with pytest.raises(BadRequest, match=r"^Invalid value for parameter threshold: "):
        parse_number("threshold", value, 0, 1)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a,b", ["a", "b"]),
        (" b , a ,, b ", ["b", "a"]),
        ('["a","b, c"]', ["a", "b, c"]),
        ("[]", []),
        ("[draft]", ["[draft]"]),
        (["a,b", " c ", "", 5], ["a,b", "c", "5"]),
        ("", []),
        (None, []),
    ],
)
def test_lists(value, expected):
    assert parse_list("public_ids", value) == expected


@pytest.mark.parametrize("value", [{"a": 1}, '[["a"]]', [{"a": 1}], 5])
def test_nested_values_are_no_list(value):
    with pytest.raises(BadRequest, match=r"^Invalid value for parameter tags: "):
        parse_list("tags", value)


def test_tags_hold_no_comma():
    assert parse_tags("tags", ["a,b", "b , c"]) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("alt=x|caption=y z", {"alt": "x", "caption": "y z"}),
        (r"k=v\=\|x", {"k": "v=|x"}),
        ("k=a=b", {"k": "a=b"}),
        (r"path=C:\new\dir", {"path": r"C:\new\dir"}),
        (' a = 1 | b=["x"]|', {"a": " 1 ", "b": '["x"]'}),
        ("k=", {"k": ""}),
        ("", {}),
        (
            {"a": 1, "b": ["x", 2], "c": True, "d": None},
            {"a": "1", "b": '["x", 2]', "c": "true", "d": ""},
        ),
        ('{"a": "1|2"}', {"a": "1|2"}),
        ("{}", {}),
    ],
)
def test_context(value, expected):
    assert parse_context("context", value) == expected


@pytest.mark.parametrize("value", ["plain", "=v", "a=1|=v", ["a=1"], 5, {"": "x"}])
def test_context_without_keys_is_refused(value):
    with pytest.raises(BadRequest, match=r"^Invalid value for parameter context: "):
        parse_context("context", value)


@given(st.dictionaries(KEY, TEXT))
def test_context_survives_its_spelling(pairs):
    assert parse_context("context", format_context(pairs)) == pairs


@given(
    st.dictionaries(
        st.from_regex(r"[a-z_]{1,8}", fullmatch=True), TEXT.filter(lambda t: t[-1:] != "\\")
    )
)
def test_context_written_by_the_sdk_is_understood(pairs):
    assert parse_context("context", cloudinary.utils.encode_context(pairs)) == pairs
    assert format_context(pairs) == cloudinary.utils.encode_context(pairs)


def test_names_are_folded():
    pairs = [
        ("public_ids[]", "a"),
        ("tag[10]", "z"),
        ("tag[2]", "y"),
        ("tags", "a"),
        ("tags", "b"),
        ("text", "cold night"),
        ("x[y]", "verbatim"),
        ("ids", ["json"]),
    ]
    assert collect(pairs) == {
        "public_ids": ["a"],
        "tag": ["y", "z"],
        "tags": ["a", "b"],
        "text": "cold night",
        "x[y]": "verbatim",
        "ids": ["json"],
    }


def test_a_bare_name_joins_its_array():
    assert collect([("k", "a"), ("k[]", "b"), ("k[]", "c")]) == {"k": ["a", "b", "c"]}


@pytest.mark.parametrize("value", ["a\0b", "\ud800", ["x", {"y": "\0"}], {"\0": 1}])
def test_texts_that_cannot_be_stored_are_refused(value):
    with pytest.raises(BadRequest, match="parameter 'tags'"):
        collect([("tags", value)])


@pytest.mark.parametrize("key", ["a\0", "\ud800"])
def test_names_that_cannot_be_stored_are_refused(key):
    with pytest.raises(BadRequest) as caught:
        collect([(key, "v")])
    assert caught.value.message.isascii()


def test_transformation_reads_like_the_options_that_made_it():
    assert parse_transformation("c_scale,w_100") == [{"width": 100, "crop": "scale"}]
    assert parse_transformation("c_fill,w_0.5/e_sepia:50/t_named") == [
        {"crop": "fill", "width": 0.5},
        {"effect": "sepia:50"},
        {"transformation": "named"},
    ]
    assert parse_transformation("$w_10,w_$w/c_pad") == [
        {"raw_transformation": "$w_10,w_$w"},
        {"crop": "pad"},
    ]
    assert parse_transformation("") == []


STEP = st.fixed_dictionaries(
    {"crop": st.sampled_from(["fill", "scale", "pad"])},
    optional={
        "width": st.integers(1, 5000) | st.sampled_from([0.5, 0.25]),
        "height": st.integers(1, 5000),
        "gravity": st.sampled_from(["face", "auto", "north_east"]),
        "angle": st.integers(-90, 90).filter(bool),
        "effect": st.sampled_from(["sepia", "blur:300"]),
        "quality": st.just("auto:good"),
        "fetch_format": st.just("auto"),
        "radius": st.just("max"),
        "raw_transformation": st.just("$a_1"),
    },
)


@given(st.lists(STEP, min_size=1, max_size=3))
def test_transformation_means_the_same_to_the_sdk(steps):
    text = cloudinary.utils.generate_transformation_string(transformation=steps)[0]
    parsed = parse_transformation(text)
    assert cloudinary.utils.generate_transformation_string(transformation=parsed)[0] == text


@given(
    st.lists(st.tuples(st.lists(STEP, min_size=1, max_size=2), st.sampled_from([None, "", "jpg"])))
)
def test_eager_means_the_same_to_the_sdk(images):
    text = cloudinary.utils.build_eager(
        [{"transformation": steps, "format": extension} for steps, extension in images]
    )
    assert cloudinary.utils.build_eager(parse_eager(text)) == text


def test_eager():
    assert parse_eager("c_fill,w_100|c_scale,w_50/e_sepia/jpg|w_1/") == [
        {"crop": "fill", "width": 100},
        {"transformation": [{"crop": "scale", "width": 50}, {"effect": "sepia"}], "format": "jpg"},
        {"width": 1, "format": ""},
    ]

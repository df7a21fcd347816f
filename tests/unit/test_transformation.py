"""Every text is read or refused with one clear sentence; spellings of the same share one form."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.contract import formats
from app.contract.transformation import MAX_COMPONENTS, Step, Transformation, is_component, parse
from app.contract.transformation_options import text_of
from app.errors import BadRequest

CANONICAL = {
    "": "",
    "w_100": "c_scale,w_100",
    "w_100,c_fill,h_050": "c_fill,h_50,w_100",
    "c_fill,g_center,h_1,w_1": "c_fill,h_1,w_1",
    "c_fill,g_auto:subject,h_1,w_1": "c_fill,h_1,w_1",
    "c_thumb,g_face,h_1,w_1": "c_thumb,h_1,w_1",
    "c_thumb,g_faces,h_1,w_1": "c_thumb,h_1,w_1",
    "c_fill,g_north_east,h_1,w_1": "c_fill,g_north_east,h_1,w_1",
    "c_crop,g_north_west,w_5,x_0": "c_crop,w_5,x_0",
    "c_crop,g_center,w_5,x_0": "c_crop,g_center,w_5,x_0",
    "c_crop,x_3": "c_crop,x_3",
    "c_fit,g_north,w_5,x_3": "c_fit,w_5",
    "w_0.50": "c_scale,w_0.5",
    "w_1.0": "c_scale,w_1.0",
    "dpr_2,w_9": "c_scale,dpr_2.0,w_9",
    "dpr_auto,w_9": "c_scale,w_9",
    "dpr_2.0": "",
    "q_auto": "",
    "q_auto:good,w_9": "c_scale,w_9",
    "w_9/q_80": "c_scale,q_80,w_9",
    "q_80/w_9": "c_scale,q_80,w_9",
    "q_80/w_9/q_auto:low": "c_scale,q_auto:low,w_9",
    "f_auto": "",
    "f_webp,w_9/a_90": "c_scale,w_9/a_90",
    "a_exif": "",
    "a_auto/w_9": "c_scale,w_9",
    "a_-90": "a_270",
    "a_360": "",
    "a_hflip.45": "a_hflip.45",
    "b_RED": "b_red",
    "b_rgb:FF0000,c_pad,h_1,w_1": "b_rgb:ff0000,c_pad,h_1,w_1",
    "c_scale,w_9//a_90/": "c_scale,w_9/a_90",
}


@pytest.mark.parametrize(("text", "canonical"), CANONICAL.items())
def test_canonical_forms(text: str, canonical: str) -> None:
    assert str(parse(text)) == canonical
    assert str(parse(canonical)) == canonical


def test_values() -> None:
    assert parse("c_crop,g_south,h_0.5,w_20,x_-3,y_4/a_vflip.10/f_jpeg,q_7,b_white") == (
        Transformation(
            steps=(
                Step(crop="crop", gravity="south", height=0.5, width=20, x=-3, y=4),
                Step(angle=("vflip", 10)),
                Step(background="white"),
            ),
            quality="7",
            format="jpg",
        )
    )
    assert parse("b_red/b_blue/w_5").background == "blue"


WRONG = [
    "w_", "w_0", "w_-5", "w_10001", "w_abc", "w_1e3", "w_0.0", "w_auto", "w_100000", "w_1,w_2",
    "h_10px", "x_1.5,w_1,c_crop", "c_zoom", "c_fill", "c_scale", "c_pad,x_4",
    "g_nowhere,w_1,c_fill", "q_0", "q_101", "q_best", "q_auto:", "f_exe", "f_tiff",
    "a_ninety", "a_1.2.3.4.5", "a_left", "dpr_0", "dpr_11", "dpr_x", "b_rgb:12", "b_rgb:gggggg",
    "b_nocolour", "b_auto", "e_sepia", "l_text:Arial_10:x", "t_named", "ar_1:1", "w_1,", "w_1,,h_1",
    "fl_progressive", "c_fill,w_1,zz_1", "w_١", "c_fill,w_1 ",
    "/".join(["w_1"] * (MAX_COMPONENTS + 1)), "w_" + "1" * 5000,
]  # fmt: skip


@pytest.mark.parametrize("text", WRONG)
def test_wrong_ones_are_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(BadRequest, match=r"^Invalid transformation") as caught:
        parse(text)
    assert len(caught.value.message) < 400


def test_the_sentence_says_what_is_wrong() -> None:
    with pytest.raises(BadRequest) as caught:
        parse("c_fill,w_abc")
    assert caught.value.message == (
        "Invalid transformation component c_fill,w_abc: w_abc has to be 1 to 10000 pixels,"
        " or a fraction with a decimal point"
    )


values = st.one_of(
    st.integers(-20_000, 20_000).map(str),
    st.floats(0, 20, allow_nan=False).map(lambda number: f"{number:.3f}"),
    st.sampled_from(["scale", "fit", "limit", "pad", "fill", "thumb", "crop", "center", "north"]),
    st.sampled_from(["south_east", "auto", "face", "auto:low", "jpg", "webp", "exif", "vflip.30"]),
    st.sampled_from(["red", "rgb:abc", "rgb:a1b2c3", "transparent"]),
    st.text(max_size=6),
)
keys = st.sampled_from([*"wwhhccxygqfabel", "dpr", "ar", "zz"])
parts = st.tuples(keys, values).map("_".join)
chains = st.lists(st.lists(parts, min_size=1, max_size=5).map(",".join), max_size=5).map("/".join)


@given(chains | st.text(max_size=60))
@example("a_1.1.1.1,b_lightgoldenrodyellow,c_crop,dpr_9.9,g_south_east,h_10000,w_10000/" * 10)
def test_hostile_texts(text: str) -> None:
    try:
        transformation = parse(text)
    except BadRequest:
        return
    again = parse(str(transformation))
    assert str(again) == str(transformation)
    assert (again.steps, again.quality) == (transformation.steps, transformation.quality)


@pytest.mark.parametrize("segment", ["w_100", "w_abc", "c_fill,zz_1", "e_sepia", "t_x"])
def test_components(segment: str) -> None:
    assert is_component(segment)


@pytest.mark.parametrize("segment", ["photos", "zz_1", "w_1,photo", "v12", "", "_", "w_", "my_w_1"])
def test_folders(segment: str) -> None:
    assert not is_component(segment)


@pytest.mark.parametrize(
    ("requested", "text", "format"),
    [
        ("c_fill,w_100", "c_fill,w_100", None),
        ("c_fill,w_100/png", "c_fill,w_100", "png"),
        ("c_fill,w_100/a_90", "c_fill,w_100/a_90", None),
        ("c_fill,w_100/", "c_fill,w_100", None),
        ("png", "", "png"),
        ({"crop": "fill", "width": 100, "format": "jpg"}, "c_fill,w_100", "jpg"),
        ({"crop": "scale", "width": 2.0, "format": ""}, "c_scale,w_2.0", None),
        ({"transformation": [{"angle": 5}, {"width": 3}], "format": "png"}, "a_5/w_3", "png"),
        ({"raw_transformation": "c_fit,w_1"}, "c_fit,w_1", None),
        ({"background": "#fff", "angle": "hflip"}, "a_hflip,b_rgb:fff", None),
        ([{"width": 1}, "a_90"], "w_1/a_90", None),
    ],
)
def test_options(requested: object, text: str, format: str | None) -> None:
    assert text_of(requested) == (text, format)


@pytest.mark.parametrize("requested", [None, 3, {"effect": "sepia"}, {"width": {}}, {"width": [1]}])
def test_wrong_options(requested: object) -> None:
    with pytest.raises(BadRequest, match=r"^Invalid transformation"):
        text_of(requested)


CHROME = "image/avif,image/webp,image/apng,image/*,*/*;q=0.8"


@pytest.mark.parametrize(
    ("asked", "own", "accept", "format"),
    [
        ("auto", "jpg", CHROME, "avif"),
        ("auto", "png", "image/webp,*/*", "webp"),
        ("auto", "jpg", "image/avif;q=0,image/webp; q=0.5", "webp"),
        ("auto", "jpg", "image/avif;q=0.0", "jpg"),
        ("auto", "png", "*/*", "png"),
        ("auto", "heic", "", "jpg"),
        ("auto", "webp", "*/*", "jpg"),
        (None, "webp", CHROME, "webp"),
        (None, "tiff", "", "jpg"),
        ("gif", "jpg", "", "gif"),
    ],
)
def test_formats(asked: str | None, own: str, accept: str, format: str) -> None:
    assert formats.choose(asked, own, accept) == format


def test_unknown_formats() -> None:
    with pytest.raises(BadRequest, match="Conversion of jpg to exe is not supported"):
        formats.choose("exe", "jpg")

"""What components do to sizes, by hand-computed tables, and where they refuse."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contract.transformation import parse
from app.errors import BadRequest
from app.vision.geometry import check_result, place, turned

SIZES = [
    # of a picture of 400 x 300
    ("c_scale,w_200", (200, 150)),
    ("c_scale,h_200", (267, 200)),
    ("c_scale,w_200,h_200", (200, 200)),
    ("c_scale,w_800", (800, 600)),
    ("c_scale,w_0.5", (200, 150)),
    ("c_scale,w_0.5,h_30", (200, 30)),
    ("c_scale,w_2.0", (800, 600)),
    ("w_100", (100, 75)),
    ("w_100,dpr_2.0", (200, 150)),
    ("w_100,dpr_1.5", (150, 113)),
    ("w_0.5,dpr_2.0", (200, 150)),
    ("c_fit,w_200,h_100", (133, 100)),
    ("c_fit,w_100,h_200", (100, 75)),
    ("c_fit,w_800,h_800", (800, 600)),
    ("c_fit,w_1", (1, 1)),
    ("c_limit,w_200,h_100", (133, 100)),
    ("c_limit,w_800,h_800", (400, 300)),
    ("c_limit,w_800,h_30", (40, 30)),
    ("c_limit,w_2.0", (400, 300)),
    ("c_pad,w_200,h_200", (200, 200)),
    ("c_pad,w_900,h_700", (900, 700)),
    ("c_pad,w_200", (200, 150)),
    ("c_fill,w_100,h_100", (100, 100)),
    ("c_fill,w_1000,h_10", (1000, 10)),
    ("c_fill,w_200", (200, 150)),
    ("c_thumb,g_face,w_90,h_120", (90, 120)),
    ("c_crop,w_100,h_50", (100, 50)),
    ("c_crop,w_900,h_50", (400, 50)),
    ("c_crop,w_100", (100, 300)),
    ("c_crop,x_350,y_0,w_100,h_50", (50, 50)),
    ("c_crop,x_-20,w_100,h_50", (80, 50)),
    ("c_crop,g_south_east,x_350,w_100,h_50", (50, 50)),
    ("c_crop,x_390,y_290", (10, 10)),
    ("c_crop,w_0.5,h_0.5", (200, 150)),
    ("c_crop,w_200,h_200/c_scale,w_50", (50, 50)),
    ("c_scale,w_200/a_90", (150, 200)),
    ("a_90/c_scale,w_200", (200, 267)),
    ("a_180", (400, 300)),
    ("a_hflip.vflip", (400, 300)),
    ("q_50", (400, 300)),
]


@pytest.mark.parametrize(("text", "size"), SIZES)
def test_sizes(text: str, size: tuple[int, int]) -> None:
    planned = (400, 300)
    for step in parse(text).steps:
        planned = turned(step, place(step, *planned).canvas)
    assert planned == size


@pytest.mark.parametrize(
    "text",
    [
        "c_scale,w_10000",
        "c_scale,h_300.0",
        "c_fill,w_9000,h_9000",
        "c_pad,w_1,h_1/c_scale,w_9999",
        "w_5000,dpr_3.0",
        "c_scale,w_5800/a_45",
        "c_crop,x_400,w_5,h_5",
        "c_crop,y_-300,w_5,h_5",
    ],
)
def test_results_that_are_too_large_or_empty(text: str) -> None:
    with pytest.raises(BadRequest, match=r"^Invalid transformation: the"):
        check_result(parse(text), 400, 300)


def test_a_large_source_must_become_smaller() -> None:
    with pytest.raises(BadRequest, match="6000 x 5000 pixels"):
        check_result(parse(""), 6000, 5000)
    check_result(parse("c_limit,w_5000"), 6000, 5000)
    check_result(parse("c_crop,w_100,h_100"), 6000, 5000)


sides = st.integers(1, 12_000)
components = st.builds(
    "c_{},w_{},h_{},x_{},g_{}".format,
    st.sampled_from(["scale", "fit", "limit", "pad", "fill", "thumb", "crop"]),
    st.integers(1, 10_000) | st.sampled_from([0.001, 0.5, 1.0, 3.3]),
    st.integers(1, 10_000) | st.sampled_from([0.001, 0.5, 1.0, 3.3]),
    st.integers(-500, 500),
    st.sampled_from(["center", "north_west", "south_east", "east"]),
)


@given(components, sides, sides)
def test_placements_lie_within_the_picture(text: str, width: int, height: int) -> None:
    try:
        found = place(parse(text).steps[0], width, height)
    except BadRequest:
        return
    left, top, right, bottom = found.source
    assert 0 <= left < right <= width
    assert 0 <= top < bottom <= height
    assert min(found.size) >= 1
    assert 0 <= found.at[0] <= found.canvas[0] - found.size[0]
    assert 0 <= found.at[1] <= found.canvas[1] - found.size[1]

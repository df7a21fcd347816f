"""The address of the library page: what it says is what is shown, and the other way round."""

from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

import pytest

from app.errors import BadRequest
from app.search import MOST_TERMS
from app.web.filters import Filters
from app.web.match import match
from app.web.query_parts import Part
from app.web.view import View, read_view

HOSTILE = "\"><img src=x onerror=alert(1)>&q=other#'\\"


def read(query: str) -> View:
    return read_view(parse_qsl(query, keep_blank_values=True))


def again(view: View) -> View:
    return read(urlsplit(view.address()).query)


@pytest.mark.parametrize(
    "view",
    [
        View(),
        View(parts=(Part(name="q", value="a dog"),), all=True, collapse=True),
        View(parts=(Part(name="q", value=HOSTILE), Part(name="q", value="-red", against=True))),
        View(parts=(Part(name="like", value=uuid4().hex, region=(0.1, 0.25, 0.5, 0.125)),)),
        View(parts=(Part(name="picture", value="a_-B"), Part(name="image_url", value="http://x/?a=1&b"))),
        View(parts=(Part(name="q", value="tags=a OR b"),), mode="assets", sort="size"),
        View(
            filters=Filters(
                folder="a/b & c", tag=("x y", HOSTILE), type="private", format="jpg",
                after="2026-01-31", before="2026-02-28", expression='tags="a" AND (b OR NOT c)',
            ),
            sort="oldest",
            asset=uuid4().hex,
        ),
    ],
)  # fmt: skip
def test_an_address_is_read_as_it_was_written(view: View) -> None:
    assert again(view) == view


def test_what_is_as_usual_is_not_in_the_address() -> None:
    assert View().address() == "/"
    assert View(parts=(Part(name="q", value="dog"),)).address() == "/?q=dog"
    assert read("q=&like=%20&folder=/&tag=,&sort=&all=0&unknown=1") == View()


def test_a_part_of_an_image_is_written_as_the_api_has_it() -> None:
    asset_id = uuid4().hex
    view = read(f"like={asset_id}@0.1,.2,0.5,0.30000001")
    assert view.address() == f"/?like={asset_id}@0.1,0.2,0.5,0.3"
    region = view.parts[0].term().region
    assert region == pytest.approx((0.1, 0.2, 0.6, 0.5))


@pytest.mark.parametrize(
    "region",
    ["", "0,0,1", "a,b,c,d", "0,0,nan,1", "0,0,inf,1", "-0.1,0,1,1", "0.6,0,0.5,1", "0,0,0,1"],
)
def test_what_is_no_part_of_an_image_means_all_of_it(region: str) -> None:
    asset_id = uuid4().hex
    assert read(f"like={asset_id}@{region}").parts == (Part(name="like", value=asset_id),)


def test_parts_stay_in_order_and_the_last_word_on_each_counts() -> None:
    view = read("like=b&q=a&not_like=b&not_q=c")
    assert [part.pair for part in view.parts] == [("not_like", "b"), ("q", "a"), ("not_q", "c")]
    assert view.q == "a"
    assert view.examples == frozenset()
    assert len(read("&".join(f"q={number}" for number in range(30))).parts) == MOST_TERMS


def test_parts_are_turned_around_and_removed() -> None:
    view = read("q=dog&like=b&folder=f&sort=name")
    words, image = view.parts
    assert view.turned(image).address() == "/?q=dog&not_like=b&folder=f&sort=name"
    assert view.turned(image).turned(image.turned) == view
    assert view.without(words).address() == "/?like=b&folder=f&sort=name"
    assert view.without(words).without(image).address() == "/?folder=f"


def test_less_counts_half_as_much_as_more() -> None:
    weights = [part.term().weight for part in read("q=a&not_q=b").parts]
    assert weights == [1, -0.5]


def test_only_what_images_shall_not_be_like_leads_nowhere() -> None:
    assert read("not_q=a&not_like=b").aimless
    assert not read("not_q=a&q=b").aimless
    assert not View().aimless


def test_images_are_searched_by_what_they_show_whatever_the_mode() -> None:
    assert read("mode=assets&like=a").visual
    assert not read("mode=assets&q=a").visual
    assert read("mode=other&q=a").visual
    assert read("mode=assets").mode == "assets"


def test_an_order_that_this_view_does_not_have_is_the_usual_one() -> None:
    assert read("sort=size").sort == "size"
    assert read("q=dog&sort=size").sort == ""
    assert read("q=dog&sort=name").sort == "name"
    assert read("sort=random()").sort == ""


def test_filters_that_make_no_sense_are_not_there() -> None:
    assert read("type=x&format=a%27b&after=soon&before=2026-13-01").filters == Filters()
    assert read("tag=a,b&tag=b&tag=%20c%20").filters.tag == ("a", "b", "c")
    assert read("format=JPG").filters.format == "jpg"
    assert read("tag=" + ",".join(map(str, range(99)))).filters.tag[-1] == "19"


def test_filters_are_those_of_the_search() -> None:
    filters = read(
        "folder=f/&tag=a&type=private&format=png&before=2026-01-31&expression=a%20OR%20b"
    )
    searched = filters.filters.for_search()
    assert searched.expression == "format=png AND created_at<=2026-01-31 AND (a OR b)"
    assert (searched.asset_folder, searched.tags, searched.type) == ("f", ["a"], "private")
    assert not Filters()
    assert filters


def test_an_expression_cannot_leave_its_brackets() -> None:
    with pytest.raises(BadRequest):
        Filters(format="png", expression="a) OR (b").for_search()


def test_each_filter_can_be_removed_by_itself() -> None:
    filters = read("folder=f&tag=a&tag=b&format=png&expression=width>9").filters
    removed = {words: rest for _, words, rest in filters.chips()}
    assert set(removed) == {"f", "a", "b", "PNG", "width>9"}
    assert removed["a"] == Filters(folder="f", tag=("b",), format="png", expression="width>9")
    assert removed["f"].folder == ""


def test_text_that_postgresql_does_not_take_is_mended() -> None:
    view = read("q=a%00b&folder=c%00")
    assert (view.q, view.filters.folder) == ("ab", "c")
    assert read_view([("q", "\ud800")]).q == "?"


@pytest.mark.parametrize(
    ("score", "one_in"), [(0, 1), (0.5, 1024), (0.75, 1_000_000), (1, 1_000_000)]
)
def test_a_score_is_told_as_odds(score: float, one_in: int) -> None:
    assert match({"score": score, "match": "related"}).one_in == one_in

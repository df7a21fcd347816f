"""What scores mean: their arithmetic, and how they do on libraries whose background is known.

The known ones have distances d whose logarithms are spread as a Laplace distribution, so that the
share of images within d is a power of d, as search.calibrate takes it to be near a query.
"""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.db import background
from app.runtime import Runtime
from app.worker import tidy
from tests.database import Databases
from tests.sql.conftest import Sql, add_environment, text, value
from tests.sql.ranked_library import DIMENSION, Floats, VectorLibrary, add_images, distances, unit

# Median and spread of the closeness (-ln d): half of the distances are between 0.75 and 0.81, or
# between 0.32 and 0.39.
MODELS = {"text": (-math.log(0.78), 0.06), "image": (-math.log(0.35), 0.15)}
SIGMA = -math.log(2 * 0.16)  # where the farthest 16 % of a Laplace distribution begin, in spreads
QUARTILE, TENTH = math.log(2) / SIGMA, math.log(5) / SIGMA
QUERY = np.eye(DIMENSION)[0]


class Library(VectorLibrary):
    """Environments made on demand, all small enough to be compared whole."""

    def add(self, vectors: Floats) -> int:
        """A new environment with these images."""
        count = value(self.sql, "select count(*) from library.environment")
        environment = add_environment(self.sql, f"scored-{count}")
        add_images(self.sql, environment, vectors)
        return environment

    def known(self, direction: str, count: int = 450, matches: int = 0, near: float = 0.1) -> int:
        """Images at distances from QUERY as `MODELS` says, but for some that are `near`."""
        median, spread = MODELS[direction]
        closeness = self.random.laplace(median, spread, count)
        closeness[:matches] = -math.log(near)
        cosines = 1 - np.exp(-closeness)[:, None]
        others = self.random.normal(size=(count, DIMENSION)) * (1 - QUERY)
        environment = self.add(cosines * QUERY + np.sqrt(1 - cosines**2) * unit(others))
        self.sql.execute(
            "insert into library.background values (%s, %s, %s, %s, 100, %s, %s)",
            (environment, direction, self.model(), count, QUARTILE, TENTH),
        )
        return environment

    def model(self) -> int:
        """The active model."""
        self.sql.execute(
            "insert into library.model (name, fingerprint, dimension, state)"
            " values ('m', 'm', %s, 'active') on conflict do nothing",
            (DIMENSION,),
        )
        return int(value(self.sql, "select model_id from library.model where state = 'active'"))

    def reach(self, environment: int, direction: str, score: float) -> float:
        """The largest distance from QUERY that scores as much."""
        statement = "select search.distance(%s, search.calibrate(%s, %s, %s))"
        return float(value(self.sql, statement, score, environment, text(QUERY), direction))


@pytest.fixture(scope="module")
def library(databases: Databases) -> Iterator[Library]:
    with databases.clone() as url, psycopg.connect(url, autocommit=True) as connection:
        library = Library(connection)
        connection.execute("drop index library.embedding_hnsw")  # nothing here needs it
        yield library


def share(direction: str, distance: float) -> float:
    """How many of the images that have nothing to do with the query are as near."""
    median, spread = MODELS[direction]
    return 0.5 * math.exp((math.log(1 / distance) - median) / -spread)


# Arithmetic ---------------------------------------------------------------------------------------

CALIBRATED = "row(%s, %s)::search.calibration"


@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(
    st.floats(-50, 5).map(lambda number: round(number, 6)),
    st.floats(0.2, 100),
    st.lists(st.floats(0.0001, 2), min_size=2),
)
def test_a_score_falls_with_the_distance_and_leads_back_to_it(
    library: Library, intercept: float, slope: float, at: list[float]
) -> None:
    rows = library.sql.execute(
        f"""
        select distance, score, search.distance(score, {CALIBRATED})
        from unnest(%s::float8[]) as distance
        cross join lateral search.score(distance, {CALIBRATED}) as score
        order by 1
        """,
        (intercept, slope, at, intercept, slope),
    ).fetchall()
    scores = [score for _, score, _ in rows]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    for distance, score, back in rows:
        if 0.001 < score < 0.999:
            assert back == pytest.approx(distance, rel=1e-6)


@pytest.mark.parametrize("intercept", [-600, 0, 5])
@pytest.mark.parametrize("slope", [0.03, 42, 2000])
def test_no_distance_is_too_much(library: Library, intercept: float, slope: float) -> None:
    for distance in (0, 1e-9, 1e-6, 2e-6, 0.5, 1, 2):
        score, match = library.sql.execute(
            f"""
            select
                search.score(%s, {CALIBRATED}),
                search.match(%s, {CALIBRATED}, 'image', 1000, %s)
            """,
            (distance, intercept, slope, distance, intercept, slope, distance),
        ).fetchone() or (None, None)
        farthest = value(
            library.sql, f"select search.distance(0.9999999, {CALIBRATED})", intercept, slope
        )
        assert 0 < farthest < 3
        assert 0 <= score <= 1
        assert match in ("same", "near_duplicate", "similar", "related", "weak")


def test_scores_in_words(library: Library) -> None:
    """With a slope of 1 and intercept of 0, a distance of exp(-6) is one in a million."""

    def match(rarity: float, direction: str = "text", candidates: int = 10, best: float = 6) -> str:
        statement = "select search.match(exp(-%s), row(0, 1)::search.calibration, %s, %s, exp(-%s))"
        return str(value(library.sql, statement, rarity, direction, candidates, best))

    assert [match(rarity) for rarity in (9, 6.1, 5.9, 3.1, 2.9, 0)] == [
        "similar", "similar", "related", "related", "weak", "weak",
    ]  # fmt: skip
    of_images = [(0, "same"), (0.00049, "same"), (0.00051, "near_duplicate"),
                 (0.0099, "near_duplicate"), (0.0101, "related")]  # fmt: skip
    for distance, word in of_images:
        assert match(-math.log(max(distance, 1e-9)), "image") == word
        assert match(-math.log(max(distance, 1e-9)), "text") not in ("same", "near_duplicate")
    # Chance alone finds one in a thousand among more than 200, and then the best is no match.
    assert match(3.001, candidates=200, best=3.001) == "related"
    assert match(3.001, candidates=201, best=3.001) == "weak"
    assert match(6, candidates=300_000, best=6) == "weak"
    assert match(6, candidates=300_000, best=7) == "similar"
    # A copy of an image is one however many there are.
    assert match(8, "image", candidates=10**12, best=8) == "same"


# Known backgrounds --------------------------------------------------------------------------------


@pytest.mark.parametrize(("score", "factor"), [(0.369, 2), (0.5, 4), (0.6, 12)])
@pytest.mark.parametrize("direction", MODELS)
def test_a_score_is_the_share_of_random_images_that_are_as_near(
    library: Library, direction: str, score: float, factor: float
) -> None:
    """One in 100, 1,000 and 9,500, within a factor that a sample of 400 images allows for.

    The mean of eight libraries is within its square root.
    """
    wanted, found = (1 - score) ** 10, []
    for _ in range(8):
        environment = library.known(direction)
        found.append(share(direction, library.reach(environment, direction, score)))
    assert all(wanted / factor < each < wanted * factor for each in found)
    mean = math.exp(np.log(found).mean())
    assert wanted / math.sqrt(factor) < mean < wanted * math.sqrt(factor)


@pytest.mark.parametrize("score", [0.3, 0.5])
def test_a_threshold_means_the_same_for_words_and_images(library: Library, score: float) -> None:
    words, images = library.known("text"), library.known("image")
    reach_of_words = library.reach(words, "text", score)
    reach_of_images = library.reach(images, "image", score)
    assert reach_of_words > 2 * reach_of_images  # as distances they have little in common
    ratio = share("text", reach_of_words) / share("image", reach_of_images)
    assert 1 / 4 < ratio < 4


@pytest.mark.parametrize("direction", MODELS)
def test_a_library_of_which_a_third_matches(library: Library, direction: str) -> None:
    near = {"text": 0.35, "image": 0.06}[direction]
    environment = library.known(direction, matches=135, near=near)
    answer = library.rank(QUERY, environment, direction=direction, max_results=200)
    assert [match != "weak" for match in answer["matches"]].count(True) == 135
    # It takes what is near for rarer than it is, by less than a factor of 10.
    assert 1e-4 < share(direction, library.reach(environment, direction, 0.5)) < 3e-3
    answer = library.rank(QUERY, environment, direction=direction, threshold=0.5, exact=True)
    assert answer["total_count"] == 135


def test_a_match_among_many_that_are_none(library: Library) -> None:
    for direction, near in (("text", 0.35), ("image", 0.06)):
        environment = library.known(direction, matches=1, near=near)
        answer = library.rank(QUERY, environment, direction=direction, max_results=20)
        assert answer["matches"][0] in ("related", "similar")
        assert answer["matches"][3:] == ["weak"] * 17


@pytest.mark.parametrize("count", [200, 5000])
def test_what_no_image_shows_has_weak_results_only(library: Library, count: int) -> None:
    """Queries in any direction; one in ten may be taken in by chance."""
    environment = library.add(library.points(count))
    queries = unit(library.random.normal(size=(30, DIMENSION)))
    best = [library.rank(query, environment, max_results=1)["matches"][0] for query in queries]
    assert best.count("weak") >= 27
    known = library.points(10)
    found = [library.rank(query, environment, max_results=1)["matches"][0] for query in known]
    assert found.count("weak") <= 2


# Odd libraries ------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_a_tiny_library(library: Library, count: int) -> None:
    query, *others = unit(library.random.normal(size=(count + 1, DIMENSION)))
    environment = library.add(np.array([query, *others][:count]).reshape(count, DIMENSION))
    for direction in MODELS:
        answer = library.rank(query, environment, direction=direction)
        assert answer["candidates"] == count
        assert answer["matches"][1:] == ["weak"] * (count - 1)
        if count:
            assert answer["hits"][0][2] > 0.5
            assert (
                answer["matches"][0]
                in {"image": ["same"], "text": ["related", "similar"]}[direction]
            )


@pytest.mark.parametrize("others", [0, 1, 40])
def test_a_library_of_copies_of_one_image(library: Library, others: int) -> None:
    """The spread of the background has a floor, or nothing could be said of anything else."""
    copy, *rest = unit(library.random.normal(size=(others + 1, DIMENSION)))
    environment = library.add(np.array([copy] * 400 + list(rest)))
    answer = library.rank(copy, environment, max_results=500)
    assert answer["matches"] == ["same"] * 400 + ["weak"] * others
    assert all(score == pytest.approx(1, abs=0.05) for _, _, score in answer["hits"][:400])
    assert all(score < 0.5 for _, _, score in answer["hits"][400:])
    # And alone, with the copies as its background, it is farther away than numbers can say.
    for asset_id, _, _ in answer["hits"][400:402]:
        alone = library.rank(copy, environment, filter=f"asset.asset_id = '{asset_id}'")
        assert (alone["candidates"], alone["matches"]) == (1, ["weak"])
    if not others:
        other = library.rank(unit(library.random.normal(size=DIMENSION)), environment)
        assert set(other["matches"]) == {"weak"}


def test_matches_of_later_pages_are_those_of_one_long_page(library: Library) -> None:
    environment = library.known("text", matches=12, near=0.35)
    whole = library.rank(QUERY, environment, direction="text", max_results=40)
    seen: list[str] = []
    options: dict[str, Any] = {}
    while len(seen) < 40:
        page = library.rank(QUERY, environment, direction="text", max_results=10, **options)
        seen += page["matches"]
        last_id, last_distance, _ = page["hits"][-1]
        assert page["best_distance"] == whole["best_distance"]
        options = {
            "after_distance": last_distance,
            "after_asset_id": last_id,
            "best_distance": page["best_distance"],
            "skipped": len(seen),
            "known_total": page["total_count"],
        }
    assert seen == whole["matches"]
    assert seen[10:12] != ["weak", "weak"]  # on the second page


# The background, measured -------------------------------------------------------------------------


async def outdated(runtime: Runtime) -> list[int]:
    async with runtime.pool.connection() as connection:
        return await background.outdated(connection)


def measured(sql: Sql) -> dict[str, tuple[Any, ...]]:
    rows = sql.execute(
        "select direction, model_id, images, queries, upper_quartile, upper_tenth"
        " from library.background"
    )
    return {row[0]: row[1:] for row in rows}


async def test_the_background_is_measured_as_the_library_grows(runtime: Runtime, sql: Sql) -> None:
    random = np.random.default_rng(1)
    points = unit(random.normal(size=(8, DIMENSION)))

    def vectors(count: int) -> Floats:
        noise = random.normal(size=(count, DIMENSION)) / 8
        return unit(points[random.integers(8, size=count)] + noise)

    environment = add_environment(sql, "growing")
    images = vectors(99)
    add_images(sql, environment, images)
    assert await outdated(runtime) == []
    images = np.concatenate([images, vectors(1)])
    add_images(sql, environment, images[99:])
    assert await outdated(runtime) == [environment]
    await tidy(runtime)
    model = runtime.model.model_id
    assert measured(sql) == {"image": (model, 100, 100, *shape(images, images))}
    assert await outdated(runtime) == []

    words = vectors(20)
    sql.cursor().executemany(
        "insert into library.query_vector (model_id, query, vector) values (%s, %s, %s)",
        [(model, f"words {at}", text(vector)) for at, vector in enumerate(words)],
    )
    more = vectors(100)
    add_images(sql, environment, more[:99])
    assert await outdated(runtime) == []
    add_images(sql, environment, more[99:])
    assert await outdated(runtime) == [environment]
    await tidy(runtime)
    found = measured(sql)
    images = np.concatenate([images, more])
    assert found["text"] == (model, 200, 20, *shape(words, images))
    assert found["image"][:3] == (model, 200, 100)

    # Another model has other distances.
    sql.execute("update library.model set state = 'retired'")
    sql.execute(
        "insert into library.model (name, fingerprint, dimension, state)"
        " values ('other', 'other', %s, 'active')",
        (DIMENSION,),
    )
    assert await outdated(runtime) == [environment]


def shape(queries: Floats, images: Floats) -> list[Any]:
    """What a quarter and a tenth of random pairs exceed, by numpy."""
    units = []
    for query in queries:
        closeness = -np.log(np.maximum(distances(images, query), 1e-6))
        far, median = np.quantile(closeness, [0.16, 0.5])
        count = len(images)
        location = count * median / (count + 5)
        scale = max((count * (median - far) + 5 * 0.06) / (count + 5), 0.01)
        others = closeness[closeness < 8]  # an image is not compared with itself
        units.append((others - location) / scale)
    return [
        pytest.approx(each, rel=0.01) for each in np.quantile(np.concatenate(units), [0.75, 0.9])
    ]


async def test_too_few_images_or_words_tell_nothing(runtime: Runtime, sql: Sql) -> None:
    environment = add_environment(sql, "few")
    add_images(sql, environment, unit(np.random.default_rng(2).normal(size=(19, DIMENSION))))
    async with runtime.pool.connection() as connection:
        await background.measure(connection, environment)
    assert measured(sql) == {}

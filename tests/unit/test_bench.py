"""The benchmark's own arithmetic: made vectors, conditions, percentiles, recall, targets."""

import hashlib
from uuid import UUID

import numpy as np
import pytest

from tests.bench import profile, rows
from tests.bench.results import Missing, Result, Target, markdown, percentiles
from tests.bench.statistics import Times, exact, interleaved, recall
from tests.bench.vectors import Generator

# Medians of `python -m tests.bench.profile` for 200 photos by `builtin`.
_PHOTOS = {
    "two images": 1.00,
    "image and nearest": 0.68,
    "words and their image": 0.51,
    "words and other image": 1.00,
}
_PHOTOS_DIMENSION = 23
_PHOTOS_PARTICIPATION = 92


def test_equal_arguments_give_equal_vectors() -> None:
    once, again = Generator().images(3, 100), Generator().images(3, 100)
    assert np.array_equal(once.vectors, again.vectors)
    assert np.array_equal(once.topics, again.topics)
    assert not np.array_equal(once.vectors, Generator().images(4, 100).vectors)
    assert not np.array_equal(once.vectors, Generator(seed=2).images(3, 100).vectors)


def test_vectors_are_unit_vectors_of_the_asked_shape() -> None:
    generator = Generator(dimension=100)
    for vectors in (generator.images(0, 50).vectors, generator.texts(50)):
        assert vectors.shape == (50, 100)
        assert vectors.dtype == np.float32
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)


def test_made_vectors_lie_as_those_of_photos_do() -> None:
    sample = profile.made(200)
    distances = profile.distances_of(sample)
    for kind, median in _PHOTOS.items():
        assert np.median(distances[kind]) == pytest.approx(median, abs=0.06), kind
    dimension = profile.intrinsic_dimension(sample.images)
    assert dimension == pytest.approx(_PHOTOS_DIMENSION, rel=0.5)
    spread = profile.participation(sample.images)
    assert spread == pytest.approx(_PHOTOS_PARTICIPATION, rel=0.25)


def test_words_are_out_of_distribution() -> None:
    generator = Generator()
    images = generator.images(0).vectors
    by_words = exact(images, generator.texts(50), 1).distances
    by_image = exact(images, images[:50], 2).distances[:, 1]
    assert by_words.min() > 0.45
    assert np.median(by_image) < 0.3


def test_intrinsic_dimension_of_a_known_shape() -> None:
    points = np.zeros((1000, 50), dtype=np.float32)
    points[:, :5] = np.random.default_rng(1).standard_normal((1000, 5))
    points[:, 5] = 30  # a small piece of a sphere is flat
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    assert profile.intrinsic_dimension(points) == pytest.approx(5, rel=0.15)


@pytest.mark.parametrize("size", [1000, 20_000])
def test_conditions_let_their_share_pass(size: int) -> None:
    topics = Generator().images(0, 1000).topics.repeat(size // 1000)
    masks = rows.conditions(topics)
    assert len(masks) == len(rows.KINDS) * len(rows.SELECTIVITIES)
    for name, share in rows.SELECTIVITIES.items():
        for kind in rows.KINDS:
            assert masks[f"{kind}{name}"].sum() == np.ceil(share * size)
    folders = [mask for name, mask in masks.items() if name.startswith("folder")]
    assert np.sum(folders, axis=0).max() == 1
    # Whole topics, but for one.
    near = masks["near10"]
    assert len(np.intersect1d(topics[near], topics[~near])) <= 1


def test_rows_carry_their_conditions() -> None:
    topics = Generator().images(0, 200).topics
    masks = rows.conditions(topics)
    columns = list(rows.COLUMNS)
    for number, row in enumerate(rows.rows(7, topics, masks, first=1000)):
        asset = dict(zip(columns, row, strict=True))
        assert asset["environment_id"] == 7
        assert asset["asset_id"] == rows.asset_id(1000 + number)
        for condition, mask in masks.items():
            tagged, folder = condition in asset["tags"], asset["asset_folder"]
            assert (tagged or folder == f"bench/{condition}") == mask[number]


def test_asset_ids_are_those_that_sql_draws() -> None:
    assert rows.asset_id(17) == UUID(hashlib.md5(b"17", usedforsecurity=False).hexdigest())


def test_percentiles_are_times_that_were_measured() -> None:
    times = Times(tuple(float(each) for each in range(1, 101)))
    assert (times.p50, times.p95, times.count) == (50, 95, 100)
    assert Times((3.0,)).p95 == 3


def test_calls_take_turns_and_the_warm_up_does_not_count() -> None:
    order: list[str] = []
    first = (lambda: order.append("a") for _ in range(5))
    second = (lambda: order.append("b") for _ in range(5))
    times = interleaved([first, second], warm_up=2)
    assert "".join(order) == "ab" * 5
    assert [each.count for each in times] == [3, 3]


def test_exact_finds_the_nearest_of_those_that_pass() -> None:
    vectors = np.eye(4, dtype=np.float32)
    query = np.array([[0.1, 0.7, 0.5, 0.5]], dtype=np.float32)
    assert exact(vectors, query, 2).numbers[0, 0] == 1
    passing = np.array([True, False, False, True])
    assert exact(vectors, query, 3, passing).numbers.tolist() == [[3, 0]]


def test_recall_counts_what_was_found_and_forgives_the_order_of_equals() -> None:
    vectors = np.array([[1, 0], [0.8, 0.6], [0.8, -0.6], [0, 1]], dtype=np.float32)
    truth = exact(vectors, np.array([[1, 0]], dtype=np.float32), 2)
    assert recall(vectors, truth, [[0, 1]], 2) == 1
    assert recall(vectors, truth, [[0, 2]], 2) == 1
    assert recall(vectors, truth, [[0, 3]], 2) == 0.5
    assert recall(vectors, truth, [[0]], 2) == 0.5
    assert recall(vectors, truth, [[3, 0, 1]], 1) == 0


@pytest.mark.parametrize(
    ("target", "value", "met"),
    [
        (Target("difference", 1.5), 3.4, True),
        (Target("difference", 1.5), 3.6, False),
        (Target("ratio", 2), 4, True),
        (Target("ratio", 0.8, "at least"), 1.5, False),
        (Target("value", 0.98, "at least"), 0.98, True),
    ],
)
def test_targets(target: Target, value: float, met: bool) -> None:
    assert Result("", value, baseline=2.0, target=target).met is met


def test_a_result_without_a_target_is_neither_met_nor_missed() -> None:
    result = Result("build", 3.0, "s")
    assert (result.met, result.ratio) == (None, None)


def test_the_table_says_what_was_measured_and_what_was_not() -> None:
    times = Times((1.0, 2.0, 30.0))
    lines = [
        *percentiles("search", times, Times((1.0,)), p50=Target("ratio", 1.5)),
        Missing("faiss", "not installed"),
    ]
    assert markdown([("Speed", lines)]).splitlines()[2:] == [
        "| **Speed** |  |  |  |  |  |  |",
        "| search, p50 | 2.00 ms | 1.00 ms | 2.00 | ≤ 1.5 × | no | p95 30.0 ms (1.00 ms), n=3 |",
        "| faiss | not measured |  |  |  |  | not installed |",
    ]

"""Groups of near-identical images: who leads, who follows, and what keeps that true."""

import asyncio
import threading

import numpy as np
import psycopg
import pytest
from PIL import Image, ImageOps

from app.db import models, near_duplicates
from app.db.pool import Pool
from app.vision.phash import perceptual_hash
from tests.sql.album import DIMENSION, Album, Floats, flipped, group
from tests.sql.conftest import Sql, add_embedding, use_dimension, value
from tests.sql.vector_library import Library

BACKGROUND = 1.0  # of independent directions; half of it is the farthest duplicate


@pytest.fixture
def album(sql: Sql) -> Album:
    use_dimension(sql, DIMENSION)
    album = Album(sql)
    album.fill()
    return album


# Evidence -----------------------------------------------------------------------------------------


async def test_copies_follow_the_oldest(album: Album, pool: Pool) -> None:
    vector, phash = album.direction(), album.hash()
    for number, distance in enumerate((0, 0.01, 0.02, 0.04)):
        album.add(f"copy{number}", album.near(vector, distance), phash=phash)
    assert album.waiting() == set(album.names.values())
    await group(pool)
    assert album.groups() == {f"copy{number}": "copy0" for number in (1, 2, 3)}
    assert album.waiting() == set()
    rows = album.sql.execute(
        "select leader_public_id, public_id, distance, phash_distance, same_bytes,"
        " bytes_to_win_back from report.near_duplicates order by public_id"
    ).fetchall()
    assert [(*row[:2], *row[3:]) for row in rows] == [
        ("copy0", f"copy{number}", 0, False, 1) for number in (1, 2, 3)
    ]
    assert [row[2] for row in rows] == pytest.approx([0.01, 0.02, 0.04], abs=2e-3)


@pytest.mark.parametrize(
    ("distance", "bits", "expected"),
    [
        (0.45, 0, True),
        (0.55, 0, False),
        (0.02, 8, True),
        (0.02, 10, False),
        (0.2, 4, True),
        (0.35, 4, False),
    ],
)
async def test_both_kinds_of_evidence_count(
    album: Album, pool: Pool, distance: float, bits: int, expected: bool
) -> None:
    vector, phash = album.direction(), album.hash()
    assert value(
        album.sql, "select search.background_distance(%s)", album.environment
    ) == pytest.approx(BACKGROUND, abs=0.03)
    album.add("original", vector, phash=phash)
    album.add("copy", album.near(vector, distance), phash=flipped(phash, bits))
    await group(pool)
    assert album.groups() == ({"copy": "original"} if expected else {})


async def test_hashes_of_flat_pictures_are_no_evidence(album: Album, pool: Pool) -> None:
    for phash in ("1" + "0" * 63, None):
        vector = album.direction()
        album.add(f"original {phash}", vector, phash=phash)
        album.add(f"copy {phash}", vector, phash=phash)
    await group(pool)
    assert album.groups() == {}


async def test_the_same_file_is_a_copy_whatever_else_is_known(album: Album, pool: Pool) -> None:
    album.add("original", album.direction(), phash=None, sha256=b"file")
    album.add("copy", album.direction(), phash=None, sha256=b"file")
    await group(pool)
    assert album.groups() == {"copy": "original"}
    assert value(album.sql, "select same_bytes from report.near_duplicates")
    found = album.sql.execute(
        "select cloud_name, copies, bytes_to_win_back, public_ids from report.exact_duplicates"
    ).fetchall()
    assert found == [("e", 2, 1, ["original", "copy"])]


async def test_a_mirror_image_is_a_copy(album: Album, pool: Pool) -> None:
    for number in range(5):
        tones = album.random.integers(256, size=(12, 12), dtype=np.uint8)
        picture = Image.fromarray(tones).resize((240, 160), Image.Resampling.BICUBIC)
        vector = album.direction()
        album.add(f"picture{number}", vector, phash=perceptual_hash(picture))
        mirrored = perceptual_hash(ImageOps.mirror(picture))
        album.add(f"mirrored{number}", album.near(vector, 0.03), phash=mirrored)
    await group(pool)
    assert album.groups() == {f"mirrored{number}": f"picture{number}" for number in range(5)}


async def test_groups_do_not_chain(album: Album, pool: Pool) -> None:
    """Each is near its neighbour; the ends have nothing in common."""
    vector, phash = album.direction(), album.hash()
    other = album.direction()
    other -= (other @ vector) * vector
    other /= np.linalg.norm(other)
    angles = np.linspace(0, np.pi / 2, 7)
    for number, angle in enumerate(angles):
        album.add(str(number), np.cos(angle) * vector + np.sin(angle) * other, phash=phash)
    await group(pool)
    farthest = value(album.sql, "select search.farthest_duplicate(%s)", album.environment)
    assert album.groups() == {"1": "0", "2": "0", "3": "0", "5": "4", "6": "4"}
    assert value(album.sql, "select max(distance) from library.near_duplicate") <= farthest


async def test_what_holds_of_any_library(sql: Sql, pool: Pool) -> None:
    """Members are near their leaders, leaders are members of nobody and near no other leader."""
    use_dimension(sql, DIMENSION)
    album = Album(sql)
    vectors: dict[str, Floats] = {}
    hashes: dict[str, str] = {}
    seeds = [(album.direction(), album.hash()) for _ in range(40)]
    for number in range(240):
        vector, phash = seeds[album.random.integers(len(seeds))]
        name = str(number)
        vectors[name] = album.near(vector, album.random.uniform(0, 0.35))
        hashes[name] = flipped(phash, 2 * int(album.random.integers(4)))
        album.add(name, vectors[name], phash=hashes[name])
    await group(pool)
    groups = album.groups()
    leaders = [name for name in vectors if name not in groups]
    assert 40 <= len(leaders) < 200
    assert not set(groups.values()) & set(groups)
    farthest = value(sql, "select search.farthest_duplicate(%s)", album.environment)

    def strain(one: str, other: str) -> float:
        bits = value(
            sql,
            "select search.phash_distance(%s::bit(64), %s::bit(64))",
            hashes[one],
            hashes[other],
        )
        return float((1 - vectors[one] @ vectors[other]) / farthest + bits / 10)

    assert max(strain(member, leader) for member, leader in groups.items()) <= 1.01
    alike = [
        (one, other)
        for at, one in enumerate(leaders)
        for other in leaders[:at]
        if vectors[one] @ vectors[other] > 0.5 and strain(one, other) < 0.99
    ]
    assert alike == []


# Changes ------------------------------------------------------------------------------------------


@pytest.fixture
def copies(album: Album) -> Album:
    """Four copies of one image, the first of which will lead."""
    vector, phash = album.direction(), album.hash()
    for number in range(4):
        album.add(f"copy{number}", album.near(vector, 0.01 * number), phash=phash)
    return album


@pytest.mark.parametrize("change", ["delete", "take out", "overwrite"])
async def test_members_of_a_leader_that_goes_get_another(
    copies: Album, pool: Pool, change: str
) -> None:
    await group(pool)
    (leader,) = copies.ids("copy0")
    with copies.sql.transaction():
        if change == "delete":
            copies.sql.execute("delete from library.asset where asset_id = %s", (leader,))
        else:
            copies.sql.execute(
                "update library.asset set visual_search = %s where asset_id = %s",
                (change == "overwrite", leader),
            )
            copies.sql.execute("delete from library.embedding where asset_id = %s", (leader,))
        if change == "overwrite":
            add_embedding(copies.sql, copies.environment, leader, copies.direction())
    assert copies.waiting() == {"copy0"}
    await group(pool)
    assert copies.groups() == {"copy2": "copy1", "copy3": "copy1"}
    assert copies.waiting() == set()


async def test_a_member_that_goes_takes_its_row_along(copies: Album, pool: Pool) -> None:
    await group(pool)
    copies.sql.execute(
        "delete from library.asset where asset_id = any(%s)", (copies.ids("copy1", "copy2"),)
    )
    assert copies.groups() == {"copy3": "copy0"}
    await group(pool)
    assert copies.groups() == {"copy3": "copy0"}
    copies.sql.execute("delete from library.environment")
    for table in ("near_duplicate", "ungrouped"):
        assert value(copies.sql, f"select count(*) from library.{table}") == 0


async def test_another_model_groups_anew(copies: Album, pool: Pool) -> None:
    await group(pool)
    sql = copies.sql
    sql.execute(
        "insert into library.model (name, fingerprint, dimension, state)"
        " values ('one', '1', %(d)s, 'active'), ('two', '2', %(d)s, 'next')",
        {"d": DIMENSION},
    )
    for asset_id in copies.names:
        sql.execute(
            "insert into library.embedding_next (environment_id, asset_id, vector)"
            " values (%s, %s, %s::float8[]::vector::halfvec)",
            (copies.environment, asset_id, list(copies.direction())),
        )
    assert copies.waiting() == set()
    async with pool.connection() as connection:
        row = await (await connection.execute("select max(model_id) from library.model")).fetchone()
        assert row is not None
        two = models.Model(model_id=row[0], name="two", fingerprint="2", dimension=DIMENSION)
        await models.switch(connection, two)
    assert copies.waiting() == set(copies.names.values())
    assert len(copies.groups()) == 3  # in force until they are looked at
    await group(pool)
    assert copies.groups() == {}


# Several at once ----------------------------------------------------------------------------------


async def test_many_workers_make_one_leader(album: Album, pool: Pool) -> None:
    vector, phash = album.direction(), album.hash()
    for number in range(60):
        album.add(f"copy{number}", album.near(vector, 0.02), phash=phash)

    async def worker() -> None:
        async with pool.connection() as connection:
            while album.waiting():
                if not await near_duplicates.group_batch(connection):
                    await asyncio.sleep(0.01)

    await asyncio.gather(*(worker() for _ in range(4)))
    assert album.groups() == {f"copy{number}": "copy0" for number in range(1, 60)}


async def test_workers_share_out_the_environments(copies: Album, pool: Pool) -> None:
    other = Album(copies.sql, "other")
    vector = other.direction()
    other.add("a", vector)
    other.add("b", vector)
    async with pool.connection() as first, pool.connection() as second, first.transaction():
        assert await near_duplicates.group_batch(first, copies.environment)
        assert copies.waiting()
        assert not await near_duplicates.group_batch(second, copies.environment)
        assert await near_duplicates.group_batch(second) == 2
    assert other.groups() == {"b": "a"}


def test_a_change_while_a_worker_looks_is_not_forgotten(
    copies: Album, sql: Sql, database_url: str
) -> None:
    """The worker deletes the row in the queue without having seen that its image goes."""
    (leader,) = copies.ids("copy0")
    with psycopg.connect(database_url) as worker:
        worker.execute("select from library.ungrouped where asset_id = %s for update", (leader,))
        going = threading.Thread(
            target=sql.execute, args=("delete from library.asset where asset_id = %s", (leader,))
        )
        going.start()
        _wait_for_lock(database_url)
        worker.execute("delete from library.ungrouped where asset_id = %s", (leader,))
        worker.commit()
        going.join(10)
    assert "copy0" in copies.waiting()


async def test_deletions_that_cross_two_groups_do_not_wait_for_each_other(
    copies: Album, pool: Pool, database_url: str
) -> None:
    vector = copies.direction()
    for number in range(2):
        copies.add(f"twin{number}", vector)
    await group(pool)
    delete = "delete from library.asset where asset_id = any(%s)"
    with psycopg.connect(database_url) as one, psycopg.connect(database_url) as other:
        for connection in (one, other):
            connection.execute("set lock_timeout = '2s'")
        one.execute(delete, (copies.ids("copy0"),))
        other.execute(delete, (copies.ids("twin0"),))
        one.execute(delete, (copies.ids("twin1"),))
        other.execute(delete, (copies.ids("copy1"),))
        one.commit()
        other.commit()
    await group(pool)
    assert copies.groups() == {"copy3": "copy2"}


async def test_a_deletion_at_work_is_not_waited_for(
    copies: Album, pool: Pool, database_url: str
) -> None:
    with psycopg.connect(database_url) as deleting:
        deleting.execute(
            "select from library.asset where asset_id = any(%s) for update", (copies.ids("copy1"),)
        )
        async with pool.connection() as connection:
            for _ in range(5):
                await near_duplicates.group_batch(connection)
        assert "copy1" in copies.waiting()
    await group(pool)
    assert len(copies.groups()) == 3


def _wait_for_lock(url: str) -> None:
    """Returns when somebody waits for a lock."""
    with psycopg.connect(url, autocommit=True) as sql:
        while not value(sql, "select count(*) from pg_locks where not granted"):
            pass


def test_candidates_come_from_the_vector_index(sql: Sql) -> None:
    """A scan of all would take 30 times as long in a library of 100,000."""
    library = Library(sql)

    def scans() -> int:
        sql.execute("select pg_stat_force_next_flush()")
        statement = "select idx_scan from pg_stat_user_indexes where indexrelname = %s"
        return int(value(sql, statement, "embedding_hnsw"))

    before = scans()
    for asset_id in library.ids[:10]:
        sql.execute("select from search.nearest_leader(%s, %s)", (library.environment, asset_id))
    assert scans() == before + 10

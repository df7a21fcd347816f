"""Changing the model while searches go on, and back again."""

from pathlib import Path
from typing import Any

import psycopg
import pytest
from PIL import Image

import app.runtime
from app.db import environments, models
from app.db.environments import Environment
from app.db.models import Model
from app.errors import Misconfigured
from app.ingest import Upload, ingest
from app.runtime import Runtime, open_runtime
from app.search import Query, Term, search
from app.worker import work
from tests.fake_encoder import COLOURS, FakeEncoder, picture
from tests.server import make_settings
from tests.sql.conftest import Sql, value

NAMES = ("red", "green", "blue", "yellow")
ENCODERS = {"fake": FakeEncoder(), "other": FakeEncoder("other", 96)}


@pytest.fixture
async def library(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> "Library":
    """Four indexed pictures under the model `fake`; `other` can be loaded too."""
    monkeypatch.setattr(app.runtime, "load_encoder", lambda name, **_: ENCODERS[name])
    async with runtime.pool.connection() as connection:
        environment = await environments.create(connection, "e")
    library = Library(runtime, environment)
    for colour in NAMES:
        await library.add(colour)
    return library


class Library:
    """An environment, and what a person does with it while the operator changes the model."""

    def __init__(self, runtime: Runtime, environment: Environment) -> None:
        self.runtime = runtime
        self.environment = environment

    async def add(self, colour: str) -> str:
        """Uploads a picture, and tells whether it is indexed."""
        upload = Upload(
            data=picture(colour),
            filename=None,
            params={"public_id": colour, "visual_search": True},
        )
        return (await ingest(self.runtime, self.environment, upload)).index_state

    async def find(self, colour: str) -> list[str]:
        """The names of all pictures, best first."""
        query = Query(terms=(Term(kind="text", value=colour),), max_results=500)
        page = await search(self.runtime, self.environment, query)
        assert page.answer.candidates == page.answer.total_count == len(page.answer.hits)
        return [hit["public_id"] for hit in page.answer.hits]

    async def check(self, *colours: str) -> None:
        """Each of these is found first by its colour, and they are all there is."""
        for colour in colours:
            found = await self.find(colour)
            assert found[0] == colour
            assert sorted(found) == sorted(colours)

    async def prepare(self, name: str) -> Model:
        encoder = ENCODERS[name]
        async with self.runtime.pool.connection() as connection:
            return await models.prepare_next(
                connection,
                name=encoder.name,
                fingerprint=encoder.fingerprint,
                dimension=encoder.dimension,
            )

    async def fill(self, name: str, *, at_most: int = 1000) -> int:
        """Embeds what the next model lacks, and gives the number of images."""
        encoder = ENCODERS[name]
        done, after = 0, None
        while done < at_most:
            async with self.runtime.pool.connection() as connection:
                batch = await models.missing_in_next(connection, after=after, limit=1)
                if not batch:
                    break
                (after,) = batch
                public_id = await self._public_id(connection, after.asset_id)
                (vector,) = encoder.encode_images([_image(public_id)])
                await models.store_in_next(connection, after, vector)
            done += 1
        return done

    async def switch(self, model: Model) -> None:
        async with self.runtime.pool.connection() as connection:
            await models.switch(connection, model)

    async def missing(self) -> int:
        async with self.runtime.pool.connection() as connection:
            return await models.count_missing_in_next(connection)

    async def _public_id(self, connection: Any, asset_id: Any) -> str:
        statement = "select public_id from library.asset where asset_id = %s"
        row = await (await connection.execute(statement, (asset_id,))).fetchone()
        return str(row[0])


def _image(colour: str) -> Image.Image:
    return Image.new("RGB", (8, 8), COLOURS[colour])


def coverage(sql: Sql) -> tuple[int, ...]:
    """Images, indexed, pending, failed."""
    row = sql.execute("select images, indexed, pending, failed from report.coverage").fetchone()
    assert row is not None
    return tuple(row)


async def test_there_and_back(library: Library, sql: Sql) -> None:
    before = library.runtime.model
    await library.check(*NAMES)

    model = await library.prepare("other")
    assert await library.missing() == 4
    await library.check(*NAMES)
    assert await library.fill("other") == 4
    assert await library.missing() == 0
    await library.check(*NAMES)

    await library.switch(model)
    assert library.runtime.model == before  # nobody told this process
    await library.check(*NAMES)
    assert library.runtime.model == model
    assert library.runtime.batcher.encoder is ENCODERS["other"]
    assert coverage(sql) == (4, 4, 0, 0)  # the view reads the new table

    assert await library.prepare("fake") == before
    assert await library.missing() == 0  # what was filled before is still there
    await library.switch(before)
    await library.check(*NAMES)
    assert library.runtime.model == before
    assert coverage(sql) == (4, 4, 0, 0)


async def test_what_comes_while_the_next_model_is_filled(library: Library, sql: Sql) -> None:
    model = await library.prepare("other")
    await library.fill("other")
    assert await library.add("magenta") == "indexed"
    assert await library.missing() == 1
    await library.check(*NAMES, "magenta")

    await library.switch(model)
    assert coverage(sql) == (5, 4, 1, 0)  # not silently missing
    await library.check(*NAMES)
    await work(library.runtime, forever=False)
    await library.check(*NAMES, "magenta")

    await library.add("cyan")
    before = await library.prepare("fake")
    assert await library.missing() == 1
    await library.switch(before)
    assert coverage(sql) == (6, 5, 1, 0)
    await work(library.runtime, forever=False)
    await library.check(*NAMES, "magenta", "cyan")
    assert coverage(sql) == (6, 6, 0, 0)


async def test_an_upload_in_a_process_that_missed_the_switch(library: Library, sql: Sql) -> None:
    model = await library.prepare("other")
    await library.fill("other")
    await library.switch(model)
    # Its vector is of the old model: it must not get into the new one's table.
    assert await library.add("cyan") == "pending"
    assert library.runtime.model == model
    await work(library.runtime, forever=False)
    await library.check(*NAMES, "cyan")


async def test_an_interrupted_change_goes_on(library: Library) -> None:
    await library.prepare("other")
    assert await library.fill("other", at_most=3) == 3
    model = await library.prepare("other")
    assert await library.missing() == 1
    assert await library.fill("other") == 1
    await library.switch(model)
    await library.check(*NAMES)


async def test_an_image_that_is_overwritten_loses_both_vectors(library: Library, sql: Sql) -> None:
    await library.prepare("other")
    await library.fill("other")
    upload = Upload(
        data=picture("cyan"), filename=None, params={"public_id": "red", "visual_search": True}
    )
    await ingest(library.runtime, library.environment, upload)
    assert await library.missing() == 1
    assert (await library.find("cyan"))[0] == "red"


async def test_the_tables_exchange_their_indexes_names_too(library: Library, sql: Sql) -> None:
    indexes = "select indexname, indexdef ~ 'USING hnsw' from pg_indexes where tablename = %s"
    for name in ("other", "fake"):
        model = await library.prepare(name)
        await library.fill(name)
        await library.switch(model)
        for table in ("embedding", "embedding_next"):
            assert dict(sql.execute(indexes, (table,)).fetchall()) == {
                f"{table}_hnsw": True,
                f"{table}_pkey": False,
            }


async def test_the_invariant_holds_for_tables_made_later(library: Library, sql: Sql) -> None:
    model = await library.prepare("other")
    await library.fill("other")
    await library.switch(model)
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
        sql.execute("delete from library.embedding")


async def test_the_apps_role_may_use_tables_made_later(library: Library, sql: Sql) -> None:
    if not value(sql, "select count(*) from pg_roles where rolname = 'iris_app'"):
        pytest.skip("this PostgreSQL's user may not create roles")
    await library.prepare("other")
    sql.execute("set role iris_app")
    for table in ("embedding", "embedding_next"):
        assert value(sql, f"select count(*) from library.{table}") >= 0


async def test_a_process_with_another_model_does_not_start(
    library: Library, database_url: str, tmp_path: Path
) -> None:
    with pytest.raises(Misconfigured, match=r"indexed with model fake .* but this is other"):
        async with open_runtime(make_settings(tmp_path), database_url, ENCODERS["other"]):
            pass


async def test_the_first_model_decides_the_dimension(runtime: Runtime, sql: Sql) -> None:
    (width,) = sql.execute(
        "select atttypmod from pg_attribute"
        " where attrelid = 'library.embedding'::regclass and attname = 'vector'"
    ).fetchone() or (None,)
    assert width == runtime.model.dimension == 64

"""The models whose vectors the database holds: one is active, one may be filled beside it."""

from uuid import UUID

import msgspec
from pgvector import HalfVector

from app.db.embeddings import Claimed, Vector
from app.db.pool import Connection, many, one, run, value
from app.db.queries import load

_SQL = load("models")


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """A model by name and fingerprint (weights and preprocessing)."""

    model_id: int
    name: str
    fingerprint: str
    dimension: int


async def active(connection: Connection) -> Model | None:
    """The model that answers searches; None in a database that never had one."""
    return await one(connection, Model, _SQL["active"])


async def activate_first(
    connection: Connection, *, name: str, fingerprint: str, dimension: int
) -> Model:
    """Makes this the active model of a database that has none; else answers with the active one."""
    async with connection.transaction():
        await run(connection, _SQL["lock"])
        found = await active(connection)
        if found is not None:
            return found
        model = await _register(connection, name, fingerprint, dimension)
        # Nothing is embedded yet, but the table has the dimension of another model.
        await run(connection, _SQL["remake_next_table"], dimension=dimension)
        await run(connection, _SQL["swap"])
        await run(connection, _SQL["activate"], model_id=model.model_id)
    return model


async def prepare_next(
    connection: Connection, *, name: str, fingerprint: str, dimension: int
) -> Model:
    """Makes this the model that is filled beside the active one.

    What was filled before is kept when it is the same model, so that an interrupted change goes on
    and going back to the model before costs only what was uploaded since.
    """
    async with connection.transaction():
        await run(connection, _SQL["lock"])
        before = await one(connection, Model, _SQL["next"])
        model = await _register(connection, name, fingerprint, dimension)
        if before == model:
            return model
        if before is not None:
            await run(connection, _SQL["retire"], model_id=before.model_id)
        await run(connection, _SQL["remake_next_table"], dimension=dimension)
        await run(connection, _SQL["prepare"], model_id=model.model_id)
    return model


async def count_missing_in_next(connection: Connection) -> int:
    """How many indexed images the next model has not embedded yet."""
    return int(await value(connection, _SQL["count_missing_in_next"]))


async def missing_in_next(
    connection: Connection, *, after: Claimed | None, limit: int
) -> list[Claimed]:
    """The next images, in the order of their keys, that the next model has not embedded yet."""
    return await many(
        connection,
        Claimed,
        _SQL["missing_in_next"],
        after_environment_id=after.environment_id if after else 0,
        after_asset_id=after.asset_id if after else UUID(int=0),
        limit=limit,
    )


async def store_in_next(connection: Connection, image: Claimed, vector: Vector) -> None:
    """Stores a vector of the next model, unless the image changed meanwhile."""
    await run(
        connection,
        _SQL["store_in_next"],
        environment_id=image.environment_id,
        asset_id=image.asset_id,
        sha256=image.sha256,
        vector=HalfVector(vector),
    )


async def switch(connection: Connection, model: Model) -> None:
    """Makes the next model the active one; the one before stays filled, for going back."""
    async with connection.transaction():
        await run(connection, _SQL["lock"])
        before = await active(connection)
        if before is not None:
            await run(connection, _SQL["retire"], model_id=before.model_id)
        await run(connection, _SQL["activate"], model_id=model.model_id)
        if before is not None:
            await run(connection, _SQL["prepare"], model_id=before.model_id)
        await run(connection, _SQL["regroup"])
        await run(connection, _SQL["swap"])
        await run(connection, _SQL["queue_missing"])


async def _register(connection: Connection, name: str, fingerprint: str, dimension: int) -> Model:
    model = await one(
        connection,
        Model,
        _SQL["register"],
        name=name,
        fingerprint=fingerprint,
        dimension=dimension,
    )
    assert model is not None
    return model

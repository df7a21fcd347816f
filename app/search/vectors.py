"""What is searched for becomes one vector."""

import asyncio
import hashlib
from uuid import UUID

import numpy as np

from app.cursor import Picture, unseal
from app.db import assets, embeddings, query_vectors, ranking
from app.db.embeddings import Vector
from app.db.pool import Connection
from app.errors import BadRequest, NotFound
from app.runtime import Runtime
from app.search.query import Term


class Vectors:
    """The vectors of one environment's queries, by the model that was loaded when it was made."""

    def __init__(self, runtime: Runtime, environment_id: int) -> None:
        self.model_id = runtime.model.model_id
        self.encoder = runtime.batcher.encoder
        self._runtime = runtime
        self._batcher = runtime.batcher
        self._environment_id = environment_id

    async def known(self, connection: Connection, terms: tuple[Term, ...]) -> Vector | None:
        """The vector of words that were searched before, or of an indexed image, if that is all."""
        return await self._stored(connection, terms[0]) if _plain(terms) else None

    async def new(self, terms: tuple[Term, ...]) -> Vector:
        """The vector of anything; no connection is held while somebody downloads or embeds.

        Raises:
            BadRequest: the terms cancel each other out, or are not acceptable.
            NotFound: an image is not there.
            Busy: the encoder has too much to do.
        """
        if _plain(terms):
            return await self._encoded(terms[0])
        async with self._runtime.pool.connection() as connection:
            stored = [await self._stored(connection, term) for term in terms]
        missing = [term for term, vector in zip(terms, stored, strict=True) if vector is None]
        encoded = iter(await asyncio.gather(*map(self._encoded, missing)))
        vectors = [next(encoded) if vector is None else vector for vector in stored]
        async with self._runtime.pool.connection() as connection:
            combined = await ranking.combine(
                connection, self._environment_id, vectors, [term.weight for term in terms]
            )
        if combined is None:
            raise BadRequest("The queries cancel each other out: change their weights")
        return combined

    async def _stored(self, connection: Connection, term: Term) -> Vector | None:
        if term.kind == "text":
            return await query_vectors.find(connection, self.model_id, str(term.value))
        if term.kind == "image_asset_id" and term.region is None:
            return await embeddings.vector_of(connection, self._environment_id, _asset_id(term))
        return self._of_picture(str(term.value)) if term.kind == "picture" else None

    def _of_picture(self, text: str) -> Vector:
        picture = unseal(self._runtime.keyring, text, Picture, self._environment_id)
        if picture.model_id != self.model_id:
            raise BadRequest("The model has changed since: choose the picture once more")
        return unpack(picture.vector)

    async def _encoded(self, term: Term) -> Vector:
        if term.kind == "text":
            return await self._text(str(term.value))
        if term.kind == "image_url":
            downloaded = await self._runtime.downloader.fetch(str(term.value))
            return await self._batcher.image(downloaded.content, term.region)
        if term.kind == "image_asset_id":
            return await self._batcher.image(await self._original(term), term.region)
        assert isinstance(term.value, bytes)
        return await self._batcher.image(term.value, term.region)

    async def _text(self, text: str) -> Vector:
        vector = await self._batcher.text(text)
        async with self._runtime.pool.connection() as connection:
            await query_vectors.store(connection, self.model_id, text, vector)
        return vector

    async def _original(self, term: Term) -> bytes:
        """The bytes of a stored image that is not indexed, or of which a region is wanted."""
        async with self._runtime.pool.connection() as connection:
            asset = await assets.find_by_id(connection, self._environment_id, _asset_id(term))
            if asset is None:
                raise _missing(term)
            if asset.resource_type != "image":
                raise BadRequest(f"Only images can be searched by - {term.value!s}")
            data = await assets.read_original(
                connection, self._environment_id, asset.asset_id, asset.sha256, length=asset.bytes
            )
        if data is None:
            raise _missing(term)
        return data


def pack(vector: Vector) -> bytes:
    """A vector as cursors carry it: float16, little-endian."""
    return vector.astype("<f2").tobytes()


def unpack(data: bytes) -> Vector:
    """The vector that a cursor carries, float32."""
    return np.frombuffer(data, dtype="<f2").astype(np.float32)


def digest(terms: tuple[Term, ...]) -> bytes:
    """Eight bytes that tell what is searched for from anything else."""
    state = hashlib.sha256()
    for term in terms:
        value = term.value if isinstance(term.value, bytes) else term.value.encode()
        head = f"{term.kind} {term.weight} {term.region} {len(value)} "
        state.update(head.encode() + value)
    return state.digest()[:8]


def _plain(terms: tuple[Term, ...]) -> bool:
    return len(terms) == 1 and terms[0].weight > 0


def _asset_id(term: Term) -> UUID:
    try:
        return UUID(hex=str(term.value))
    except ValueError:
        raise _missing(term) from None


def _missing(term: Term) -> NotFound:
    return NotFound(f"Resource not found - {term.value!s}")

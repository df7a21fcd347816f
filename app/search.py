"""Use case: a query becomes a vector, and the vector a page of results. SQL ranks, not Python."""

import hashlib
import time
from datetime import UTC, datetime
from uuid import UUID

import msgspec
import numpy as np

from app.cursor import SearchCursor, seal, unseal
from app.db import assets, embeddings, query_vectors
from app.db.embeddings import Answer, Vector
from app.db.environments import Environment
from app.db.pool import Connection
from app.db.search_events import SearchEvent
from app.errors import BadRequest, Busy, NotFound
from app.runtime import Runtime

MOST_RESULTS = 500


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """What is searched for; `kind` names the parameter that holds it, next_cursor if none does."""

    kind: str
    value: str | bytes = ""
    threshold: float = 0.0
    max_results: int = 50
    next_cursor: str | None = None


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A page of results, with how long the vector and the ranking took."""

    answer: Answer
    next_cursor: str | None
    warning: str | None
    encode_ms: float
    rank_ms: float


async def search(runtime: Runtime, environment: Environment, query: Query) -> Page:
    """The images that are most like what is asked for, best first.

    Raises:
        BadRequest: visual search is off, or the query or its cursor is not acceptable.
        NotFound: the image of the query does not exist.
        Busy: the encoder has too much to do.
    """
    if not environment.visual_search:
        raise BadRequest(
            f"Visual search is off for {environment.cloud_name}. Switch it on with:"
            f" iris env visual-search {environment.cloud_name} on"
        )
    page = await _Search(runtime, environment, query).page()
    if page is None:
        # `iris model use` switched the model between two searches: load it and ask again.
        await runtime.follow_model()
        page = await _Search(runtime, environment, query).page()
    if page is None:
        raise Busy("The model of this library is being changed. Try again in a moment.")
    runtime.searches.add(_event(environment, query, page))
    return page


class _Search:
    """One attempt at a query, with the model that is loaded now."""

    def __init__(self, runtime: Runtime, environment: Environment, query: Query) -> None:
        self._runtime = runtime
        self._environment_id = environment.environment_id
        self._query = query
        self._model_id = runtime.model.model_id
        self._batcher = runtime.batcher
        self._cursor = self._read_cursor()
        self._threshold = self._cursor.threshold if self._cursor else query.threshold

    async def page(self) -> Page | None:
        """The page, or None when the loaded model is not the active one any more."""
        started = time.perf_counter()
        answer = None
        async with self._runtime.pool.connection() as connection:
            vector = await self._known_vector(connection)
            encoded = time.perf_counter()
            if vector is not None:
                answer = await self._rank(connection, vector)
        if vector is None:
            # No connection is held while somebody downloads, decodes or embeds.
            vector = await self._new_vector()
            encoded = time.perf_counter()
            async with self._runtime.pool.connection() as connection:
                if self._query.kind == "text":
                    text = str(self._query.value)
                    await query_vectors.store(connection, self._model_id, text, vector)
                answer = await self._rank(connection, vector)
        if answer is None:
            return None
        return Page(
            answer=answer,
            next_cursor=self._next_cursor(vector, answer),
            warning=self._warning(),
            encode_ms=(encoded - started) * 1000,
            rank_ms=(time.perf_counter() - encoded) * 1000,
        )

    async def _known_vector(self, connection: Connection) -> Vector | None:
        """The vector of a cursor, of words that were searched before, or of an indexed image."""
        if self._cursor:
            return np.frombuffer(self._cursor.vector, dtype="<f2").astype(np.float32)
        if self._query.kind == "text":
            return await query_vectors.find(connection, self._model_id, str(self._query.value))
        if self._query.kind == "image_asset_id":
            return await embeddings.vector_of(connection, self._environment_id, self._asset_id())
        return None

    async def _new_vector(self) -> Vector:
        value = self._query.value
        if self._query.kind == "text":
            return await self._batcher.text(str(value))
        if self._query.kind == "image_url":
            downloaded = await self._runtime.downloader.fetch(str(value))
            return await self._batcher.image(downloaded.content)
        if self._query.kind == "image_asset_id":
            return await self._batcher.image(await self._original())
        assert isinstance(value, bytes)
        return await self._batcher.image(value)

    def _asset_id(self) -> UUID:
        try:
            return UUID(hex=str(self._query.value))
        except ValueError:
            raise self._missing() from None

    def _missing(self) -> NotFound:
        return NotFound(f"Resource not found - {self._query.value!s}")

    async def _original(self) -> bytes:
        """The bytes of a stored image that is not indexed: it is embedded for this search alone."""
        async with self._runtime.pool.connection() as connection:
            asset = await assets.find_by_id(connection, self._environment_id, self._asset_id())
            if asset is None:
                raise self._missing()
            if asset.resource_type != "image":
                raise BadRequest(f"Only images can be searched by - {self._query.value!s}")
            data = await assets.read_original(
                connection,
                self._environment_id,
                asset.asset_id,
                asset.sha256,
                length=asset.bytes,
            )
        if data is None:
            raise self._missing()
        return data

    async def _rank(self, connection: Connection, vector: Vector) -> Answer | None:
        return await embeddings.rank(
            connection,
            vector,
            model_id=self._model_id,
            environment_id=self._environment_id,
            max_results=self._query.max_results,
            threshold=self._threshold,
            after_distance=self._cursor.distance if self._cursor else None,
            after_asset_id=self._cursor.asset_id if self._cursor else None,
            skipped=self._cursor.skipped if self._cursor else 0,
            exact_limit=self._runtime.settings.exact_limit,
            ef_search=self._runtime.settings.ef_search,
        )

    def _read_cursor(self) -> SearchCursor | None:
        text = self._query.next_cursor
        if not text:
            return None
        cursor = unseal(self._runtime.keyring, text, SearchCursor, self._environment_id)
        other_query = self._query.kind != "next_cursor" and cursor.query != self._digest()
        if other_query or cursor.model_id != self._model_id:
            raise BadRequest("Invalid value for parameter next_cursor")
        return cursor

    def _digest(self) -> bytes:
        value = self._query.value
        data = value if isinstance(value, bytes) else value.encode()
        return hashlib.sha256(self._query.kind.encode() + b"\0" + data).digest()[:8]

    def _next_cursor(self, vector: Vector, answer: Answer) -> str | None:
        if not answer.has_more:
            return None
        last = answer.hits[-1]
        following = SearchCursor(
            environment_id=self._environment_id,
            model_id=self._model_id,
            query=self._cursor.query if self._cursor else self._digest(),
            vector=vector.astype("<f2").tobytes(),
            threshold=self._threshold,
            distance=last["distance"],
            asset_id=last["asset_id"],
            skipped=(self._cursor.skipped if self._cursor else 0) + len(answer.hits),
        )
        return seal(self._runtime.keyring, following)

    def _warning(self) -> str | None:
        if self._query.kind != "text":
            return None
        return self._batcher.encoder.text_warning(str(self._query.value))


def _event(environment: Environment, query: Query, page: Page) -> SearchEvent:
    return SearchEvent(
        environment_id=environment.environment_id,
        searched_at=datetime.now(UTC),
        kind=query.kind,
        query=query.value if isinstance(query.value, str) and query.value else None,
        mode=page.answer.mode,
        candidates=page.answer.candidates,
        returned=len(page.answer.hits),
        best_score=page.answer.hits[0]["score"] if page.answer.hits else None,
        encode_ms=page.encode_ms,
        rank_ms=page.rank_ms,
    )

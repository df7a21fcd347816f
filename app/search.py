"""Use case: a query becomes a vector, and the vector a page of results. SQL ranks, not Python."""

import hashlib
import time
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import numpy as np

from app.cursor import SearchCursor, seal, unseal
from app.db import assets, embeddings, query_vectors
from app.db.embeddings import Answer, Vector
from app.db.environments import Environment
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
    _check_switch(environment)
    page = await _search_once(runtime, environment, query)
    if page is None:
        # `iris model use` switched the model between two searches: load it and ask again.
        await runtime.follow_model()
        page = await _search_once(runtime, environment, query)
    if page is None:
        raise Busy("The model of this library is being changed. Try again in a moment.")
    runtime.searches.add(_event(environment, query, page))
    return page


async def _search_once(runtime: Runtime, environment: Environment, query: Query) -> Page | None:
    """A page, or None when the vector is of a model that is not the active one any more."""
    started = time.perf_counter()
    model_id = runtime.model.model_id
    cursor = _cursor(runtime, environment, query)
    if cursor is None:
        vector = await _vector(runtime, environment, query)
    else:
        vector = np.frombuffer(cursor.vector, dtype="<f2").astype(np.float32)
    encoded = time.perf_counter()
    threshold = cursor.threshold if cursor else query.threshold
    async with runtime.pool.connection() as connection:
        answer = await embeddings.rank(
            connection,
            vector,
            model_id=model_id,
            environment_id=environment.environment_id,
            max_results=query.max_results,
            threshold=threshold,
            after_distance=cursor.distance if cursor else None,
            after_asset_id=cursor.asset_id if cursor else None,
            skipped=cursor.skipped if cursor else 0,
            exact_limit=runtime.settings.exact_limit,
            ef_search=runtime.settings.ef_search,
        )
    if answer is None:
        return None
    return Page(
        answer=answer,
        next_cursor=_next(runtime, environment, query, cursor, vector, answer, threshold),
        warning=_warning(runtime, query),
        encode_ms=(encoded - started) * 1000,
        rank_ms=(time.perf_counter() - encoded) * 1000,
    )


def _check_switch(environment: Environment) -> None:
    if not environment.visual_search:
        raise BadRequest(
            f"Visual search is off for {environment.cloud_name}. Switch it on with:"
            f" iris env visual-search {environment.cloud_name} on"
        )


async def _vector(runtime: Runtime, environment: Environment, query: Query) -> Vector:
    value = query.value
    if query.kind == "text":
        return await _text_vector(runtime, str(value))
    if query.kind == "image_url":
        downloaded = await runtime.downloader.fetch(str(value))
        return await runtime.batcher.image(downloaded.content)
    if query.kind == "image_asset_id":
        return await _asset_vector(runtime, environment, str(value))
    assert isinstance(value, bytes)
    return await runtime.batcher.image(value)


async def _text_vector(runtime: Runtime, text: str) -> Vector:
    model_id = runtime.model.model_id
    async with runtime.pool.connection() as connection:
        cached = await query_vectors.find(connection, model_id, text)
    if cached is not None:
        return cached
    vector = await runtime.batcher.text(text)
    async with runtime.pool.connection() as connection:
        await query_vectors.store(connection, model_id, text, vector)
    return vector


async def _asset_vector(runtime: Runtime, environment: Environment, text: str) -> Vector:
    """The stored vector; an image that is not indexed is embedded for this search alone."""
    missing = NotFound(f"Resource not found - {text}")
    try:
        asset_id = UUID(hex=text)
    except ValueError:
        raise missing from None
    async with runtime.pool.connection() as connection:
        stored = await embeddings.vector_of(connection, environment.environment_id, asset_id)
        if stored is not None:
            return stored
        asset = await assets.find_by_id(connection, environment.environment_id, asset_id)
        if asset is None:
            raise missing
        if asset.resource_type != "image":
            raise BadRequest(f"Only images can be searched by - {text}")
        data = await assets.read_original(
            connection, environment.environment_id, asset_id, asset.sha256, length=asset.bytes
        )
    if data is None:
        raise missing
    return await runtime.batcher.image(data)


def _cursor(runtime: Runtime, environment: Environment, query: Query) -> SearchCursor | None:
    if not query.next_cursor:
        return None
    cursor = unseal(runtime.keyring, query.next_cursor, SearchCursor, environment.environment_id)
    other_query = query.kind != "next_cursor" and cursor.query != _digest(query)
    if other_query or cursor.model_id != runtime.model.model_id:
        raise BadRequest("Invalid value for parameter next_cursor")
    return cursor


def _digest(query: Query) -> bytes:
    value = query.value if isinstance(query.value, bytes) else query.value.encode()
    return hashlib.sha256(query.kind.encode() + b"\0" + value).digest()[:8]


def _next(
    runtime: Runtime,
    environment: Environment,
    query: Query,
    cursor: SearchCursor | None,
    vector: Vector,
    answer: Answer,
    threshold: float,
) -> str | None:
    if not answer.has_more:
        return None
    last: dict[str, Any] = answer.hits[-1]
    following = SearchCursor(
        environment_id=environment.environment_id,
        model_id=runtime.model.model_id,
        query=cursor.query if cursor else _digest(query),
        vector=vector.astype("<f2").tobytes(),
        threshold=threshold,
        distance=last["distance"],
        asset_id=last["asset_id"],
        skipped=(cursor.skipped if cursor else 0) + len(answer.hits),
    )
    return seal(runtime.keyring, following)


def _warning(runtime: Runtime, query: Query) -> str | None:
    return runtime.batcher.encoder.text_warning(str(query.value)) if query.kind == "text" else None


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

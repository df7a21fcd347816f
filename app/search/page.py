"""A page of results, its cursor, and its place in the log."""

import time
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from app.cursor import SearchCursor, seal, unseal
from app.db import ranking
from app.db.embeddings import Vector
from app.db.environments import Environment
from app.db.pool import Connection
from app.db.ranking import Answer
from app.db.search_events import SearchEvent
from app.errors import BadRequest, Busy
from app.runtime import Runtime
from app.search import vectors
from app.search.query import GOOD, Filter, Query
from app.search.ranking import Ranking
from app.search.vectors import Vectors

_NONE = UUID(int=0)


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A page of results, with how long the vector and the ranking took."""

    answer: Answer
    next_cursor: str | None
    warning: str | None
    model: str
    vector_source: str
    """Where the query's vector came from, in words."""
    encode_ms: float
    rank_ms: float
    plan: list[str] | None
    """The lines of `explain`, when it was asked for."""


async def search(
    runtime: Runtime, environment: Environment, query: Query, *, explain: bool = False
) -> Page:
    """The images that are most like what is asked for, best first.

    Raises:
        BadRequest: visual search is off, or the query or its cursor is not acceptable.
        NotFound: an image of the query does not exist.
        Busy: the encoder has too much to do.
    """
    if not environment.visual_search:
        raise BadRequest(
            f"Visual search is off for {environment.cloud_name}. Switch it on with:"
            f" iris env visual-search {environment.cloud_name} on"
        )
    page = await _Search(runtime, environment, query, explain).page()
    if page is None:
        # `iris model use` switched the model between two searches: load it and ask again.
        await runtime.follow_model()
        page = await _Search(runtime, environment, query, explain).page()
    if page is None:
        raise Busy("The model of this library is being changed. Try again in a moment.")
    runtime.searches.add(_event(environment, query, page))
    return page


class _Search:
    """One attempt at a query, with the model that is loaded now."""

    def __init__(
        self, runtime: Runtime, environment: Environment, query: Query, explain: bool
    ) -> None:
        self._runtime = runtime
        self._environment_id = environment.environment_id
        self._query = query
        self._explain = explain
        self._vectors = Vectors(runtime, environment.environment_id)
        self._continues = bool(query.next_cursor)
        self._from = self._read_cursor() if query.next_cursor else self._first()
        asked_at = datetime.fromtimestamp(self._from.asked_at, UTC)
        self._condition = msgspec.convert(self._from.filter, Filter).condition(asked_at)
        self._ranking = Ranking(runtime.settings, query, self._from, self._condition)

    async def page(self) -> Page | None:
        """The page, or None when the loaded model is not the active one any more."""
        started = time.perf_counter()
        answer, source = None, "the database"
        async with self._runtime.pool.connection() as connection:
            vector = await self._known(connection)
            encoded = time.perf_counter()
            if vector is not None:
                answer = await self._ranking.page(connection, vector)
        if vector is None:
            vector, source = await self._vectors.new(self._query.terms), "the encoder"
            encoded = time.perf_counter()
            async with self._runtime.pool.connection() as connection:
                answer = await self._ranking.page(connection, vector)
        ranked = time.perf_counter()
        if answer is None:
            return None
        return Page(
            answer=answer,
            next_cursor=self._next_cursor(vector, answer),
            warning=self._warning(),
            model=self._vectors.encoder.name,
            vector_source="the cursor" if self._continues else source,
            encode_ms=(encoded - started) * 1000,
            rank_ms=(ranked - encoded) * 1000,
            plan=await self._plan(vector, answer) if self._explain else None,
        )

    async def _known(self, connection: Connection) -> Vector | None:
        if self._continues:
            return vectors.unpack(self._from.vector)
        return await self._vectors.known(connection, self._query.terms)

    def _first(self) -> SearchCursor:
        """What the cursor of the first page would be."""
        query = self._query
        return SearchCursor(
            environment_id=self._environment_id,
            model_id=self._vectors.model_id,
            query=vectors.digest(query.terms),
            vector=b"",
            direction=query.direction,
            filter=list(msgspec.to_builtins(query.filter)),
            asked_at=time.time(),
            # In another order, what is far from the query would come first.
            threshold=query.threshold or (GOOD if query.sort_by else 0),
            exact=query.exact,
            collapse=query.collapse,
            sort_by=list(msgspec.to_builtins(query.sort_by)) if query.sort_by else None,
            kept=None,
            approximate=False,
            best_distance=0,
            farthest=None,
            total_count=0,
            distance=0,
            asset_id=_NONE,
            sort_key=None,
            skipped=0,
        )

    def _read_cursor(self) -> SearchCursor:
        text = self._query.next_cursor
        assert text
        cursor = unseal(self._runtime.keyring, text, SearchCursor, self._environment_id)
        if self._is_other(cursor) or cursor.model_id != self._vectors.model_id:
            raise BadRequest("Invalid value for parameter next_cursor")
        return cursor

    def _is_other(self, cursor: SearchCursor) -> bool:
        """Whether something is asked for, besides the next page, that the cursor does not carry."""
        query = self._query
        return (
            (bool(query.terms) and vectors.digest(query.terms) != cursor.query)
            or (query.filter != Filter() and query.filter != msgspec.convert(cursor.filter, Filter))
            or (query.threshold not in (0, cursor.threshold))
            or (query.exact and not cursor.exact)
            or (query.collapse and not cursor.collapse)
            or (
                query.sort_by is not None
                and list(msgspec.to_builtins(query.sort_by)) != cursor.sort_by
            )
        )

    def _next_cursor(self, vector: Vector, answer: Answer) -> str | None:
        if not answer.has_more:
            return None
        last = answer.hits[-1]
        following = msgspec.structs.replace(
            self._from,
            vector=vectors.pack(vector),
            kept=self._ranking.kept,
            approximate=answer.mode == "approximate",
            best_distance=answer.best_distance,
            farthest=answer.farthest,
            total_count=answer.total_count,
            distance=last["distance"],
            asset_id=last["asset_id"],
            sort_key=_text(last[self._from.sort_by[0]]) if self._from.sort_by else None,
            skipped=self._from.skipped + len(answer.hits),
        )
        return seal(self._runtime.keyring, following)

    async def _plan(self, vector: Vector, answer: Answer) -> list[str]:
        async with self._runtime.pool.connection() as connection, ranking.bounded(connection):
            return await ranking.explain(
                connection,
                vector,
                self._condition,
                environment_id=self._environment_id,
                candidates=self._from.skipped + self._query.max_results + 1,
                mode=answer.mode,
                ef_search=self._runtime.settings.ef_search,
            )

    def _warning(self) -> str | None:
        texts = (str(term.value) for term in self._query.terms if term.kind == "text")
        return next(filter(None, map(self._vectors.encoder.text_warning, texts)), None)


def _text(key: str | datetime) -> str:
    return key if isinstance(key, str) else key.isoformat()


def _event(environment: Environment, query: Query, page: Page) -> SearchEvent:
    values = [
        term.value for term in query.terms if isinstance(term.value, str) and term.kind != "picture"
    ]
    # In another order, the best is not the first.
    best = max(page.answer.hits, key=lambda hit: float(hit["score"]), default=None)
    return SearchEvent(
        environment_id=environment.environment_id,
        searched_at=datetime.now(UTC),
        kind=query.kind,
        query=", ".join(values) or None,
        mode=page.answer.mode,
        candidates=page.answer.candidates,
        returned=len(page.answer.hits),
        best_score=best["score"] if best else None,
        best_match=best["match"] if best else None,
        encode_ms=page.encode_ms,
        rank_ms=page.rank_ms,
        hits=[hit["asset_id"] for hit in page.answer.hits],
        filtered=query.filter != Filter(),
        complete=page.answer.complete,
        continued=bool(query.next_cursor),
    )

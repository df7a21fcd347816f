"""Which of the rankings of SQL answers a page."""

from contextlib import nullcontext
from typing import Any
from uuid import UUID

import msgspec

from app.contract.expression.tree import Condition
from app.cursor import SearchCursor
from app.db import ranking
from app.db.embeddings import Vector
from app.db.pool import Connection
from app.db.ranking import Answer
from app.search.query import Query, SortBy
from app.settings import Settings


class Ranking:
    """The page of a ranking behind a cursor, or the first one.

    `kept` is what the rest of the ranking was kept as, for the cursor of the next page.
    """

    def __init__(
        self, settings: Settings, query: Query, given: SearchCursor, condition: Condition | None
    ) -> None:
        self.kept: UUID | None = given.kept
        self._given = given
        self._condition = condition
        self._continues = bool(query.next_cursor)
        self._values: dict[str, Any] = {
            "model_id": given.model_id,
            "environment_id": given.environment_id,
            "max_results": query.max_results,
            "threshold": given.threshold,
            "direction": given.direction,
            "after_asset_id": given.asset_id if self._continues else None,
            "within": given.farthest,
            "known_total": given.total_count if self._continues else None,
        }
        self._places: dict[str, Any] = {
            "exact": given.exact,
            "collapse": given.collapse,
            "like_asset": query.like_asset,
            "after_distance": given.distance if self._continues else None,
            "best_distance": given.best_distance if self._continues else None,
            "skipped": given.skipped,
            "exact_limit": settings.exact_limit,
            "ef_search": settings.ef_search,
        }

    async def page(self, connection: Connection, vector: Vector) -> Answer | None:
        """The page, or None when the model of the vector is not the active one any more."""
        if self._given.sort_by:
            return await self._sorted(connection, vector)
        # Statements of a transaction cost 0.5 ms together; a ranking by the index needs no bound.
        slow = self._given.exact or self._given.collapse or self._condition is not None
        async with ranking.bounded(connection) if slow else nullcontext():
            return await self._kept(connection, vector) or await ranking.rank(
                connection, vector, self._condition, **self._values, **self._places
            )

    async def _kept(self, connection: Connection, vector: Vector) -> Answer | None:
        """From the second page on, a page of what is kept of an approximate ranking."""
        if not self._given.approximate or self._given.collapse:
            return None
        values = self._values | self._places
        if self.kept is None and self._given.skipped + values["max_results"] < ranking.MOST_KEPT:
            self.kept = await ranking.keep(connection, vector, self._condition, **values)
        if self.kept is None:
            return None
        return await ranking.kept(connection, vector, kept=self.kept, **values)

    async def _sorted(self, connection: Connection, vector: Vector) -> Answer | None:
        sort_by = msgspec.convert(self._given.sort_by, SortBy)
        async with ranking.bounded(connection):
            return await ranking.sort(
                connection,
                vector,
                self._condition,
                **self._values,
                sort_field=sort_by.field,
                descending=sort_by.descending,
                after_key=self._given.sort_key,
            )

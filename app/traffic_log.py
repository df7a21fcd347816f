"""What was delivered, on its way to the usage of an environment."""

from collections import defaultdict

from app.db import traffic
from app.db.pool import Connection, Pool
from app.db.traffic import Delivered
from app.write_behind import WriteBehind


class TrafficLog(WriteBehind):
    """Deliveries of one process by environment."""

    def __init__(self, pool: Pool) -> None:
        super().__init__(pool)
        self._delivered: dict[str, Delivered] = defaultdict(Delivered)

    def add(self, cloud: str, size: int) -> None:
        """Notes a delivery of `size` bytes; it reaches the database within about a second."""
        delivered = self._delivered[cloud]
        delivered.deliveries += 1
        delivered.bytes += size

    def _has_notes(self) -> bool:
        return bool(self._delivered)

    async def _write(self, connection: Connection) -> None:
        delivered, self._delivered = self._delivered, defaultdict(Delivered)
        await traffic.add(connection, delivered)

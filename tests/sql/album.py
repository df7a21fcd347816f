"""Images made of numbers, for tests of what is near-identical."""

from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from app.db import near_duplicates
from app.db.pool import Pool
from tests.sql.conftest import Sql, add_asset, add_embedding, add_environment

DIMENSION = 64
HALF = "01" * 32  # a hash as photos have them, with 32 bits set
Floats = NDArray[np.float64]


class Album:
    """An environment whose images are a vector, a hash and the digest of a file each."""

    def __init__(self, sql: Sql, cloud_name: str = "e") -> None:
        self.sql = sql
        self.random = np.random.default_rng(3)
        self.environment = add_environment(sql, cloud_name)
        self.names: dict[UUID, str] = {}

    def fill(self, count: int = 24) -> None:
        """Images that have nothing to do with each other: the background."""
        for number in range(count):
            self.add(f"other{number}", self.direction(), phash=self.hash())

    def add(
        self, name: str, vector: Floats, *, phash: str | None = HALF, sha256: bytes | None = None
    ) -> UUID:
        """Stores an indexed image; each comes after the one before."""
        with self.sql.transaction():
            asset_id = add_asset(self.sql, self.environment, len(self.names), visual_search=True)
            self.sql.execute(
                "update library.asset set public_id = %s, sha256 = %s, phash = %s::bit(64),"
                " created_at = now() + make_interval(secs => %s) where asset_id = %s",
                (name, sha256 or name.encode(), phash, len(self.names), asset_id),
            )
            add_embedding(self.sql, self.environment, asset_id, vector)
        self.names[asset_id] = name
        return asset_id

    def direction(self) -> Floats:
        vector = self.random.normal(size=DIMENSION)
        return vector / np.linalg.norm(vector)

    def near(self, vector: Floats, distance: float) -> Floats:
        """A unit vector at that cosine distance."""
        away = self.direction()
        away -= (away @ vector) * vector
        away /= np.linalg.norm(away)
        return (1 - distance) * vector + np.sqrt(1 - (1 - distance) ** 2) * away

    def hash(self) -> str:
        """A random one with 32 bits set."""
        return "".join(self.random.permutation(list(HALF)))

    def ids(self, *names: str) -> list[UUID]:
        return [key for key, name in self.names.items() if name in names]

    def groups(self) -> dict[str, str]:
        """The leader of each member, by name."""
        rows = self.sql.execute(
            "select asset_id, leader_id from library.near_duplicate where environment_id = %s",
            (self.environment,),
        )
        return {self.names[member]: self.names[leader] for member, leader in rows}

    def waiting(self) -> set[str]:
        rows = self.sql.execute(
            "select asset_id from library.ungrouped where environment_id = %s", (self.environment,)
        )
        return {self.names[row[0]] for row in rows}


def flipped(phash: str, bits: int) -> str:
    """Another hash with 32 bits set, `bits` (an even number) of 64 away."""
    ones = [at for at, bit in enumerate(phash) if bit == "1"][: bits // 2]
    noughts = [at for at, bit in enumerate(phash) if bit == "0"][: bits // 2]
    changed = {*ones, *noughts}
    return "".join(str(1 - int(bit)) if at in changed else bit for at, bit in enumerate(phash))


async def group(pool: Pool) -> None:
    """Does all that waits."""
    async with pool.connection() as connection:
        while await near_duplicates.group_batch(connection):
            pass

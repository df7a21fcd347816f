"""A picture that somebody brings to search by. It is not stored: its vector, signed, goes into the
address of the search, which therefore can be shared and gone back to for a day.
"""

from uuid import UUID

import msgspec

from app.cursor import SearchCursor, seal, unseal
from app.db.environments import Environment
from app.runtime import Runtime

_BEFORE_ALL = -1.0  # a cosine distance is never below 0


async def address_part(runtime: Runtime, environment: Environment, data: bytes) -> str:
    """What stands for the picture in an address.

    Raises:
        BadRequest: it is not an image that Iris accepts.
        Busy: the encoder has too much to do.
    """
    model_id = runtime.model.model_id
    vector = await runtime.batcher.image(data)
    beginning = SearchCursor(
        environment_id=environment.environment_id,
        model_id=model_id,
        query=b"",
        vector=vector.astype("<f2").tobytes(),
        threshold=0.0,
        distance=_BEFORE_ALL,
        asset_id=UUID(int=0),
        skipped=0,
    )
    return seal(runtime.keyring, beginning)


def cursor(runtime: Runtime, environment: Environment, part: str, threshold: float) -> str:
    """The cursor that begins a search by the picture.

    Raises:
        BadRequest: the address is older than a day, or of another library.
    """
    beginning = unseal(runtime.keyring, part, SearchCursor, environment.environment_id)
    return seal(runtime.keyring, msgspec.structs.replace(beginning, threshold=threshold))

"""A picture that somebody brings to search by. It is not stored: its vector, signed, goes into the
address of the search, which therefore can be shared and gone back to for a day.
"""

from app.cursor import Picture, seal
from app.db.environments import Environment
from app.runtime import Runtime
from app.search import pack


async def address_part(runtime: Runtime, environment: Environment, data: bytes) -> str:
    """What stands for the picture in an address, and is the value of a term of kind `picture`.

    Raises:
        BadRequest: it is not an image that Iris accepts.
        Busy: the encoder has too much to do.
    """
    model_id = runtime.model.model_id
    picture = Picture(
        environment_id=environment.environment_id,
        model_id=model_id,
        vector=pack(await runtime.batcher.image(data)),
    )
    return seal(runtime.keyring, picture)

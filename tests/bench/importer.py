"""`python -m tests.bench.importer URL FILES` imports pictures as fast as it can.

It prints a line when it is under way, and when its standard input is closed, how many images it
stored in how many seconds since.
"""

import asyncio
import io
import itertools
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image

from app.db import environments
from app.ingest import Upload, ingest
from app.runtime import open_runtime
from tests.bench.library import CLOUD, settings
from tests.bench.recorded import RecordedEncoder

_AT_ONCE = 16  # as in app/cli/importing.py
_PICTURES = 32


async def _import(url: str, files: Path) -> None:
    pictures = [_picture(number) for number in range(_PICTURES)]
    numbers, stopping = itertools.count(), asyncio.Event()
    async with open_runtime(settings(files), url, RecordedEncoder(files)) as runtime:
        async with runtime.pool.connection() as connection:
            environment = await environments.get(connection, CLOUD)

        async def lane() -> None:
            while not stopping.is_set():
                number = next(numbers)
                params = {"public_id": f"imported/{number}", "visual_search": True}
                data = pictures[number % _PICTURES]
                upload = Upload(data=data, filename=f"{number}.jpg", params=params, source="bench")
                await ingest(runtime, environment, upload)

        lanes = [asyncio.create_task(lane()) for _ in range(_AT_ONCE)]
        await asyncio.sleep(1)
        started, before = time.perf_counter(), next(numbers)
        print("under way", flush=True)
        await asyncio.to_thread(sys.stdin.read)
        done, seconds = next(numbers) - before, time.perf_counter() - started
        stopping.set()
        ended = await asyncio.gather(*lanes, return_exceptions=True)
        print(done, seconds, *{type(each).__name__ for each in ended if each}, flush=True)


def _picture(number: int) -> bytes:
    """A JPEG of 800 by 600 with some detail, about 40 kB."""
    coarse = np.random.default_rng([number, 9]).integers(256, size=(60, 80, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(coarse).resize((800, 600)).save(file, "JPEG", quality=85)
    return file.getvalue()


if __name__ == "__main__":
    asyncio.run(_import(sys.argv[1], Path(sys.argv[2])))

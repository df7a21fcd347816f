"""Brings texts and images of many requests to the encoder together, in one thread of its own.

Knows nothing of models or requests. torch's kernels release the GIL, so one thread keeps all cores
busy; a second would only make two forward passes share them.
"""

import asyncio
import math
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Self, TypeVar

from PIL import Image

from app.errors import Busy
from app.vision.decode import Box, Decoded, crop, decode
from app.vision.encoder import Encoder, Vectors

T = TypeVar("T")

# Decoding a 12-megapixel JPEG takes 20 to 40 ms: two threads keep ahead of any CPU encoder, and
# bound what is being decoded at once to twice the largest image.
DECODE_THREADS = 2
# Texts go first, for a person waits for them; every so many batches an image gets its turn, so
# that a flood of searches slows uploads down but does not stop them.
TEXT_BATCHES_IN_A_ROW = 4


@dataclass(frozen=True, eq=False, slots=True)  # images compare pixel by pixel
class _Item:
    payload: Any
    answer: "Future[Vectors]"


class Batcher:
    """The encoder's bounded queue. Use as `async with Batcher(...) as batcher`.

    Its methods may be awaited from any event loop, also from several at once. All that ask for a
    vector raise Busy when `queue_size` texts and images wait already, and after `aclose`.
    """

    def __init__(
        self, encoder: Encoder, *, queue_size: int, max_batch: int = 16, max_pixels: int
    ) -> None:
        self.encoder = encoder
        self._queue_size = queue_size
        self._max_batch = max_batch
        self._max_pixels = max_pixels
        self._texts: deque[_Item] = deque()
        self._images: deque[_Item] = deque()
        self._decoding = 0
        self._text_batches = 0
        self._open = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._decoders: ThreadPoolExecutor | None = None

    @property
    def depth(self) -> int:
        """How many texts and images wait for the encoder, or for their decoding."""
        return len(self._texts) + len(self._images) + self._decoding

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def start(self) -> None:
        """Start the threads."""
        if self._open:
            return
        self._open = True
        self._decoders = ThreadPoolExecutor(DECODE_THREADS, thread_name_prefix="decode")
        self._thread = threading.Thread(target=self._run, name="encoder", daemon=True)
        self._thread.start()

    async def aclose(self) -> None:
        """End the threads after what they are at; what still waits fails with Busy."""
        with self._changed:
            self._open = False
            waiting = [*self._texts, *self._images]
            self._texts.clear()
            self._images.clear()
            self._changed.notify_all()
        for item in waiting:
            _fail(item, Busy())
        if self._thread and self._decoders:
            await asyncio.to_thread(self._thread.join)
            await asyncio.to_thread(self._decoders.shutdown)

    async def warm_up(self) -> None:
        """Encode one text and one image, so that no user waits for the first allocations."""
        side = self.encoder.image_size
        # One after the other: the queue may have a single place.
        await self.text("warm up")
        await self.embed(Image.new("RGB", (side, side)))

    async def text(self, text: str) -> Vectors:
        """The unit vector of a text, shape (dimension,), float32."""
        return await self._ask(self._texts, text)

    async def embed(self, image: Image.Image) -> Vectors:
        """The unit vector of an RGB image of any size, shape (dimension,), float32."""
        return await self._ask(self._images, image)

    async def image(self, data: bytes, region: Box | None = None) -> Vectors:
        """The unit vector of an image file, or of a region of it: `decode`, then `embed`."""
        if region is None:
            return await self.embed((await self.decode(data)).image)
        detail = 1 / min(region[2] - region[0], region[3] - region[1])
        return await self.embed(crop((await self.decode(data, detail=detail)).image, region))

    async def decode(self, data: bytes, *, detail: float = 1) -> Decoded:
        """The picture in `data`, decoded in a thread at the size that the encoder needs.

        Args:
            detail: how many times larger than that, when only a part of it is to be embedded.

        Raises:
            Busy: the queue is full.
            BadRequest, InvalidImage: as `app.vision.decode.decode`.
        """
        at_least = math.ceil(self.encoder.image_size * detail)
        return await self.decoding(
            partial(decode, data, max_pixels=self._max_pixels, at_least=at_least)
        )

    async def decoding(self, work: Callable[[], T]) -> T:
        """What a function gives that decodes an image, run in the threads that decode.

        Raises:
            Busy: the queue is full.
        """
        with self._changed:
            self._admit(self._decoding)
            self._decoding += 1
            assert self._decoders is not None
            decoding = self._decoders.submit(self._while_open, work)
        # A cancelled caller leaves the queue at once; a decoding that has begun ends by itself.
        decoding.add_done_callback(self._decoded)
        return await asyncio.wrap_future(decoding)

    def _while_open(self, work: Callable[[], T]) -> T:
        if not self._open:
            raise Busy
        return work()

    def _decoded(self, _: "Future[Any]") -> None:
        with self._changed:
            self._decoding -= 1

    def _admit(self, waiting: int) -> None:
        # Decoding has its own bound: an upload that the encoder has no time for is still decoded,
        # checked and stored.
        if not self._open or waiting >= self._queue_size:
            raise Busy

    async def _ask(self, queue: deque[_Item], payload: Any) -> Vectors:
        item = _Item(payload, Future())
        with self._changed:
            self._admit(len(self._texts) + len(self._images))
            queue.append(item)
            self._changed.notify_all()
        try:
            return await asyncio.wrap_future(item.answer)
        except asyncio.CancelledError:
            with self._changed:
                if item in queue:
                    queue.remove(item)
            raise

    def _run(self) -> None:
        while batch := self._take():
            texts, items = batch
            claimed = [item for item in items if item.answer.set_running_or_notify_cancel()]
            if claimed:
                self._answer(texts, claimed)

    def _take(self) -> tuple[bool, list[_Item]] | None:
        """Whether texts come next, and which; None when closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._texts or self._images or not self._open)
            if not self._open:
                return None
            patient = self._text_batches < TEXT_BATCHES_IN_A_ROW
            texts = bool(self._texts) and (patient or not self._images)
            self._text_batches = self._text_batches + 1 if texts and self._images else 0
            queue = self._texts if texts else self._images
            return texts, [queue.popleft() for _ in range(min(self._max_batch, len(queue)))]

    def _answer(self, texts: bool, items: Sequence[_Item]) -> None:
        payloads = [item.payload for item in items]
        try:
            encode = self.encoder.encode_texts if texts else self.encoder.encode_images
            answers = list(zip(items, encode(payloads), strict=True))
        except Exception as error:
            if len(items) == 1:
                items[0].answer.set_exception(error)
                return
            for item in items:  # one bad item must not fail its neighbours
                self._answer(texts, [item])
            return
        for item, vector in answers:
            item.answer.set_result(vector)


def _fail(item: _Item, error: Exception) -> None:
    if item.answer.set_running_or_notify_cancel():
        item.answer.set_exception(error)

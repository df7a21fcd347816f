"""The queue before the encoder: who gets which vector, what is shared, what is refused."""

import asyncio
import io
import threading
from collections.abc import AsyncIterator, Callable, Sequence

import numpy as np
import pytest
from PIL import Image

from app.errors import Busy, InvalidImage
from app.vision.batcher import DECODE_THREADS, Batcher
from app.vision.encoder import Vectors


class FakeEncoder:
    """Vectors that spell their input; waits at `gate` so that tests decide what piles up."""

    name, dimension, fingerprint, image_size = "fake", 2, "0" * 64, 8

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.busy = threading.Event()
        self.batches: list[tuple[str, int]] = []
        self.threads: set[str] = set()

    def encode_images(self, images: Sequence[Image.Image]) -> Vectors:
        return self._encode("image", [image.width for image in images])

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        return self._encode("text", [int(text) if text.isdigit() else -1 for text in texts])

    def text_warning(self, text: str) -> str | None:
        return None

    def _encode(self, kind: str, values: list[int]) -> Vectors:
        self.batches.append((kind, len(values)))
        self.threads.add(threading.current_thread().name)
        self.busy.set()
        assert self.gate.wait(20)
        if 13 in values:
            raise ValueError("thirteen")
        return np.array([[value, kind == "text"] for value in values], dtype=np.float32)


@pytest.fixture
def encoder() -> FakeEncoder:
    return FakeEncoder()


@pytest.fixture
async def batcher(encoder: FakeEncoder) -> AsyncIterator[Batcher]:
    async with Batcher(encoder, queue_size=40, max_batch=8, max_pixels=10_000) as batcher:
        yield batcher
        encoder.gate.set()


def picture(width: int) -> Image.Image:
    return Image.new("RGB", (width, 4))


def png(width: int) -> bytes:
    file = io.BytesIO()
    picture(width).save(file, "PNG")
    return file.getvalue()


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 (other threads make it true)
            await asyncio.sleep(0.001)


async def hold(encoder: FakeEncoder, batcher: Batcher) -> "asyncio.Task[Vectors]":
    """Keep the encoder at work on a first text until the gate opens."""
    encoder.gate.clear()
    encoder.busy.clear()
    task = asyncio.create_task(batcher.text("1"))
    await until(encoder.busy.is_set)
    return task


async def test_each_caller_gets_its_own_vector(batcher: Batcher, encoder: FakeEncoder) -> None:
    async def ask(number: int) -> None:
        if number % 3 == 0:
            vector, text = await batcher.text(str(100 + number)), 1
        elif number % 3 == 1:
            vector, text = await batcher.embed(picture(100 + number)), 0
        else:
            vector, text = await batcher.image(png(100 + number)), 0
        assert vector.tolist() == [100 + number, text]
        assert (vector.dtype, vector.shape) == (np.float32, (2,))

    for start in range(0, 300, 30):
        await asyncio.gather(*(ask(number) for number in range(start, start + 30)))
    assert encoder.threads == {"encoder"}
    assert sum(size for _, size in encoder.batches) == 300
    assert batcher.depth == 0


async def test_what_arrives_together_shares_a_forward_pass(
    batcher: Batcher, encoder: FakeEncoder
) -> None:
    first = await hold(encoder, batcher)
    rest = asyncio.gather(*(batcher.text(str(n)) for n in range(2, 12)))
    await until(lambda: batcher.depth == 10)
    encoder.gate.set()
    assert [int(vector[0]) for vector in (await first, *await rest)] == list(range(1, 12))
    assert encoder.batches == [("text", 1), ("text", 8), ("text", 2)]


async def test_texts_go_first_but_images_are_not_starved(
    batcher: Batcher, encoder: FakeEncoder
) -> None:
    first = await hold(encoder, batcher)
    images = asyncio.gather(*(batcher.embed(picture(n)) for n in range(1, 3)))
    await until(lambda: batcher.depth == 2)
    texts = asyncio.gather(*(batcher.text(str(n)) for n in range(100, 136)))
    await until(lambda: batcher.depth == 38)
    encoder.gate.set()
    await asyncio.gather(first, images, texts)
    assert encoder.batches[1:] == [*[("text", 8)] * 4, ("image", 2), ("text", 4)]


async def test_a_full_queue_is_busy_at_once(batcher: Batcher, encoder: FakeEncoder) -> None:
    first = await hold(encoder, batcher)
    waiting = [asyncio.create_task(batcher.text(str(n))) for n in range(100, 140)]
    await until(lambda: batcher.depth == 40)
    for attempt in (batcher.text("1"), batcher.embed(picture(1)), batcher.image(png(1))):
        with pytest.raises(Busy):
            await attempt
    encoder.gate.set()
    assert len(await asyncio.gather(first, *waiting)) == 41
    assert (await batcher.text("7"))[0] == 7


async def test_the_cancelled_leave_the_queue(batcher: Batcher, encoder: FakeEncoder) -> None:
    first = await hold(encoder, batcher)
    waiting = [asyncio.create_task(batcher.text(str(n))) for n in range(100, 106)]
    await until(lambda: batcher.depth == 6)
    for task in waiting[:4]:
        task.cancel()
    await asyncio.gather(*waiting[:4], return_exceptions=True)
    assert batcher.depth == 2
    encoder.gate.set()
    await asyncio.gather(first, *waiting[4:])
    assert encoder.batches == [("text", 1), ("text", 2)]


async def test_cancelling_what_is_being_encoded_harms_nobody(
    batcher: Batcher, encoder: FakeEncoder
) -> None:
    first = await hold(encoder, batcher)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    encoder.gate.set()
    assert (await batcher.text("7"))[0] == 7


async def test_one_bad_item_does_not_fail_its_neighbours(
    batcher: Batcher, encoder: FakeEncoder
) -> None:
    first = await hold(encoder, batcher)
    tasks = [asyncio.create_task(batcher.text(str(n))) for n in (11, 12, 13, 14)]
    await until(lambda: batcher.depth == 4)
    encoder.gate.set()
    answers = await asyncio.gather(first, *tasks, return_exceptions=True)
    assert isinstance(answers[3], ValueError)
    assert [int(a[0]) for a in answers if isinstance(a, np.ndarray)] == [1, 11, 12, 14]
    assert (await batcher.text("7"))[0] == 7


async def test_an_encoder_that_answers_too_little_fails_only_that_batch(
    batcher: Batcher, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoder, "encode_images", lambda images: np.empty((0, 2), np.float32))
    with pytest.raises(ValueError, match="shorter"):
        await batcher.embed(picture(3))
    assert (await batcher.text("7"))[0] == 7


async def test_decoding_is_bounded_and_says_what_is_wrong(
    batcher: Batcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InvalidImage):
        await batcher.image(b"nonsense")
    with pytest.raises(Exception, match=r"Image is too large\. Got 12000 pixels"):
        await batcher.decode(png(3000))
    assert (await batcher.decode(png(30))).width == 30
    assert batcher.depth == 0

    names = set()
    monkeypatch.setattr(
        "app.vision.batcher.decode", lambda *_, **__: names.add(threading.current_thread().name)
    )
    await asyncio.gather(*(batcher.decode(b"") for _ in range(20)))
    assert len(names) <= DECODE_THREADS
    assert "MainThread" not in names


async def test_decoding_has_a_bound_of_its_own(
    batcher: Batcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Event()
    monkeypatch.setattr("app.vision.batcher.decode", lambda *_, **__: gate.wait(20))
    tasks = [asyncio.create_task(batcher.decode(b"")) for _ in range(40)]
    await until(lambda: batcher.depth == 40)
    with pytest.raises(Busy):
        await batcher.decode(b"")
    assert (await batcher.text("1"))[0] == 1  # the encoder itself has nothing to do
    tasks[-1].cancel()
    await asyncio.gather(tasks[-1], return_exceptions=True)
    assert batcher.depth == 39
    gate.set()
    await asyncio.gather(*tasks[:-1])
    await until(lambda: batcher.depth == 0)


async def test_closing_fails_what_waits_and_ends_the_threads(encoder: FakeEncoder) -> None:
    before = set(threading.enumerate())  # of a server that other tests share
    batcher = Batcher(encoder, queue_size=40, max_pixels=10_000)
    with pytest.raises(Busy):
        await batcher.text("1")
    await batcher.start()
    first = await hold(encoder, batcher)
    waiting = [asyncio.create_task(batcher.text(str(n))) for n in range(5)]
    await until(lambda: batcher.depth == 5)
    closing = asyncio.create_task(batcher.aclose())
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(isinstance(answer, Busy) for answer in answers)
    encoder.gate.set()
    await closing
    assert (await first)[0] == 1
    started = set(threading.enumerate()) - before
    assert not any(thread.name.startswith(("encoder", "decode")) for thread in started)
    with pytest.raises(Busy):
        await batcher.image(png(1))


async def test_warm_up_touches_both_towers(batcher: Batcher, encoder: FakeEncoder) -> None:
    await batcher.warm_up()
    assert sorted(encoder.batches) == [("image", 1), ("text", 1)]


async def test_any_event_loop_may_ask(batcher: Batcher) -> None:
    def elsewhere(number: int) -> float:
        return float(asyncio.run(batcher.text(str(number)))[0])

    answers = await asyncio.gather(*(asyncio.to_thread(elsewhere, n) for n in range(20, 30)))
    assert answers == list(range(20, 30))

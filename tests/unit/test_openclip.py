"""open_clip models, tried on tiny ones with random weights: a causal CLIP and a SigLIP-like one."""

import json
from pathlib import Path

import numpy as np
import open_clip
import pytest
import torch
from PIL import Image

from app.errors import Misconfigured
from app.vision import openclip_load
from app.vision.openclip import OpenClipEncoder, encode_tokens
from app.vision.registry import load_encoder

DATA = Path(__file__).parents[1] / "data"
TEXTS = ["cold night", "a dog", "", "two people on a bench under a large tree " * 20, "été 夜 ☃"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint and a `local-dir:` folder of each tiny model."""
    folder = tmp_path_factory.mktemp("models")
    torch.manual_seed(7)
    for arch in ("tiny-clip", "tiny-noncausal"):
        open_clip.add_model_config(DATA / f"{arch}.json")
        model = open_clip.create_model(arch)
        torch.save(model.state_dict(), folder / f"{arch}.pt")
        (folder / arch).mkdir()
        torch.save(model.state_dict(), folder / arch / "open_clip_pytorch_model.bin")
        config = {
            "model_cfg": json.loads((DATA / f"{arch}.json").read_text()),
            "preprocess_cfg": {"mean": [0.5] * 3, "std": [0.5] * 3, "resize_mode": "squash"},
        }
        (folder / arch / "open_clip_config.json").write_text(json.dumps(config))
    return folder


@pytest.fixture(scope="module", params=["tiny-clip", "tiny-noncausal"])
def encoder(request: pytest.FixtureRequest, folder: Path) -> OpenClipEncoder:
    return OpenClipEncoder(f"{request.param}@{folder / request.param}.pt")


@pytest.fixture
def unreachable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No hub, and nothing of it in a cache, whatever machine this runs on."""
    monkeypatch.setattr(openclip_load.constants, "ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(openclip_load.constants, "HF_HUB_CACHE", str(tmp_path))


def pictures() -> list[Image.Image]:
    rng = np.random.default_rng(1)
    sizes = [(32, 32), (100, 60), (7, 90)]
    return [Image.fromarray(rng.integers(0, 255, (h, w, 3), dtype=np.uint8)) for w, h in sizes]


def test_vectors_are_unit_float32(encoder: OpenClipEncoder) -> None:
    assert (encoder.dimension, encoder.image_size) == (16, 32)
    for vectors, count in (
        (encoder.encode_texts(TEXTS), 5),
        (encoder.encode_images(pictures()), 3),
    ):
        assert vectors.shape == (count, 16)
        assert vectors.dtype == np.float32
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    assert encoder.encode_texts([]).shape == (0, 16)
    assert encoder.encode_images([]).shape == (0, 16)


def test_company_does_not_change_a_vector(encoder: OpenClipEncoder) -> None:
    together = encoder.encode_texts(TEXTS)
    alone = np.concatenate([encoder.encode_texts([text]) for text in TEXTS])
    assert together == pytest.approx(alone, abs=1e-5)
    images = encoder.encode_images(pictures())
    assert encoder.encode_images(pictures()[1:2])[0] == pytest.approx(images[1], abs=1e-5)


@pytest.mark.parametrize("arch", ["tiny-clip", "tiny-noncausal"])
@pytest.mark.parametrize("custom", [False, True])
def test_leaving_out_the_padding_changes_nothing(folder: Path, arch: str, custom: bool) -> None:
    model = open_clip.create_model(arch, force_custom_text=custom).eval()
    for tower in (model, getattr(model, "text", model)):
        if hasattr(tower, "positional_embedding"):  # so that each position matters
            torch.nn.init.normal_(tower.positional_embedding)
    tokens = open_clip.get_tokenizer(arch)(TEXTS)
    with torch.inference_mode():
        whole = model.encode_text(tokens, normalize=True)
        for part in (slice(None), slice(0, 2), slice(1, 2)):
            features = encode_tokens(model, tokens[part])
            unit = torch.nn.functional.normalize(features, dim=-1)
            assert torch.allclose(unit, whole[part], atol=1e-5)


def test_only_a_causal_tower_is_shortened(
    encoder: OpenClipEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = encoder._model
    lengths: list[int] = []
    embed = (model.text if hasattr(model, "text") else model).token_embedding
    hook = embed.register_forward_hook(lambda _, args, __: lengths.append(args[0].shape[1]))
    encoder.encode_texts(["cold night"])
    hook.remove()
    assert lengths == ([4] if "clip@" in encoder.name else [64])


@pytest.mark.parametrize("pool", ["first", "last", "eos"])
def test_other_poolings_stay_exact(folder: Path, pool: str) -> None:
    config = json.loads((DATA / "tiny-clip.json").read_text())
    config["text_cfg"] |= {"pool_type": pool, "eos_id": 49407}
    model = open_clip.CLIP(**config).eval()
    tokens = open_clip.get_tokenizer("tiny-clip")(TEXTS)
    with torch.inference_mode():
        unit = torch.nn.functional.normalize(encode_tokens(model, tokens), dim=-1)
        assert torch.allclose(unit, model.encode_text(tokens, normalize=True), atol=1e-5)


def test_the_reference_agrees(folder: Path) -> None:
    """Our vectors are those of open_clip's own calls."""
    encoder = OpenClipEncoder(f"tiny-clip@{folder}/tiny-clip.pt")
    model, preprocess = open_clip.create_model_from_pretrained(
        "tiny-clip", pretrained=f"{folder}/tiny-clip.pt"
    )
    with torch.inference_mode():
        pixels = torch.stack([preprocess(image) for image in pictures()])
        expected = model.eval().encode_image(pixels, normalize=True).numpy()
    assert encoder.encode_images(pictures()) == pytest.approx(expected, abs=1e-5)


def test_local_folders_bring_their_own_preprocessing(folder: Path) -> None:
    checkpoint = OpenClipEncoder(f"tiny-clip@{folder}/tiny-clip.pt")
    local = OpenClipEncoder(f"local-dir:{folder}/tiny-clip")
    assert local.encode_texts(TEXTS) == pytest.approx(checkpoint.encode_texts(TEXTS), abs=1e-6)
    assert local._model.visual.preprocess_cfg["resize_mode"] == "squash"
    assert local.fingerprint != checkpoint.fingerprint


def test_fingerprint_follows_the_weights(folder: Path, tmp_path: Path) -> None:
    name = f"tiny-clip@{folder}/tiny-clip.pt"
    first = OpenClipEncoder(name).fingerprint
    assert OpenClipEncoder(name).fingerprint == first
    assert len(first) == 64
    assert int(first, 16)
    state = torch.load(folder / "tiny-clip.pt")
    state["ln_final.bias"][0] += 1e-3
    torch.save(state, tmp_path / "other.pt")
    assert OpenClipEncoder(f"tiny-clip@{tmp_path}/other.pt").fingerprint != first


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nonsense", "Unknown model `nonsense`. Use builtin, ARCH/PRETRAINED_TAG, hf-hub:"),
        ("ViT-B-33/openai", "no architecture `ViT-B-33`. Did you mean ViT-B-32"),
        ("ViT-B-32/laion2b", "no pretrained weights `laion2b`. Did you mean laion2b_e16"),
        ("ViT-B-32/zzz", "no pretrained weights `zzz`. It has: openai, "),
        ("ViT-B-32@/no/such.pt", "The checkpoint /no/such.pt of the model"),
        ("local-dir:/no/such", "Cannot load the model `local-dir:/no/such`: "),
        ("ViT-B-32-256/datacomp_s34b_b86k", "the model hub cannot be reached"),
        ("hf-hub:timm/ViT-B-16-SigLIP", "the model hub cannot be reached"),
    ],
)
@pytest.mark.usefixtures("unreachable")
def test_what_cannot_be_loaded_is_one_sentence(
    name: str, said: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    offline = openclip_load.constants.HF_HUB_OFFLINE
    with pytest.raises(Misconfigured) as refusal:
        load_encoder(name, device="cpu")
    assert said in refusal.value.message
    assert "\n" not in refusal.value.message
    assert not caplog.records
    assert capfd.readouterr() == ("", "")
    assert openclip_load.constants.HF_HUB_OFFLINE is offline


def test_weights_that_do_not_fit_are_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="damaged or do not fit the architecture"):
        OpenClipEncoder(f"tiny-clip@{folder}/tiny-noncausal.pt")
    (tmp_path / "broken.pt").write_bytes(b"not a checkpoint")
    with pytest.raises(Misconfigured, match="weights are damaged"):
        OpenClipEncoder(f"tiny-clip@{tmp_path}/broken.pt")


def test_activation_follows_the_weights() -> None:
    assert openclip_load._quick_gelu("ViT-B-32", "openai")
    assert openclip_load._quick_gelu("ViT-B-32-quickgelu", "openai")
    assert not openclip_load._quick_gelu("ViT-B-32", "laion2b_s34b_b79k")
    assert not openclip_load._quick_gelu("tiny-clip", "/a/checkpoint.pt")


def test_weights_and_activation_that_contradict_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        open_clip, "get_pretrained_cfg", lambda *_: {"quick_gelu": False, "url": "x"}
    )
    with pytest.raises(Misconfigured, match="Use ViT-B-32/laion2b_e16"):
        openclip_load._quick_gelu("ViT-B-32-quickgelu", "laion2b_e16")


def test_text_warnings(encoder: OpenClipEncoder) -> None:
    for text in ("cold night", "Schnee im März", "2024 !?", "", "un café ☕", "a dog 狗"):
        assert encoder.text_warning(text) is None
    for text in ("холодная ночь", "寒い夜", "ليلة باردة"):
        assert "English" in str(encoder.text_warning(text))
    length = encoder._tokenizer.context_length
    assert encoder.text_warning("dog " * (length - 2)) is None
    assert f"{length} tokens" in str(encoder.text_warning("dog " * (length - 1)))


def test_multilingual_tokenizers_are_not_warned_about(
    encoder: OpenClipEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Pieces:
        context_length = 64

        def __call__(self, texts: list[str], context_length: int = 64) -> torch.Tensor:
            return torch.ones(len(texts), context_length)

    monkeypatch.setattr(encoder, "_tokenizer", Pieces())
    assert encoder.text_warning("холодная ночь") is None


def test_devices() -> None:
    with pytest.raises(Misconfigured, match="IRIS_DEVICE: torch cannot use the device `gpu7`"):
        load_encoder("builtin", device="gpu7")


def test_threads_are_set(folder: Path) -> None:
    before = torch.get_num_threads()
    try:
        loaded = load_encoder(f"tiny-clip@{folder}/tiny-clip.pt", device="cpu", threads=1)
        assert torch.get_num_threads() == 1
        assert loaded.name.startswith("tiny-clip@")
    finally:
        torch.set_num_threads(before)

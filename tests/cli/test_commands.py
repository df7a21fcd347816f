"""The command `iris` as a person types it: real processes on one embedded database."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import open_clip
import pytest
import torch
from PIL import Image

IRIS = Path(sys.executable).with_name("iris")
COUNT = 150  # pictures: some 15 seconds of import, of which the test waits for the first
CONFIG = Path(__file__).parents[1] / "data" / "tiny-clip.json"

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def environ(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A data directory that all commands of this module share, and nobody else."""
    kept = {k: v for k, v in os.environ.items() if k != "DATABASE_URL" and not k.startswith("IRIS")}
    return {**kept, "IRIS_DATA_DIR": str(tmp_path_factory.mktemp("data")), "COLUMNS": "120"}


@pytest.fixture(scope="module")
def iris(environ: dict[str, str]) -> Run:
    """Runs a command to its end."""

    def run(*arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [IRIS, *arguments],
            env=environ | extra,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


@pytest.fixture(scope="module")
def holding(environ: dict[str, str], iris: Run) -> Iterator[None]:
    """Keeps the embedded server up between commands, as a running `iris serve` would."""
    iris("migrate")
    with subprocess.Popen([IRIS, "worker"], env=environ, stderr=subprocess.PIPE, text=True) as held:
        assert held.stderr is not None
        while "Waiting" not in held.stderr.readline():
            pass
        yield
        held.send_signal(signal.SIGTERM)
        assert held.wait(30) == 143


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A small tree of pictures with one file that is none."""
    (tmp_path / "deep" / "er").mkdir(parents=True)
    Image.effect_noise((64, 48), 60).convert("RGB").save(tmp_path / "one.png")
    Image.linear_gradient("L").convert("RGB").save(tmp_path / "deep" / "two words.jpg")
    Image.radial_gradient("L").convert("RGB").save(tmp_path / "deep" / "er" / "three.webp")
    Image.radial_gradient("L").convert("RGB").save(tmp_path / "one.jpg")
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 not a picture")
    (tmp_path / "notes.txt").write_text("left alone")
    return tmp_path


def test_demo_searches_real_pictures_in_one_command(iris: Run) -> None:
    done = iris("demo", "--exit", "--port", "0")
    assert done.returncode == 0, done.stderr
    tables = done.stdout.split("rank")[1:]
    assert len(tables) == 3
    best = [re.search(r"1 │ (\S+)", table) for table in tables]
    assert [found and found[1] for found in best] == ["coffee", "rocket", "chelsea"]
    assert "CLOUDINARY_URL=cloudinary://" in done.stdout
    for tool in ("curl", "python", "cld"):
        assert f"{tool} " in done.stdout
    assert "Traceback" not in done.stderr


def test_demo_may_be_run_again(iris: Run) -> None:
    done = iris("demo", "--exit", "--port", "0")
    assert done.returncode == 0, done.stderr
    listed = iris("env", "list").stdout
    assert re.search(r"demo\s+│ on\s+│ 25\s+│ 25\s+│ 0\s+│ 0", listed), listed


@pytest.mark.usefixtures("holding")
def test_import_may_be_run_again_and_says_what_it_refused(iris: Run, pictures: Path) -> None:
    assert iris("env", "create", "imports").returncode == 0
    first = iris("import", str(pictures), "--env", "imports", "--folder", "/album/")
    assert first.returncode == 1  # one was refused
    assert "4 imported, 0 already there, 1 refused, 0 not reached" in first.stdout
    assert "broken.jpg: Invalid image file" in first.stdout
    again = iris("import", str(pictures), "--env", "imports", "--folder", "/album/")
    assert "0 imported, 4 already there, 1 refused" in again.stdout
    found = json.loads(iris("search", "imports", "noise", "--json").stdout)
    names = {each["public_id"] for each in found["resources"]}
    assert names == {"album/one", "album/one_png", "album/deep/two words", "album/deep/er/three"}
    Image.linear_gradient("L").convert("RGB").save(pictures / "one.jpg")
    changed = iris("import", str(pictures), "--env", "imports", "--folder", "/album/")
    assert "1 imported, 3 already there" in changed.stdout
    assert len(json.loads(iris("search", "imports", "x", "--json").stdout)["resources"]) == 4


@pytest.mark.usefixtures("holding")
def test_similar_shows_the_image_itself_first(iris: Run) -> None:
    table = iris("similar", "demo", "coffee", "-n", "3").stdout
    assert re.search(r"1 │ coffee\s+│ 1\.000", table), table
    assert iris("similar", "demo", "nothing").stderr == "Error: demo has no image nothing.\n"


@pytest.mark.usefixtures("holding")
def test_an_expression_says_what_is_ranked(iris: Run) -> None:
    def found(*arguments: str) -> list[str]:
        done = iris(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        answer = json.loads(done.stdout)
        names = [each["public_id"] for each in answer["resources"]]
        assert answer["total_count"] >= len(names)
        return names

    either = "public_id=coffee OR public_id=rocket OR public_id=chelsea"
    assert found("search", "demo", "a cup of coffee", "--expression", either)[0] == "coffee"
    assert set(found("search", "demo", "x", "--expression", either)) == {
        "coffee", "rocket", "chelsea",
    }  # fmt: skip
    similar = found("similar", "demo", "coffee", "--expression", f"({either}) AND NOT coffee")
    assert set(similar) == {"rocket", "chelsea"}
    assert found("search", "demo", "coffee", "--expression", "tags=none") == []
    refused = iris("search", "demo", "coffee", "--expression", "tags:")
    assert refused.returncode == 1
    assert refused.stderr.startswith("Error: ")
    assert refused.stderr.count("\n") == 1


@pytest.mark.usefixtures("holding")
def test_explain_shows_how_a_search_was_answered(iris: Run) -> None:
    words = "a rocket that was never asked for"
    first = iris("explain", "demo", words)
    assert first.returncode == 0, first.stderr
    facts = dict(re.findall(r"^(\w[\w ]+): +(.+)$", first.stdout, re.MULTILINE))
    assert facts["Model"] == "builtin"
    assert re.fullmatch(r"[\d.]+ ms, from the encoder", facts["Vector"])
    assert facts["Candidates"] == "25 indexed"
    assert re.fullmatch(r"[\d.]+ ms, exact", facts["Ranking"])
    assert re.fullmatch(r"(similar|related|weak), score 0\.\d{3}", facts["Best match"])
    plan = first.stdout.split("Plan:")[1]
    assert "actual time" in plan
    assert max(map(len, plan.splitlines())) < 1000  # the vector is left out
    again = iris("explain", "demo", words, "-n", "3", "--expression", "public_id=rocket").stdout
    assert "from the database" in again
    assert re.search(r"Candidates: +1 indexed", again)
    none = iris("explain", "demo", words, "--expression", "tags=none").stdout
    assert re.search(r"Best match: +none", none)


@pytest.mark.usefixtures("holding")
def test_the_switch_stops_searches_and_indexes_what_is_there(iris: Run, pictures: Path) -> None:
    assert iris("env", "create", "switched").returncode == 0
    assert iris("env", "visual-search", "switched", "off").returncode == 0
    assert "4 imported" in iris("import", str(pictures), "--env", "switched").stdout
    refused = iris("search", "switched", "noise")
    assert refused.returncode == 1
    assert "iris env visual-search switched on" in refused.stderr
    on = iris("env", "visual-search", "switched", "on")
    assert "4 of 4 images are indexed" in " ".join(on.stdout.split())
    assert json.loads(iris("search", "switched", "noise", "--json").stdout)["total_count"] == 4


@pytest.mark.usefixtures("holding")
def test_a_server_and_other_commands_share_the_embedded_database(
    iris: Run, environ: dict[str, str], pictures: Path
) -> None:
    url = iris("env", "create", "shared", "--api-key", "77", "--api-secret", "a b/c").stdout
    assert "cloudinary://77:a%20b%2Fc@shared?" in url
    serving = subprocess.Popen(
        [IRIS, "serve", "--port", "0"], env=environ, stderr=subprocess.PIPE, text=True
    )
    try:
        assert serving.stderr is not None
        base = ""
        while not base:
            found = re.search(r"http://127\.0\.0\.1:\d+", serving.stderr.readline())
            base = found[0] if found else ""
        assert "4 imported" in iris("import", str(pictures), "--env", "shared").stdout
        search = f"{base}/v1_1/shared/resources/visual_search"
        answer = httpx.get(
            search,
            params={"text": "x"},
            auth=("77", "a b/c"),
        )
        assert answer.json()["total_count"] == 4
        bearer = {"Authorization": f"Bearer {iris('token', 'add', 'shared').stdout.strip()}"}
        assert httpx.get(answer.url, headers=bearer).json()["total_count"] == 4
        token_id = bearer["Authorization"].split("_")[1]
        assert token_id in iris("token", "list", "shared").stdout
        assert iris("token", "revoke", "shared", token_id).returncode == 0
        assert httpx.get(answer.url, headers=bearer).status_code == 401
        assert iris("key", "revoke", "shared", "77").returncode == 0
        assert httpx.get(answer.url, auth=("77", "a b/c")).status_code == 401
    finally:
        serving.send_signal(signal.SIGTERM)
        assert serving.wait(30) == 143
        serving.stderr.close()


@pytest.mark.usefixtures("holding")
def test_changing_the_model_and_going_back(iris: Run, tmp_path: Path) -> None:
    checkpoint = tmp_path / "tiny.pt"
    open_clip.add_model_config(CONFIG)
    torch.manual_seed(0)
    torch.save(open_clip.create_model("tiny-clip").state_dict(), checkpoint)
    directory = tmp_path / "model"
    directory.mkdir()
    config = {"model_cfg": json.loads(CONFIG.read_text()), "preprocess_cfg": {}}
    (directory / "open_clip_config.json").write_text(json.dumps(config))
    (directory / "open_clip_pytorch_model.bin").write_bytes(checkpoint.read_bytes())
    used = iris("model", "use", f"local-dir:{directory}")
    assert used.returncode == 0, used.stderr
    assert "before it was builtin" in " ".join(used.stdout.split())
    assert "local-dir" in iris("model", "show").stdout
    first = iris("similar", "demo", "coffee", "-n", "1").stdout
    assert re.search(r"1 │ coffee\s+│ 1\.000", first), first
    assert iris("model", "use", "builtin").returncode == 0
    assert re.search(r"1 │ coffee", iris("search", "demo", "a cup of coffee", "-n", "1").stdout)


@pytest.mark.usefixtures("holding")
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("search", "nowhere", "x"), "There is no environment nowhere. There are: "),
        (("explain", "nowhere", "x"), "There is no environment nowhere. There are: "),
        (("similar", "demo", "coffee", "--expression", "(a"), "Error: "),
        (("env", "create", "Upper"), "'Upper' cannot be a cloud name"),
        (("env", "create", "demo"), "There is an environment demo already."),
        (("key", "revoke", "demo", "0"), "has no enabled API key 0"),
        (("token", "revoke", "demo", "0"), "has no access token 0"),
        (("import", "/nowhere", "--env", "demo"), "does not exist"),
        (("model", "use", "no-such/model"), "no-such"),
    ],
)
def test_each_error_is_one_sentence(iris: Run, arguments: tuple[str, ...], sentence: str) -> None:
    done = iris(*arguments)
    assert done.returncode in (1, 2)  # 2 is click's, for an argument of the wrong form
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.usefixtures("holding")
def test_an_unknown_preset_is_said_before_anything_is_imported(iris: Run, pictures: Path) -> None:
    done = iris("import", str(pictures), "--env", "demo", "--preset", "nope")
    assert done.returncode == 1
    assert done.stderr.endswith("Error: demo has no upload preset nope.\n")


def test_a_database_that_is_not_there(iris: Run) -> None:
    done = iris("env", "list", DATABASE_URL="postgresql://127.0.0.1:1/none")
    assert done.returncode == 1
    assert done.stderr.startswith("Error: The database cannot be reached")


def test_a_setting_that_does_not_parse(iris: Run) -> None:
    done = iris("env", "list", IRIS_MAX_PIXELS="many")
    assert done.returncode == 1
    assert done.stderr == "Error: IRIS_MAX_PIXELS: Expected `int`, got `str`\n"


def test_an_import_that_is_stopped_goes_on_where_it_was(
    iris: Run, environ: dict[str, str], tmp_path: Path
) -> None:
    for number in range(COUNT):
        Image.effect_noise((320, 240), 60).convert("RGB").save(tmp_path / f"{number:03}.png")
    assert iris("env", "create", "stopped").returncode == 0
    command = [IRIS, "import", str(tmp_path), "--env", "stopped"]
    importing = subprocess.Popen(
        command,
        env=environ,
        stdout=subprocess.PIPE,
        text=True,
        # A shell has its background jobs ignore Ctrl-C, and CI may be one: this one heeds it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    deadline = time.monotonic() + 60
    while _images(iris, "stopped") == 0 and time.monotonic() < deadline:
        time.sleep(0.1)
    importing.send_signal(signal.SIGINT)
    report, _ = importing.communicate(timeout=30)
    assert importing.returncode == 130
    before = _images(iris, "stopped")
    assert 0 < before < COUNT
    assert re.search(r"\d+ imported, 0 already there, 0 refused, \d+ not reached", report)
    again = iris("import", str(tmp_path), "--env", "stopped").stdout
    assert f"{COUNT - before} imported, {before} already there" in again
    assert _images(iris, "stopped") == COUNT


def _images(iris: Run, cloud: str) -> int:
    row = re.search(rf"{cloud}\s+│ on\s+│ (\d+)", iris("env", "list").stdout)
    return int(row[1]) if row else 0

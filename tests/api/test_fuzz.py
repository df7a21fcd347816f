"""Requests that schemathesis makes up from the OpenAPI document: each gets an answer that the
document describes, with a status that the SDKs parse, and no defect of the server comes to light.

Half of them are made up altogether. The others would succeed, but for one or two values: these get
beyond the first check.
"""

from collections.abc import Iterator
from typing import Any

import cloudinary.api
import cloudinary.uploader
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from tests.conftest import configured
from tests.fake_encoder import picture
from tests.openapi import document, operations
from tests.server import Account, RunningServer

# Hypothesis sees that numbers were drawn from `random` while it made an example. The server did it,
# whose threads are in this process.
pytestmark = pytest.mark.filterwarnings("ignore:Do not use the `random` module")

STATUSES = {200, 400, 401, 403, 404, 409, 420, 429, 500}
OF_DELIVERY = {206, 304, 416}
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
]
OPERATIONS = [name for name in operations() if name not in ("health", "ready", "metrics")]
SCHEMA = schemathesis.openapi.from_dict(document())
PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA"
    "60e6kgAAAABJRU5ErkJggg=="
)
NAMED = {"public_ids": ["red"], "type": "upload"}
GOOD: dict[str, dict[str, Any]] = {
    "visual_search": {"text": "red"},
    "visual_search_by_get": {"text": "red"},
    "upload": {"file": PIXEL, "public_id": "pixel"},
    "explicit": {"public_id": "red", "type": "upload"},
    "rename": {"from_public_id": "red", "to_public_id": "scarlet"},
    "destroy": {"public_id": "red"},
    "tags": {"command": "add", "tag": "dark", **NAMED},
    "context": {"command": "add", "context": "caption=red", **NAMED},
    "metadata": {"metadata": "size=s", **NAMED},
    "delete_resources": {"public_ids": ["red"]},
    "list_resources_by_context": {"key": "caption"},
    "list_resources_by_asset_folder": {"asset_folder": "pets"},
    "create_upload_preset": {"name": "blue"},
    "move_folder": {"to_folder": "animals"},
    "create_metadata_field": {
        "type": "enum",
        "label": "Colour",
        "datasource": {"values": [{"value": "red"}]},
    },
    "order_metadata_fields": {"order_by": "label"},
    "update_datasource": {"values": [{"value": "large"}]},
    "update_datasource_by_post": {"values": [{"value": "large"}]},
    "delete_datasource_entries": {"external_ids": ["s"]},
    "restore_datasource_entries": {"external_ids": ["s"]},
    "order_datasource": {"order_by": "value"},
}


class Library:
    """An environment with one thing of every kind."""

    def __init__(self, account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
        self.account = account
        with configured(account, monkeypatch):
            asset = cloudinary.uploader.upload(
                picture("red"), public_id="red", tags="bright", context="caption=x",
                asset_folder="pets", visual_search=True,
            )  # fmt: skip
            cloudinary.api.create_upload_preset(name="red", unsigned=True)
            values = [{"external_id": "s", "value": "small"}]
            field = {"external_id": "size", "type": "enum", "label": "Size"}
            cloudinary.api.add_metadata_field({**field, "datasource": {"values": values}})
        self.asset_id = asset["asset_id"]

    def path(self, operation_id: str) -> dict[str, str]:
        """Path parameters that lead to what there is."""
        return {
            "public_id": "red",
            "source": "red.png",
            "tag": "bright",
            "folder": "pets",
            "external_id": "size",
            "type": "upload",
            "resource_type": "image",
            "day": "2026-02-28",
            "name": "red" if "preset" in operation_id else self.asset_id,
        }

    def params(self, operation_id: str) -> dict[str, Any]:
        """Parameters that an operation is content with."""
        if operation_id.endswith("by_asset_ids"):
            return {"asset_ids": [self.asset_id]}
        if operation_id == "destroy_by_asset_id":
            return {"asset_id": self.asset_id}
        return GOOD.get(operation_id, {})


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    """One connection for all."""
    with requests.Session() as session:
        yield session


@pytest.fixture
def library(running: RunningServer, monkeypatch: pytest.MonkeyPatch) -> Library:
    return Library(running.account(), monkeypatch)


def bounded(examples: int) -> settings:
    """The same requests in every run, and not too many."""
    return settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )


def requests_for(operation_id: str) -> st.SearchStrategy[schemathesis.Case]:
    """What follows the document, and what does not."""
    path, method, _ = operations()[operation_id]
    operation = SCHEMA[path][method]
    return st.one_of([operation.as_strategy(mode) for mode in GenerationMode])


@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_every_answer_is_as_described(
    operation_id: str, library: Library, session: requests.Session
) -> None:
    @bounded(14)
    @given(case=requests_for(operation_id), data=st.data())
    def ask(case: schemathesis.Case, data: st.DataObject) -> None:
        if data.draw(st.booleans(), label="would succeed"):
            improve(case, library, operation_id, data)
        check(case, session, library.account, signed_in=True)

    ask()


@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_strangers_are_told_who_they_are_not(
    operation_id: str, server: Account, session: requests.Session
) -> None:
    @bounded(2)
    @given(case=requests_for(operation_id))
    def ask(case: schemathesis.Case) -> None:
        check(case, session, server, signed_in=False)

    ask()


def improve(
    case: schemathesis.Case, library: Library, operation_id: str, data: st.DataObject
) -> None:
    """Makes a request that would succeed of one that would not, but for a few of its values."""
    known = library.path(operation_id)
    case.path_parameters = {n: known.get(n, v) for n, v in (case.path_parameters or {}).items()}
    place = "query" if case.method in ("GET", "HEAD") else "body"
    made_up = getattr(case, place)
    good = library.params(operation_id)
    if isinstance(made_up, dict):
        some = data.draw(
            st.sets(st.sampled_from(sorted(made_up)), max_size=2) if made_up else st.just(set())
        )
        setattr(case, place, good | {name: made_up[name] for name in some})


def check(
    case: schemathesis.Case, session: requests.Session, account: Account, *, signed_in: bool
) -> None:
    """What holds for every request."""
    case.path_parameters = {**(case.path_parameters or {}), "cloud": account.cloud}
    auth = account.auth if signed_in else None
    answer = case.call(base_url=account.base_url, session=session, auth=auth)
    case.validate_response(answer, checks=CHECKS)
    delivery = "{source}" in case.operation.path
    assert answer.status_code in STATUSES | (OF_DELIVERY if delivery else set())
    if answer.status_code >= 400 and answer.status_code != 416 and case.method != "HEAD":
        error = answer.json()["error"]
        assert list(error) == ["message"]
        assert error["message"]


@pytest.mark.parametrize(
    "value", [r'{"a": "\u0000"}', r'{"a": "\ud800"}', '{"a":' * 60 + "1" + "}" * 60]
)
def test_json_in_a_text_is_checked_like_json(value: str, server: Account) -> None:
    """What was found: escapes become characters that PostgreSQL cannot store."""
    for path in ("upload_presets", "metadata_fields"):
        form = {"context": value, "validation": value, "type": "string", "label": "x"}
        answer = requests.post(server.url(path), data=form, auth=server.auth, timeout=10)
        assert answer.status_code == 400, answer.text
    field = {"type": "set", "label": "x", "default_value": f"[{value}]"}
    field["datasource"] = {"values": [{"value": "x"}]}
    answer = requests.post(server.url("metadata_fields"), json=field, auth=server.auth, timeout=10)
    assert answer.status_code == 400, answer.text


@pytest.mark.parametrize("depth", [60, 300, 900, 100_000])
@pytest.mark.parametrize("name", ["transformation", "eager"])
def test_deep_nesting_is_refused(name: str, depth: int, server: Account) -> None:
    """What was found: reading nested transformations ran out of stack."""
    body = f'{{"file": "{PIXEL}", "{name}": {"[" * depth}{"]" * depth}}}'
    answer = requests.post(server.url("image/upload"), data=body, auth=server.auth, timeout=10)
    assert answer.status_code == 400, answer.text

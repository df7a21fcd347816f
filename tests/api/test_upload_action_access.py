"""Who may act on assets, and what is wrong with requests that may not."""

import time
from typing import Any

import httpx
import pytest
from cloudinary import api, uploader
from cloudinary.exceptions import AuthorizationRequired
from cloudinary.utils import api_sign_request

from tests.library import upload
from tests.server import Account, RunningServer


def signed(account: Account, **params: Any) -> dict[str, Any]:
    """The parameters with their signature, lists as Node sends them."""
    params = {"timestamp": int(time.time()), **params}
    signature = api_sign_request(params, account.secret)
    params |= {"signature": signature, "api_key": account.key}
    return {
        f"{name}[]" if isinstance(value, list) else name: value for name, value in params.items()
    }


@pytest.mark.parametrize(
    ("action", "params", "message"),
    [
        ("tags", {"tag": "t", "public_ids": ["x"]}, "command"),
        ("tags", {"command": "explode", "tag": "t", "public_ids": ["x"]}, "command: explode"),
        ("tags", {"command": "add", "public_ids": ["x"]}, "Missing required parameter - tag"),
        ("tags", {"command": "add", "tag": "t"}, "Missing required parameter - public_ids"),
        ("tags", {"command": "add", "tag": {"a": 1}, "public_ids": ["x"]}, "tag"),
        ("tags", {"command": "add", "tag": "t", "public_ids": [["x"]]}, "public_ids"),
        ("tags", {"command": "add", "tag": "t" * 256, "public_ids": ["x"]}, "tag"),
        ("tags", {"command": "add", "tag": "t", "public_ids": ["x"], "type": "f"}, "type: f"),
        (
            "context",
            {"command": "add", "public_ids": ["x"]},
            "parameter - context",
        ),
        ("context", {"command": "set", "context": "k=v", "public_ids": ["x"]}, "command: set"),
        ("context", {"command": "add", "context": "k", "public_ids": ["x"]}, "context"),
        ("context", {"command": "add", "context": "k=v"}, "public_ids"),
        ("metadata", {"public_ids": ["x"]}, "Missing required parameter - metadata"),
        ("metadata", {"metadata": "a=1"}, "public_ids"),
        ("explicit", {"type": "upload"}, "Missing required parameter - public_id"),
        ("explicit", {"public_id": ["x"]}, "public_id"),
        ("destroy", {"public_id": "x", "type": ["upload"]}, "type"),
    ],
)
def test_wrong_actions_change_nothing(
    sdk: Account, client: httpx.Client, action: str, params: dict[str, Any], message: str
) -> None:
    upload("x", tags="kept", context={"k": "kept"})
    before = api.resource("x")
    answer = client.post(f"image/{action}", json=params)
    assert answer.status_code == 400
    assert message in answer.json()["error"]["message"]
    assert client.post(f"auto/{action}", json=params).status_code == 400
    assert api.resource("x") == before


ACTIONS: dict[str, dict[str, Any]] = {
    "explicit": {"public_id": "x", "tags": "new"},
    "rename": {"from_public_id": "x", "to_public_id": "y"},
    "destroy": {"public_id": "x"},
    "tags": {"command": "add", "tag": "new", "public_ids": ["x"]},
    "context": {"command": "add", "context": "k=new", "public_ids": ["x"]},
    "metadata": {"metadata": "m=new", "public_ids": ["x"]},
}


@pytest.mark.parametrize("action", ACTIONS)
def test_signatures_cover_every_parameter(sdk: Account, action: str) -> None:
    upload("x", tags="kept", context={"k": "kept"})
    before = api.resource("x")
    body = signed(sdk, **ACTIONS[action])
    url = sdk.url(f"image/{action}")
    changes = {"type": "private", "public_id": "z", "command": "remove_all", "extra": 1}
    for change in ({name: value} for name, value in changes.items()):
        answer = httpx.post(url, data=body | change)
        assert answer.status_code == 401
        assert answer.json()["error"]["message"].startswith("Invalid Signature")
    unsigned = {name: value for name, value in body.items() if name not in ("signature", "api_key")}
    answer = httpx.post(url, data=unsigned)
    assert (answer.status_code, "api_key" in answer.text) == (401, True)
    stale = signed(sdk, **ACTIONS[action], timestamp=int(time.time()) - 4000)
    answer = httpx.post(url, data=stale)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith("Stale request")
    assert api.resource("x") == before


@pytest.mark.parametrize("action", [name for name in ACTIONS if name != "metadata"])
def test_nodes_urlencoded_forms_work(sdk: Account, action: str) -> None:
    upload("x")
    answer = httpx.post(sdk.url(f"image%2F{action}"), data=signed(sdk, **ACTIONS[action]))
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("action", ACTIONS)
def test_no_action_reaches_another_environment(
    sdk: Account, running: RunningServer, action: str
) -> None:
    upload("x", tags="kept", context={"k": "kept"})
    before = api.resource("x")
    stranger = running.account()
    for field in [{"external_id": "m", "label": "m", "type": "string"}]:
        httpx.post(stranger.url("metadata_fields"), json=field, auth=stranger.auth)
    answer = httpx.post(stranger.url(f"image/{action}"), data=signed(stranger, **ACTIONS[action]))
    body = answer.json()
    assert answer.status_code == 404 or body in ({"result": "not found"}, {"public_ids": []})
    answer = httpx.post(sdk.url(f"image/{action}"), data=signed(stranger, **ACTIONS[action]))
    assert answer.status_code == 401
    assert api.resource("x") == before


def test_a_wrong_secret_is_refused(sdk: Account) -> None:
    upload("x")
    with pytest.raises(AuthorizationRequired, match="Invalid Signature"):
        uploader.destroy("x", api_secret="wrong")
    with pytest.raises(AuthorizationRequired, match="Unknown API key nobody"):
        uploader.destroy("x", api_key="nobody")
    assert api.resource("x")["public_id"] == "x"

import re
import time

import cloudinary
import cloudinary.utils
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.contract.signing import (
    delivery_signature,
    response_signature,
    sign,
    string_to_sign,
    verify_delivery,
    verify_upload,
)
from app.errors import BadRequest, Unauthorized

SECRET = "abcd"
THEN = 1315060510
NAME = st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
PARAMS = st.dictionaries(NAME, TEXT | st.lists(TEXT, max_size=3), max_size=6)


# cloudinary.md C.3
VECTORS = [
    ({"public_id": "sample_image"}, "sha1", 2, "public_id=sample_image&timestamp=1315060510",
     "b4ad47fb4e25c7bf5f92a20089f9db59bc302313"),
    ({"public_id": "sample_image"}, "sha256", 2, "public_id=sample_image&timestamp=1315060510",
     "e3c44b54e67a3ecc918f5d7236ca5faa36250ea8a8cd6cbabfd2d6bb2453acac"),
    ({"public_id": "x&y"}, "sha1", 2, "public_id=x%26y&timestamp=1315060510",
     "c1f4b820e4f2daeea24b6b62aa99693680abc9df"),
    ({"public_id": "x&y"}, "sha1", 1, "public_id=x&y&timestamp=1315060510",
     "88b6406f9a933fbcbac36c4ff797eacbccef63ea"),
    ({"command": "add", "public_ids": ["a", "b"], "tag": "t1,t2"}, "sha1", 2,
     "command=add&public_ids=a,b&tag=t1,t2&timestamp=1315060510",
     "17482289e1c3a5d266dd6437f032bd33ad41bf0c"),
    ({"context": r"k=v\=\|x", "overwrite": "0", "similarity_search": "clip", "tags": "a,b",
      "visual_search": "1"}, "sha1", 2,
     r"context=k=v\=\|x&overwrite=0&similarity_search=clip&tags=a,b&timestamp=1315060510"
     "&visual_search=1",
     "b45b3ddd0c50748ac17df03d974be318d4741d70"),
]  # fmt: skip


@pytest.mark.parametrize(("params", "algorithm", "version", "text", "digest"), VECTORS)
def test_vectors(params, algorithm, version, text, digest):
    params = params | {"timestamp": str(THEN), "api_key": "1", "file": "x", "format": ""}
    assert string_to_sign(params, version) == text
    assert sign(params, SECRET, algorithm=algorithm, version=version) == digest
    verify_upload(params | {"signature": digest}, SECRET, now=THEN + 1, action="upload")


@given(PARAMS, st.sampled_from(["sha1", "sha256"]), st.sampled_from([1, 2]))
def test_agrees_with_the_sdk(params, algorithm, version):
    expected = cloudinary.utils.api_sign_request(params, SECRET, algorithm, version)
    assert sign(params, SECRET, algorithm=algorithm, version=version) == expected


def request(action="upload", version=2, **params):
    signed = {"timestamp": str(THEN)} | params
    return signed | {"signature": sign(signed, SECRET, version=version)}


@given(PARAMS, NAME, TEXT.filter(bool))
@example({"a": "1"}, "a", "1&b=2")
def test_a_changed_request_is_refused(params, name, value):
    good = request(**{k: v for k, v in params.items() if k not in ("timestamp", "signature")})
    verify_upload(good, SECRET, now=THEN, action="upload")
    bad = good | {name: value}
    if string_to_sign(bad) != string_to_sign(good) and name not in ("signature", "timestamp"):
        with pytest.raises(Unauthorized):
            verify_upload(bad, SECRET, now=THEN, action="upload")


def test_a_signature_cannot_be_moved_to_other_parameters():
    """Version 1 would read both requests as the same text."""
    good = request(folder="a", overwrite="0")
    bad = {k: v for k, v in good.items() if k != "overwrite"} | {"folder": "a&overwrite=0"}
    assert string_to_sign(bad, 1) == string_to_sign(good, 1)
    with pytest.raises(Unauthorized):
        verify_upload(bad, SECRET, now=THEN, action="upload")


@pytest.mark.parametrize(
    "params",
    [
        {"public_id": "x&y"},
        {"notification_url": "https://a.example/?x=1&y=2", "public_id": "z"},
        {"context": "a=1&b=2|c=d&e"},
    ],
)
def test_version_1_with_ampersands_still_counts(params):
    verify_upload(request(version=1, **params), SECRET, now=THEN, action="upload")


def test_wrong_signature_shows_what_should_have_been_signed():
    with pytest.raises(Unauthorized) as caught:
        verify_upload(
            {"public_id": "p&q", "timestamp": str(THEN), "signature": "b" * 40, "api_key": "1"},
            SECRET, now=THEN, action="upload",
        )  # fmt: skip
    assert caught.value.message == (
        f"Invalid Signature {'b' * 40}. String to sign - 'public_id=p%26q&timestamp=1315060510'."
    )


@pytest.mark.parametrize("signature", ["x", "é" * 40, "0" * 64, "0" * 41])
def test_odd_signatures_are_only_wrong(signature):
    with pytest.raises(Unauthorized, match=r"^Invalid Signature"):
        verify_upload(request() | {"signature": signature}, SECRET, now=THEN, action="upload")


def test_another_secret_is_refused():
    with pytest.raises(Unauthorized):
        verify_upload(request(), "abcde", now=THEN, action="upload")


@pytest.mark.parametrize("missing", ["signature", "timestamp"])
@pytest.mark.parametrize("empty", [{}, {"x": ""}])
def test_missing_parameters(missing, empty):
    params = {k: v for k, v in request().items() if k != missing}
    params |= dict.fromkeys([missing], "") if empty else {}
    with pytest.raises(BadRequest, match=rf"^Missing required parameter - {missing}$"):
        verify_upload(params, SECRET, now=THEN, action="upload")


@pytest.mark.parametrize("value", ["soon", "1712841818000", "-5", "1.5", "1" * 400, "١٢"])
def test_a_timestamp_is_whole_seconds(value):
    with pytest.raises(BadRequest, match=r"^Invalid value for parameter timestamp: "):
        verify_upload(request(timestamp=value), SECRET, now=THEN, action="upload")


@pytest.mark.parametrize("name", ["signature", "timestamp"])
def test_repeated_credentials_are_refused(name):
    with pytest.raises(BadRequest, match=rf"^Invalid value for parameter {name}"):
        verify_upload(request() | {name: ["1", "2"]}, SECRET, now=THEN, action="upload")


def test_stale_requests():
    reported = 1712841818
    params = request(timestamp=str(reported))
    verify_upload(params, SECRET, now=reported + 3600, action="upload")
    verify_upload(params, SECRET, now=reported - 3600, action="upload")
    with pytest.raises(BadRequest) as caught:
        verify_upload(params, SECRET, now=reported + 3600.1, action="upload")
    assert caught.value.message == (
        "Stale request - reported time is 2024-04-11 13:23:38 +0000 which is more than 1 hour ago"
    )
    with pytest.raises(BadRequest, match=r"which is more than 1 hour in the future$"):
        verify_upload(params, SECRET, now=reported - 3601, action="upload")


def test_staleness_is_told_only_to_the_owner_of_the_secret():
    with pytest.raises(Unauthorized):
        verify_upload(request() | {"signature": "0" * 40}, SECRET, now=THEN + 9e6, action="upload")


@pytest.mark.parametrize("action", ["tags", "context", "metadata"])
def test_notifications_of_small_actions_are_not_signed(action):
    sent = request(command="add") | {"notification_url": "https://n.example", "batch_id": "b"}
    verify_upload(sent, SECRET, now=THEN, action=action)
    with pytest.raises(Unauthorized):
        verify_upload(sent, SECRET, now=THEN, action="upload")


def test_requests_of_the_sdk_pass():
    for options in ({}, {"signature_algorithm": "sha256"}, {"signature_version": 1}):
        params = cloudinary.utils.build_upload_params(
            public_id="a/ü&b", overwrite=False, tags=["x", "y"], context={"k": "v=|x"},
            visual_search=True, similarity_search="clip",
        )  # fmt: skip
        signed = cloudinary.utils.sign_request(
            params, {"api_key": "k", "api_secret": SECRET, **options}
        )
        sent = {name: str(value) for name, value in signed.items()}
        verify_upload(sent, SECRET, now=time.time(), action="upload")


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_answers_are_verified_by_the_sdk(algorithm):
    signature = response_signature("x&y", 1312461204, SECRET, algorithm)
    before = cloudinary.config().api_secret
    cloudinary.config(api_secret=SECRET)
    try:
        assert cloudinary.utils.verify_api_response_signature(
            "x&y", 1312461204, signature, algorithm
        )
    finally:
        cloudinary.config(api_secret=before)


@pytest.mark.parametrize(
    "options", [{}, {"long_url_signature": True}, {"signature_algorithm": "sha256"}]
)
@pytest.mark.parametrize(
    ("source", "transformation"),
    [("logo.png", {}), ("folder/a b.jpg", {"width": 10, "crop": "fill"}), ("ü.png", {})],
)  # fmt: skip
def test_delivery_urls_of_the_sdk_are_recognised(source, transformation, options):
    url, _ = cloudinary.utils.cloudinary_url(
        source, sign_url=True, api_secret=SECRET, cloud_name="c", **transformation, **options
    )
    signature, rest = re.fullmatch(r".*/s--([^/]+)--/(.*)", url).groups()
    to_sign = re.sub(r"(^|/)v1/", r"\1", rest)
    assert verify_delivery(signature, to_sign, SECRET)
    assert verify_delivery(f"s--{signature}--", to_sign, SECRET)
    assert not verify_delivery(signature, to_sign + "x", SECRET)
    assert not verify_delivery(signature, to_sign, SECRET + "x")
    made = delivery_signature(
        to_sign, SECRET, long=bool(options.get("long_url_signature")),
        algorithm=options.get("signature_algorithm", "sha1"),
    )  # fmt: skip
    assert made == signature


@pytest.mark.parametrize("signature", ["", "s----", "é", "A" * 8, "A" * 32])
def test_odd_delivery_signatures_are_only_wrong(signature):
    assert not verify_delivery(signature, "logo.png", SECRET)


@pytest.mark.parametrize("long", [False, True])
def test_delivery_signatures_that_end_or_begin_with_dashes(long: bool) -> None:
    signed = {f"x{i}": delivery_signature(f"x{i}", SECRET, long=long) for i in range(30_000)}
    awkward = [name for name in signed if "--" in (signed[name][:2], signed[name][-2:])]
    assert awkward
    for name in awkward:
        assert verify_delivery(signed[name], name, SECRET)
        assert verify_delivery(f"s--{signed[name]}--", name, SECRET)

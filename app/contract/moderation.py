"""Manual moderation: what may be asked for. Other kinds are add-ons, of which Iris has none."""

from collections.abc import Mapping
from typing import Any

from app.contract.wire import invalid
from app.errors import BadRequest

KIND = "manual"
PENDING, APPROVED, REJECTED = STATUSES = ("pending", "approved", "rejected")
UNAPPROVED = (PENDING, REJECTED)
# Cloudinary's others. Nothing is ever in these queues, but programs look through all of them.
KINDS = (
    KIND, "webpurify", "aws_rek", "aws_rek_video", "perception_point", "google_video_moderation",
    "duplicate",
)  # fmt: skip
LISTED_STATUSES = (*STATUSES, "queued", "aborted")


def asks_for_moderation(params: Mapping[str, Any]) -> bool:
    """Whether the asset is to be moderated.

    Raises:
        BadRequest: by something other than people.
    """
    kind = params.get("moderation")
    if kind and kind != KIND:
        raise BadRequest(
            f"Illegal value for parameter moderation: {str(kind)[:100]}."
            " There is only manual moderation"
        )
    return bool(kind)


def check_decision(status: str) -> str:
    """The status that an update gives an asset, if it is one.

    Raises:
        BadRequest: it is not, in Cloudinary's words.
    """
    if status not in STATUSES:
        raise BadRequest(f"Illegal moderation status: {status[:100]}")
    return status


def check_queue(kind: str, status: str) -> tuple[str, str]:
    """Kind and status of a queue themselves, if there may be such a one.

    Raises:
        BadRequest: there may not.
    """
    if kind not in KINDS:
        raise invalid("moderation_kind", kind, f"It is one of {', '.join(KINDS)}")
    if status not in LISTED_STATUSES:
        known = ", ".join(LISTED_STATUSES)
        raise invalid("moderation_status", status, f"It is one of {known}")
    return kind, status

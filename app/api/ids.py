"""Ids of assets in a request: public_ids and asset_ids, one or many."""

from uuid import UUID

from app.api.params import Params
from app.contract.wire import invalid, parse_list
from app.errors import BadRequest

MOST_IDS = 100
"""Ids that one request may name unless it says otherwise."""


def ids_of(params: Params, name: str, most: int = MOST_IDS) -> list[str]:
    """The ids of a parameter, each once.

    Raises:
        BadRequest: there are none, or too many.
    """
    ids = parse_list(name, params.get(name))
    if not ids:
        raise BadRequest(f"Missing required parameter - {name}")
    if len(ids) > most:
        raise BadRequest(f"Too many values for parameter {name}: {len(ids)}. The maximum is {most}")
    return ids


def asset_ids_of(texts: list[str]) -> dict[str, UUID]:
    """Asset ids by their texts.

    Raises:
        BadRequest: one is not an asset id.
    """
    asset_ids = {text: asset_id_or_none(text) for text in texts}
    for text, asset_id in asset_ids.items():
        if asset_id is None:
            raise invalid("asset_ids", text)
    return {text: asset_id for text, asset_id in asset_ids.items() if asset_id}


def asset_id_or_none(text: str) -> UUID | None:
    """The asset id that 32 hex digits stand for."""
    digits = len(text) == 32 and all(digit in "0123456789abcdefABCDEF" for digit in text)
    return UUID(hex=text) if digits else None

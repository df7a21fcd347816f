"""Metadata rules."""

from typing import Any

import msgspec


class MetadataRule(msgspec.Struct, kw_only=True):
    """What a field may and must have while a condition on other fields holds."""

    external_id: str
    metadata_field_id: str
    name: str
    condition: dict[str, Any]
    condition_signature: str
    result: dict[str, Any]
    state: str
    position: int


class MetadataRuleList(msgspec.Struct, kw_only=True):
    """All metadata rules, in the order in which they count."""

    metadata_rules: list[MetadataRule]


class Success(msgspec.Struct, kw_only=True):
    """That something was done."""

    success: bool

"""Structured metadata fields and their datasources."""

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType


class DatasourceEntry(msgspec.Struct, kw_only=True):
    """A value that an enum or set may take."""

    external_id: str
    value: str
    state: str
    position: int


class Datasource(msgspec.Struct, kw_only=True):
    """The active values of an enum or set, in their order."""

    values: list[DatasourceEntry]


class MetadataField(msgspec.Struct, kw_only=True):
    """A structured metadata field."""

    external_id: str
    type: str
    label: str
    mandatory: bool
    default_value: Any
    default_disabled: bool
    validation: dict[str, Any] | None
    restrictions: dict[str, Any] | UnsetType = UNSET
    allow_dynamic_list_values: bool
    position: int
    datasource: Datasource | UnsetType = UNSET


class MetadataFieldList(msgspec.Struct, kw_only=True):
    """All structured metadata fields, in their order."""

    metadata_fields: list[MetadataField]


class Outcome(msgspec.Struct, kw_only=True):
    """That something was done."""

    message: str

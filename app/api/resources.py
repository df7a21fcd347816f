"""Admin API: assets. Their routes come in four parts, but as one controller: Litestar takes the
methods of a path from a single one.
"""

from litestar import Controller

from app.api.resource_backups import ResourceBackups
from app.api.resource_deletions import ResourceDeletions
from app.api.resource_details import SingleResource
from app.api.resource_lists import ResourceLists


class ResourceController(
    ResourceLists, SingleResource, ResourceBackups, ResourceDeletions, Controller
):
    """`/v1_1/:cloud/resources`."""

    path = "/v1_1/{cloud:str}/resources"
    tags = ("Assets",)

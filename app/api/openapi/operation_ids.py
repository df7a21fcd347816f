"""Operation ids of handlers that serve several methods or paths: the document wants one of each."""

from litestar.handlers import HTTPRouteHandler
from litestar.types import Method, OperationIDCreator
from litestar.types.internal_types import PathParameterDefinition

_PREFERRED = ("PUT", "POST", "GET", "HEAD")


def each_of(name: str) -> OperationIDCreator:
    """Ids that begin with `name`; the main method of the path without parameters has just that.

    `visual_search` is its POST form, `visual_search_by_get` the other one; `usage_of_day` is
    `/usage/{day}`.
    """

    def operation_id(
        handler: HTTPRouteHandler, method: Method, path: list[str | PathParameterDefinition]
    ) -> str:
        main = min(handler.http_methods, key=_PREFERRED.index)
        suffix = "" if method == main else f"_by_{method.lower()}"
        own = [part.name for part in path if not isinstance(part, str) and part.name != "cloud"]
        if len(handler.paths) > 1 and own:
            suffix = f"_of_{own[-1]}{suffix}"
        return name + suffix

    return operation_id

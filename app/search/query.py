"""What is searched for."""

from datetime import datetime

import msgspec

from app.contract.expression import parse
from app.contract.expression.fields import Field, Kind, find_field
from app.contract.expression.tree import And, Condition, Match

MOST_RESULTS = 500
MOST_TERMS = 10
SORTABLE = ("created_at", "uploaded_at", "public_id", "display_name")
GOOD = 0.5
"""The score from which an image is related to a query: one in a thousand random ones is as near."""


class Term(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to search for."""

    kind: str
    """text, image_url, image_asset_id, image_file (bytes), or picture (a sealed `Picture`)."""
    value: str | bytes
    weight: float = 1.0
    """Less than 0: images unlike it."""
    region: tuple[float, float, float, float] | None = None
    """Left, top, right and bottom of the part of the image that counts, as shares of its size."""


class Filter(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """Which images are ranked at all; those for which all that is given holds."""

    expression: str = ""
    asset_folder: str = ""
    """The images in this folder and in those below it."""
    tags: list[str] = []
    """All of them."""
    type: str = ""

    def condition(self, now: datetime) -> Condition | None:
        """As the Search API's tree of conditions; None if every image is ranked.

        Raises:
            BadRequest: the expression cannot be understood.
        """
        given: list[Condition] = [
            Match(_field("tags"), tag, exact=True, prefix=False) for tag in self.tags
        ]
        if self.asset_folder:
            below = f"{self.asset_folder.strip('/')}/"
            given.append(Match(_field("asset_folder"), below, exact=True, prefix=True))
        if self.type:
            given.append(Match(_field("type"), self.type, exact=True, prefix=False))
        if self.expression.strip():
            given.append(parse(self.expression, now))
        return And(tuple(given)) if given else None


class SortBy(msgspec.Struct, frozen=True, array_like=True):
    """An order of the images within the threshold; `field` is one of `SORTABLE`."""

    field: str
    descending: bool


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """A search. Without `terms` it goes on behind `next_cursor`, which holds all the rest."""

    terms: tuple[Term, ...] = ()
    filter: Filter = Filter()
    threshold: float = 0.0
    max_results: int = 50
    next_cursor: str | None = None
    exact: bool = False
    collapse: bool = False
    """Whether one of each group of near-identical images is shown."""
    sort_by: SortBy | None = None

    @property
    def kind(self) -> str:
        """What the log calls it: the kind of its only term, `queries` or `next_cursor`."""
        if not self.terms:
            return "next_cursor"
        kinds = ["image_file" if term.kind == "picture" else term.kind for term in self.terms]
        return kinds[0] if len(kinds) == 1 else "queries"

    @property
    def like_asset(self) -> str | None:
        """The asset_id of the image that the query is, if that is all."""
        if len(self.terms) != 1 or self.terms[0].region or self.terms[0].weight < 0:
            return None
        return str(self.terms[0].value) if self.terms[0].kind == "image_asset_id" else None

    @property
    def direction(self) -> str:
        """Which background its scores are measured by: that of texts or that of images."""
        return "text" if all(term.kind == "text" for term in self.terms) else "image"


def _field(name: str) -> Field:
    field = find_field(name)
    return field or Field(name, Kind.KEYWORD)

"""Parts of a page as text, for answers that carry more than HTML."""

from typing import Any

from litestar import Request

from app.db.page import IndexState
from app.ingest import Ingested
from app.web.session import Visitor
from app.web.tiles import tile
from app.web.view import View


def tile_html(request: Request[Any, Any, Any], who: Visitor, ingested: Ingested) -> str:
    """The tile of an asset that was just uploaded."""
    asset = ingested.stored.asset
    waiting = None
    if ingested.index_state in ("pending", "failed"):
        waiting = IndexState(asset.asset_id, ingested.index_state, ingested.reason)
    engine = request.app.template_engine
    assert engine is not None
    template = engine.get_template("parts/tile.html")
    shown = tile(who, asset, waiting)
    return str(template.render(tile=shown, href=View(asset=shown.id).address()))

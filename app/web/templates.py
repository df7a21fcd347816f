"""The template engine. Everything is escaped; what is undefined is an error, not an empty text."""

from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.template import TemplateConfig

from app.web import static_files

_FOLDER = Path(__file__).parent / "templates"
_UNITS = ("bytes", "KB", "MB", "GB")


def template_config() -> TemplateConfig[JinjaTemplateEngine]:
    """For the application."""
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["static"] = static_files.PREFIX
    environment.globals["modules"] = static_files.MODULES
    environment.filters["size"] = size
    environment.filters["count"] = count
    environment.filters["day"] = day
    environment.filters["pairs"] = pairs
    return TemplateConfig(instance=JinjaTemplateEngine.from_environment(environment))


def pairs(address: str) -> list[tuple[str, str]]:
    """Names and values of the query of an address, for hidden fields of a form."""
    return parse_qsl(urlsplit(address).query)


def size(number: int) -> str:
    """A number of bytes for people: 1.4 MB, which no line break parts."""
    value, unit = float(number), 0
    while value >= 1000 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    digits = 0 if unit == 0 or value >= 10 else 1
    return f"{value:.{digits}f}\N{NO-BREAK SPACE}{_UNITS[unit]}"


def count(number: int, one: str = "", many: str = "") -> str:
    """A number for people, with the word that it counts: 1,204 images."""
    word = one if number == 1 else (many or (f"{one}s" if one else ""))
    return f"{number:,} {word}".rstrip()


def day(time: datetime) -> str:
    """A date for people: 3 May 2026."""
    return f"{time.day} {time:%B %Y}"

"""Fetches a remote image under limits, and reads data URIs. Stores and decodes nothing.

Which hosts it may connect to is `app.outbound`'s to decide.
"""

import asyncio
import base64
import binascii
import re
import ssl
from collections.abc import Collection
from urllib.parse import unquote, unquote_to_bytes

import httpx
import msgspec

from app.errors import BadRequest, NotFound
from app.outbound import MAX_URL, Outbound, Refused, Resolver, checked_url, resolve

MAX_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_REMOTE = re.compile(r"\s*(https?|ftp|s3|gs):", re.IGNORECASE)
_DATA = re.compile(r"\s*data:", re.IGNORECASE)
_LINE_BREAK = re.compile(r"\s*[\r\n\t]\s*")
_HEADERS = {"Accept": "image/*, */*;q=0.5", "Accept-Encoding": "identity"}


class Downloaded(msgspec.Struct, frozen=True):
    """A fetched file; `filename` is the last part of the URL's path and may be empty."""

    content: bytes
    filename: str
    content_type: str


def is_remote(text: str) -> bool:
    """Whether the text is a URL that the server is asked to fetch (http, https, ftp, s3 or gs)."""
    return bool(_REMOTE.match(text))


def is_data_uri(text: str) -> bool:
    """Whether the text carries the file itself, as `data:…`."""
    return bool(_DATA.match(text))


def parse_data_uri(text: str, max_bytes: int) -> bytes:
    """The bytes of `data:[type][;name=value][;base64],…`.

    Base64 may contain line breaks and percent escapes, be URL-safe and lack its padding.

    Raises:
        BadRequest: the text is malformed or holds more than `max_bytes`.
    """
    head, comma, payload = text.lstrip().partition(",")
    if not comma or not is_data_uri(head):
        raise BadRequest("Invalid data URI")
    if not head.lower().endswith(";base64"):
        content = unquote_to_bytes(payload)
    else:
        content = _decode_base64(payload, max_bytes)
    if len(content) > max_bytes:
        raise _too_large(len(content), max_bytes)
    return content


def _decode_base64(payload: str, max_bytes: int) -> bytes:
    text = unquote(payload) if "%" in payload else payload
    text = _LINE_BREAK.sub("", text)
    if len(text.rstrip()) % 4 == 0:
        text = text.rstrip()
    # any other blank was a plus, before somebody forgot to escape it in a form
    text = text.replace(" ", "+").rstrip("=")
    if len(text) * 3 // 4 > max_bytes:
        raise _too_large(len(text) * 3 // 4, max_bytes)
    standard = text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4)
    try:
        return base64.b64decode(standard, validate=True)
    except (binascii.Error, ValueError):
        raise BadRequest("Invalid data URI") from None


class Downloader:
    """Fetches files over http and https from the public internet and from hosts named as open."""

    def __init__(
        self,
        *,
        max_bytes: int,
        timeout: float,
        allow_hosts: Collection[str] = (),
        resolve: Resolver = resolve,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Sets the limits of every fetch.

        Args:
            max_bytes: largest file.
            timeout: seconds for a whole fetch, redirects included.
            allow_hosts: `host` or `host:port`, as in a URL, that may have any address.
            resolve: looks up the addresses of a host.
            tls: certificates to trust; those of public authorities if None.
        """
        self._max_bytes = max_bytes
        self._timeout = timeout
        self.outbound = Outbound(timeout=timeout, allow_hosts=allow_hosts, resolve=resolve, tls=tls)

    async def fetch(self, url: str) -> Downloaded:
        """The file behind the URL, after at most 5 redirects.

        Raises:
            BadRequest: the URL is malformed or not http(s), or the file is too large.
            NotFound: there is no file to be had: unreachable, refused, too slow, HTML, not 200.
        """
        try:
            target = checked_url(url.strip())
        except (Refused, httpx.InvalidURL):
            raise BadRequest(f"Unsupported source URL: {url[:MAX_URL]}") from None
        try:
            async with asyncio.timeout(self._timeout):
                return await self._follow(target)
        except _HtmlPage:
            message = f"Resource not found - Error in loading {url} - HTML response"
            raise NotFound(message) from None
        except (Refused, OSError, UnicodeError, httpx.HTTPError, httpx.InvalidURL):
            raise NotFound(f"Resource not found - {url}") from None

    async def _follow(self, first: httpx.URL) -> Downloaded:
        url = first
        for _ in range(MAX_REDIRECTS + 1):
            async with self.outbound.send("GET", url, _HEADERS) as response:
                location = response.headers.get("location")
                if response.status_code not in _REDIRECTS or not location:
                    content, content_type = await self._read(response)
                    return Downloaded(content, first.path.rpartition("/")[2], content_type)
            url = checked_url(url.join(location))
        raise Refused("too many redirects")

    async def _read(self, response: httpx.Response) -> tuple[bytes, str]:
        headers = response.headers
        content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        if response.status_code != 200:
            raise Refused(f"status {response.status_code}")
        if content_type in ("text/html", "application/xhtml+xml"):
            raise _HtmlPage
        if headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
            raise Refused("compressed although we asked for identity: it could be a bomb")
        announced = headers.get("content-length", "")
        if announced.isdecimal() and int(announced) > self._max_bytes:
            raise _too_large(int(announced), self._max_bytes)
        content = bytearray()
        async for chunk in response.aiter_raw():
            content += chunk
            if len(content) > self._max_bytes:
                raise _too_large(len(content), self._max_bytes)
        return bytes(content), content_type


class _HtmlPage(Refused):
    """The URL shows a page; worth telling, because people paste the page around an image."""


def _too_large(got: int, maximum: int) -> BadRequest:
    return BadRequest(f"File size too large. Got {got}. Maximum is {maximum}.")

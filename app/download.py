"""Fetches a remote image under limits, and reads data URIs. Stores and decodes nothing.

The server connects on behalf of strangers, so every address is checked after the name is resolved,
and the connection goes to the very address that was checked: a second look-up could differ.
"""

import asyncio
import base64
import binascii
import ipaddress
import re
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager, suppress
from urllib.parse import unquote, unquote_to_bytes

import httpx
import msgspec

from app.errors import BadRequest, NotFound

Resolver = Callable[[str, int], Awaitable[list[str]]]

MAX_REDIRECTS = 5
_MAX_URL = 8192
_MAX_ADDRESSES = 4  # of one host that are tried in turn
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_REMOTE = re.compile(r"\s*(https?|ftp|s3|gs):", re.IGNORECASE)
_HOST = re.compile(r"[\w.:-]+", re.ASCII)
_DATA = re.compile(r"\s*data:", re.IGNORECASE)
_LINE_BREAK = re.compile(r"\s*[\r\n\t]\s*")

# Written out, because what `ipaddress` calls global has changed between Python versions and counts
# multicast in. https://www.iana.org/assignments/iana-ipv4-special-registry and its IPv6 sister.
_CLOSED_V4 = [
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
        "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
        "168.63.129.16/32",  # a public address, but inside Azure it is the host's own agent
    )
]  # fmt: skip
_OPEN_V6 = ipaddress.IPv6Network("2000::/3")
_CLOSED_V6 = [  # Teredo and other protocol blocks, documentation, 6to4, documentation
    ipaddress.IPv6Network(network)
    for network in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
]
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class Downloaded(msgspec.Struct, frozen=True):
    """A fetched file; `filename` is the last part of the URL's path and may be empty."""

    content: bytes
    filename: str
    content_type: str


class _Refused(Exception):
    """Why a fetch was given up. Never shown: it would tell a stranger about our network."""


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


def is_public(address: str) -> bool:
    """Whether the IP address belongs to the public internet, also when it embeds an IPv4 one."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        embedded = ip.ipv4_mapped
        if ip in _NAT64:
            embedded = ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
        if embedded is None:
            return ip in _OPEN_V6 and not any(ip in network for network in _CLOSED_V6)
        ip = embedded
    return not any(ip in network for network in _CLOSED_V4)


async def resolve(host: str, port: int) -> list[str]:
    """The addresses that the system's resolver gives for a host."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


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
        self._allow_hosts = frozenset(host.strip().lower() for host in allow_hosts)
        self._resolve = resolve
        self._tls = tls or httpx.create_ssl_context()

    async def fetch(self, url: str) -> Downloaded:
        """The file behind the URL, after at most 5 redirects.

        Raises:
            BadRequest: the URL is malformed or not http(s), or the file is too large.
            NotFound: there is no file to be had: unreachable, refused, too slow, HTML, not 200.
        """
        try:
            target = _checked(url.strip())
        except (_Refused, httpx.InvalidURL):
            raise BadRequest(f"Unsupported source URL: {url[:_MAX_URL]}") from None
        try:
            async with asyncio.timeout(self._timeout):
                return await self._follow(target)
        except _HtmlPage:
            message = f"Resource not found - Error in loading {url} - HTML response"
            raise NotFound(message) from None
        except (_Refused, OSError, UnicodeError, httpx.HTTPError, httpx.InvalidURL):
            raise NotFound(f"Resource not found - {url}") from None

    async def _follow(self, first: httpx.URL) -> Downloaded:
        url = first
        for _ in range(MAX_REDIRECTS + 1):
            async with self._get(url) as response:
                location = response.headers.get("location")
                if response.status_code not in _REDIRECTS or not location:
                    content, content_type = await self._read(response)
                    return Downloaded(content, first.path.rpartition("/")[2], content_type)
            url = _checked(url.join(location))
        raise _Refused("too many redirects")

    @asynccontextmanager
    async def _get(self, url: httpx.URL) -> AsyncIterator[httpx.Response]:
        # The bare transport: no proxies or .netrc from the environment, no cookies, no redirects.
        # Nothing is kept alive, or a second host on the same address would share the first's TLS.
        addresses = await self._addresses(url)
        async with httpx.AsyncHTTPTransport(
            verify=self._tls, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0)
        ) as transport:
            response = await self._connect(transport, url, addresses)
            try:
                yield response
            finally:
                await response.aclose()

    async def _addresses(self, url: httpx.URL) -> list[str]:
        host = url.raw_host.decode()
        port = url.port or (443 if url.scheme == "https" else 80)
        addresses = await self._resolve(host, port)
        named = f"[{host}]" if ":" in host else host
        if not self._allow_hosts.isdisjoint({host, named, f"{named}:{port}"}):
            return addresses[:_MAX_ADDRESSES]
        if not addresses or not all(map(is_public, addresses)):
            raise _Refused("not a public address")
        return addresses[:_MAX_ADDRESSES]

    async def _connect(
        self, transport: httpx.AsyncHTTPTransport, url: httpx.URL, addresses: list[str]
    ) -> httpx.Response:
        for address in addresses:
            request = self._request(url, address, self._timeout / len(addresses))
            with suppress(httpx.ConnectError, httpx.ConnectTimeout):
                return await transport.handle_async_request(request)
        raise _Refused("no address answers")

    def _request(self, url: httpx.URL, address: str, connect: float) -> httpx.Request:
        headers = {
            "Host": url.netloc.decode(),
            "User-Agent": "Iris",
            "Accept": "image/*, */*;q=0.5",
            "Accept-Encoding": "identity",
            "Connection": "close",
        }
        # the certificate has to fit the name, although we connect to the address
        extensions = {
            "sni_hostname": url.raw_host.decode(),
            "timeout": httpx.Timeout(self._timeout, connect=connect).as_dict(),
        }
        target = url.copy_with(host=address)
        return httpx.Request("GET", target, headers=headers, extensions=extensions)

    async def _read(self, response: httpx.Response) -> tuple[bytes, str]:
        headers = response.headers
        content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        if response.status_code != 200:
            raise _Refused(f"status {response.status_code}")
        if content_type in ("text/html", "application/xhtml+xml"):
            raise _HtmlPage
        if headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
            raise _Refused("compressed although we asked for identity: it could be a bomb")
        announced = headers.get("content-length", "")
        if announced.isdecimal() and int(announced) > self._max_bytes:
            raise _too_large(int(announced), self._max_bytes)
        content = bytearray()
        async for chunk in response.aiter_raw():
            content += chunk
            if len(content) > self._max_bytes:
                raise _too_large(len(content), self._max_bytes)
        return bytes(content), content_type


class _HtmlPage(_Refused):
    """The URL shows a page; worth telling, because people paste the page around an image."""


def _checked(url: str | httpx.URL) -> httpx.URL:
    parsed = httpx.URL(url)
    if parsed.scheme not in ("http", "https") or len(str(url)) > _MAX_URL:
        raise _Refused("not an http URL")
    if not _HOST.fullmatch(parsed.raw_host.decode()):
        raise _Refused("not a host")
    if parsed.port is not None and not 1 <= parsed.port <= 65535:
        raise _Refused("not a port")
    if parsed.userinfo:
        raise _Refused("credentials in the URL")
    return parsed


def _too_large(got: int, maximum: int) -> BadRequest:
    return BadRequest(f"File size too large. Got {got}. Maximum is {maximum}.")

"""Connections to hosts that a client named. Only to public addresses, and to those named as open.

The server connects on behalf of strangers, so every address is checked after the name is resolved,
and the connection goes to the very address that was checked: a second look-up could differ.
"""

import asyncio
import ipaddress
import re
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager, suppress

import httpx

Resolver = Callable[[str, int], Awaitable[list[str]]]

MAX_URL = 8192
_MAX_ADDRESSES = 4  # of one host that are tried in turn
_HOST = re.compile(r"[\w.:-]+", re.ASCII)

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


class Refused(Exception):
    """Why nothing was sent or fetched. Never shown: it would tell a stranger about our network."""


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


def checked_url(url: str | httpx.URL) -> httpx.URL:
    """The URL, if it is one of http or https, with a host and without credentials.

    Raises:
        Refused, httpx.InvalidURL: it is not.
    """
    parsed = httpx.URL(url)
    if parsed.scheme not in ("http", "https") or len(str(url)) > MAX_URL:
        raise Refused("not an http URL")
    if not _HOST.fullmatch(parsed.raw_host.decode()):
        raise Refused("not a host")
    if parsed.port is not None and not 1 <= parsed.port <= 65535:
        raise Refused("not a port")
    if parsed.userinfo:
        raise Refused("credentials in the URL")
    return parsed


class Outbound:
    """Sends single requests over http and https, without following redirects."""

    def __init__(
        self,
        *,
        timeout: float,
        allow_hosts: Collection[str] = (),
        resolve: Resolver = resolve,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Sets what holds for every request.

        Args:
            timeout: seconds for each step of a request; the whole of it is the caller's to limit.
            allow_hosts: `host` or `host:port`, as in a URL, that may have any address.
            resolve: looks up the addresses of a host.
            tls: certificates to trust; those of public authorities if None.
        """
        self._timeout = timeout
        self._allow_hosts = frozenset(host.strip().lower() for host in allow_hosts)
        self._resolve = resolve
        self._tls = tls or httpx.create_ssl_context()

    def permits(self, url: httpx.URL) -> bool:
        """Whether the host, as far as its name tells, may be connected to: no private address."""
        host = url.raw_host.decode()
        if self._is_open(url):
            return True
        try:
            return is_public(host)
        except ValueError:  # a name, whose addresses are only known when it is resolved
            return host.lower().rstrip(".") != "localhost"

    @asynccontextmanager
    async def send(
        self, method: str, url: httpx.URL, headers: Mapping[str, str], content: bytes | None = None
    ) -> AsyncIterator[httpx.Response]:
        """The answer, its body unread, open while the context lasts.

        Args:
            url: a `checked_url`.

        Raises:
            Refused, OSError, httpx.HTTPError: the host may not be connected to, or does not answer.
        """
        # The bare transport: no proxies or .netrc from the environment, no cookies, no redirects.
        # Nothing is kept alive, or a second host on the same address would share the first's TLS.
        addresses = await self._addresses(url)
        async with httpx.AsyncHTTPTransport(
            verify=self._tls, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0)
        ) as transport:
            response = await self._connect(transport, method, url, addresses, headers, content)
            try:
                yield response
            finally:
                await response.aclose()

    async def _addresses(self, url: httpx.URL) -> list[str]:
        addresses = await self._resolve(url.raw_host.decode(), _port(url))
        if not addresses:
            raise Refused("no address")
        if not self._is_open(url) and not all(map(is_public, addresses)):
            raise Refused("not a public address")
        return addresses[:_MAX_ADDRESSES]

    def _is_open(self, url: httpx.URL) -> bool:
        host = url.raw_host.decode()
        named = f"[{host}]" if ":" in host else host
        return not self._allow_hosts.isdisjoint({host, named, f"{named}:{_port(url)}"})

    async def _connect(
        self,
        transport: httpx.AsyncHTTPTransport,
        method: str,
        url: httpx.URL,
        addresses: list[str],
        headers: Mapping[str, str],
        content: bytes | None,
    ) -> httpx.Response:
        own = {"Host": url.netloc.decode(), "User-Agent": "Iris", "Connection": "close"}
        timeout = httpx.Timeout(self._timeout, connect=self._timeout / len(addresses))
        for address in addresses:
            request = httpx.Request(
                method,
                url.copy_with(host=address),
                headers={**own, **headers},
                content=content,
                # the certificate has to fit the name, although we connect to the address
                extensions={
                    "sni_hostname": url.raw_host.decode(),
                    "timeout": timeout.as_dict(),
                },
            )
            with suppress(httpx.ConnectError, httpx.ConnectTimeout):
                return await transport.handle_async_request(request)
        raise Refused("no address answers")


def _port(url: httpx.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)

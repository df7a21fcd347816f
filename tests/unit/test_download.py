import asyncio
import base64
import contextlib
import datetime
import gzip
import ssl
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from app.download import Downloaded, Downloader, is_data_uri, is_remote, parse_data_uri
from app.errors import BadRequest, NotFound
from app.outbound import is_public, resolve

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 1000


def answer(body=PNG, status="200 OK", **headers):
    named = {"Content-Type": "image/png", "Content-Length": str(len(body)), "Connection": "close"}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"HTTP/1.1 {status}", *(f"{k}: {v}" for k, v in named.items() if v is not None)]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def redirect(location, status="302 Found"):
    return answer(b"", status, Location=location)


class Server:
    """Answers each path with the bytes, or the chunks, it was given; remembers the requests."""

    def __init__(self):
        self.answers = {}
        self.requests = []
        self.port = 0

    async def serve(self, reader, writer):
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.requests.append(head)
            reply = self.answers.get(head.split(" ")[1], answer(b"", "404 Not Found"))
            if isinstance(reply, bytes):
                writer.write(reply)
                await writer.drain()
            else:
                async for chunk in reply():
                    writer.write(chunk)
                    await writer.drain()
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


@pytest.fixture
async def server():
    server = Server()
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.port = listener.sockets[0].getsockname()[1]
    yield server
    listener.close()
    await listener.wait_closed()


@pytest.fixture
def url(server):
    return f"http://127.0.0.1:{server.port}"


@pytest.fixture
def downloader(server):
    return Downloader(max_bytes=5000, timeout=2, allow_hosts=[f"127.0.0.1:{server.port}"])


def at(*addresses):
    """A resolver that gives these addresses one after another, a list of them at each look-up."""
    remaining = iter(addresses)

    async def resolve(host, port):
        return next(remaining)

    return resolve


async def test_fetches(server, url, downloader):
    server.answers["/a/b%20c.png?x=1"] = answer(Content_Type="image/png; charset=x")
    assert await downloader.fetch(f" {url}/a/b%20c.png?x=1#top") == Downloaded(
        PNG, "b c.png", "image/png"
    )
    head = server.requests[0].lower()
    assert "accept-encoding: identity\r\n" in head
    assert f"host: 127.0.0.1:{server.port}\r\n" in head


async def test_chunked_bodies_are_joined(server, url, downloader):
    body = b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    server.answers["/"] = answer(body, Content_Length=None, Transfer_Encoding="chunked")
    assert (await downloader.fetch(url)).content == b"abcde"


@pytest.mark.parametrize(
    "wrong",
    ["ftp://a.example/x", "s3://bucket/x", "gs://bucket/x", "file:///etc/passwd", "//a.example/x",
     "http://", "http:///x", "http:x", "nonsense", "", "http://a b/", "http://a.example:99999/",
     "http://a.example:0/", "http://[::1", "http://me:pw@a.example/x", "http://a.example/\0",
     "http://a.example/\r\nX: y", "http://a.example/" + "x" * 9000],
)  # fmt: skip
async def test_other_urls_are_refused(wrong):
    with pytest.raises(BadRequest, match=r"^Unsupported source URL: "):
        await Downloader(max_bytes=1, timeout=1).fetch(wrong)


@pytest.mark.parametrize(
    "status",
    ["404 Not Found", "500 Oops", "204 No Content", "206 Partial Content", "304 Not Modified"],
)
async def test_anything_but_200_is_not_found(server, url, downloader, status):
    server.answers["/x"] = answer(b"", status)
    with pytest.raises(NotFound) as caught:
        await downloader.fetch(f"{url}/x")
    assert caught.value.message == f"Resource not found - {url}/x"


async def test_a_page_is_named_as_such(server, url, downloader):
    server.answers["/"] = answer(b"<html>", Content_Type="text/html; charset=utf-8")
    with pytest.raises(NotFound) as caught:
        await downloader.fetch(f"{url}/")
    assert caught.value.message == f"Resource not found - Error in loading {url}/ - HTML response"


async def test_nobody_listens():
    free = await asyncio.start_server(lambda r, w: None, "127.0.0.1", 0)
    port = free.sockets[0].getsockname()[1]
    free.close()
    await free.wait_closed()
    with pytest.raises(NotFound):
        await Downloader(max_bytes=1, timeout=2, allow_hosts=["127.0.0.1"]).fetch(
            f"http://127.0.0.1:{port}/"
        )


@pytest.mark.parametrize(
    "reply",
    [b"", b"nonsense\r\n\r\n", answer(Content_Length="2000"), answer(Content_Length="x"),
     b"HTTP/1.1 200 OK\r\nX: " + b"y" * 300_000, redirect("http://[::1"), redirect("ftp://x/y"),
     redirect("http://u:p@127.0.0.1/"), answer(b"", "302 Found")],
    ids=range(9),
)  # fmt: skip
async def test_broken_servers_are_not_found(server, url, downloader, reply):
    server.answers["/"] = reply
    with pytest.raises(NotFound, match=r"^Resource not found - "):
        await downloader.fetch(url)


# limits


async def test_an_announced_size_is_enough_to_refuse(server, url, downloader):
    server.answers["/"] = answer(b"", Content_Length="5001")
    with pytest.raises(BadRequest) as caught:
        await downloader.fetch(url)
    assert caught.value.message == "File size too large. Got 5001. Maximum is 5000."


async def test_the_largest_file_passes(server, url, downloader):
    server.answers["/"] = answer(b"x" * 5000)
    assert len((await downloader.fetch(url)).content) == 5000


async def test_an_endless_body_is_cut(server, url, downloader):
    sent = 0

    async def endless():
        nonlocal sent
        yield answer(b"", Content_Length=None)
        while sent < 1_000_000_000:
            sent += 100_000
            yield b"x" * 100_000

    server.answers["/"] = endless
    with pytest.raises(BadRequest, match=r"^File size too large"):
        await downloader.fetch(url)
    assert sent < 50_000_000


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "deflate", "br", "identity, gzip"])
async def test_compressed_answers_are_refused(server, url, downloader, encoding):
    bomb = gzip.compress(b"\0" * 1_000_000)
    assert len(bomb) < 5000
    server.answers["/"] = answer(bomb, Content_Encoding=encoding)
    with pytest.raises(NotFound):
        await downloader.fetch(url)


@pytest.mark.parametrize(
    "stall_after", [b"", b"HTTP/1.1 200 OK\r\n", answer(b"", Content_Length="9")]
)
async def test_a_stalling_server_costs_no_more_than_the_limit(server, url, stall_after):
    async def stall():
        yield stall_after
        await asyncio.sleep(1.2)

    server.answers["/"] = stall
    started = time.monotonic()
    with pytest.raises(NotFound):
        await Downloader(max_bytes=50, timeout=0.3, allow_hosts=["127.0.0.1"]).fetch(url)
    assert time.monotonic() - started < 1


async def test_a_dripping_server_costs_no_more_than_the_limit(server, url):
    """Every single read is quick, so only a limit on the whole helps."""

    async def drip():
        yield answer(b"", Content_Length="1000")
        for _ in range(40):
            yield b"x"
            await asyncio.sleep(0.05)

    server.answers["/"] = drip
    started = time.monotonic()
    with pytest.raises(NotFound):
        await Downloader(max_bytes=5000, timeout=0.4, allow_hosts=["127.0.0.1"]).fetch(url)
    assert time.monotonic() - started < 1.2


async def test_a_slow_resolver_counts():
    async def slow(host, port):
        await asyncio.sleep(5)
        return []

    with pytest.raises(NotFound):
        await Downloader(max_bytes=1, timeout=0.1, resolve=slow).fetch("http://a.example/")


# redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_followed(server, url, downloader, status):
    server.answers["/a.png"] = redirect("b/c?d", f"{status} Moved")
    server.answers["/b/c?d"] = answer()
    assert await downloader.fetch(f"{url}/a.png") == Downloaded(PNG, "a.png", "image/png")


async def test_at_most_five_redirects(server, url, downloader):
    for number in range(6):
        server.answers[f"/{number}"] = redirect(f"/{number + 1}")
    server.answers["/6"] = answer()
    assert (await downloader.fetch(f"{url}/1")).content == PNG
    with pytest.raises(NotFound, match=rf"^Resource not found - {url}/0$"):
        await downloader.fetch(f"{url}/0")


async def test_a_redirect_to_a_closed_host_is_refused(server, url, downloader):
    """127.0.0.1 is open here, but neither by its other names nor on its other ports."""
    closed = Server()
    listener = await asyncio.start_server(closed.serve, "127.0.0.1", 0)
    closed.answers["/x"] = answer()
    port = listener.sockets[0].getsockname()[1]
    for target in (
        f"http://127.0.0.1:{port}/x",
        f"http://localhost:{server.port}/x",
        f"//127.0.0.2:{server.port}/x",
        "http://169.254.169.254/latest/meta-data/",
    ):
        server.answers["/x"] = answer()
        server.answers["/"] = redirect(target)
        with pytest.raises(NotFound) as caught:
            await downloader.fetch(f"{url}/")
        assert caught.value.message == f"Resource not found - {url}/"
    assert closed.requests == []
    listener.close()
    await listener.wait_closed()


async def test_a_redirect_cannot_hand_us_credentials(server, url, downloader):
    server.answers["/"] = redirect(f"http://me:pw@127.0.0.1:{server.port}/x")
    server.answers["/x"] = answer()
    with pytest.raises(NotFound):
        await downloader.fetch(url)
    assert len(server.requests) == 1


async def test_no_cookies_travel(server, url, downloader):
    server.answers["/"] = answer(b"", "302 Found", Location="/b", Set_Cookie="a=b")
    server.answers["/b"] = answer()
    await downloader.fetch(url)
    assert "cookie" not in server.requests[1].lower()


async def test_proxies_of_the_environment_are_ignored(server, url, downloader, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    server.answers["/"] = answer()
    assert (await downloader.fetch(url)).content == PNG


# addresses


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0", "0.0.0.0",
     "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[::127.0.0.1]",
     "LOCALHOST", "localhost."],
)  # fmt: skip
async def test_no_spelling_of_loopback_passes(server, host):
    server.answers["/"] = answer()
    closed = Downloader(max_bytes=5000, timeout=5)
    for spelt in (f"http://{host}:{server.port}/", f"https://{host}:{server.port}/"):
        with pytest.raises((NotFound, BadRequest)):
            await closed.fetch(spelt)
    assert server.requests == []


@pytest.mark.parametrize(
    "address",
    ["0.0.0.0", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254",
     "168.63.129.16", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192",
     "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1",
     "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
     "::", "::1", "fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1",
     "100::1", "2001:db8::1", "3fff::1", "2001::1", "2001:0:53aa:64c:0:7c4b:8f72:1", "2001:2::1",
     "2002:7f00:1::", "2002:c0a8:101::1", "64:ff9b::10.0.0.1", "64:ff9b::a9fe:a9fe",
     "64:ff9b:1::1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0:127.0.0.1",
     "::8.8.8.8", "4000::1", "5f00::1"],
)  # fmt: skip
def test_closed_addresses(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.1", "172.15.255.255", "172.32.0.1",
     "223.255.255.255", "192.0.1.1", "2606:4700::1111", "2a00:1450::1", "2001:4860:4860::8888",
     "2001:200::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"],
)  # fmt: skip
def test_public_addresses(address):
    assert is_public(address)


async def test_one_closed_address_among_public_ones_is_enough(server):
    server.answers["/"] = answer()
    both = at(["8.8.8.8", "127.0.0.1"])
    with pytest.raises(NotFound):
        await Downloader(max_bytes=5000, timeout=2, resolve=both).fetch(
            f"http://a.example:{server.port}/"
        )
    assert server.requests == []


@pytest.mark.parametrize("failure", [OSError("no such host"), UnicodeError("label too long")])
async def test_unknown_hosts_are_not_found(failure):
    async def fails(host, port):
        raise failure

    with pytest.raises(NotFound, match=r"^Resource not found - http://a.example/$"):
        await Downloader(max_bytes=1, timeout=1, resolve=fails).fetch("http://a.example/")


async def test_a_host_without_addresses_is_not_found():
    for allow in ([], ["a.example"]):
        with pytest.raises(NotFound):
            await Downloader(max_bytes=1, timeout=1, allow_hosts=allow, resolve=at([])).fetch(
                "http://a.example/"
            )


async def test_the_name_is_looked_up_once_and_that_address_used(server, monkeypatch):
    """DNS rebinding: a second look-up would give 127.0.0.1, where our server listens."""
    server.answers["/"] = answer()
    connected = []

    async def connect_tcp(self, host, port, **options):
        connected.append(host)
        raise OSError

    monkeypatch.setattr("httpcore._backends.anyio.AnyIOBackend.connect_tcp", connect_tcp)
    rebinding = at(["8.8.8.8"], ["127.0.0.1"])
    with pytest.raises(NotFound):
        await Downloader(max_bytes=5000, timeout=2, resolve=rebinding).fetch(
            f"http://rebind.example:{server.port}/"
        )
    assert connected == ["8.8.8.8"]
    assert server.requests == []


async def test_a_name_is_checked_again_when_it_redirects_to_itself(server, monkeypatch):
    """The second request is a second look-up, which the first one's check does not cover."""
    monkeypatch.setattr("app.outbound.is_public", lambda address: address == "127.0.0.1")
    server.answers["/"] = redirect("/again")
    server.answers["/again"] = answer()
    url = f"http://a.example:{server.port}/"
    steady = at(["127.0.0.1"], ["127.0.0.1"])
    assert (await Downloader(max_bytes=5000, timeout=2, resolve=steady).fetch(url)).content == PNG
    assert f"Host: a.example:{server.port}\r\n" in server.requests[0]
    server.requests.clear()
    rebinding = at(["127.0.0.1"], ["127.0.0.2"])
    with pytest.raises(NotFound):
        await Downloader(max_bytes=5000, timeout=2, resolve=rebinding).fetch(url)
    assert len(server.requests) == 1


async def test_the_next_address_is_tried(server):
    server.answers["/"] = answer()
    downloader = Downloader(
        max_bytes=5000, timeout=4, allow_hosts=["a.example"], resolve=at(["127.0.0.2", "127.0.0.1"])
    )
    assert (await downloader.fetch(f"http://a.example:{server.port}/")).content == PNG


async def test_ipv6_hosts_are_opened_with_brackets():
    server = Server()
    try:
        listener = await asyncio.start_server(server.serve, "::1", 0)
    except OSError:
        pytest.skip("no IPv6 loopback here")
    server.answers["/"] = answer()
    host = f"[::1]:{listener.sockets[0].getsockname()[1]}"
    downloader = Downloader(max_bytes=5000, timeout=2, allow_hosts=[host])
    assert (await downloader.fetch(f"http://{host}/")).content == PNG
    listener.close()
    await listener.wait_closed()


async def test_the_systems_resolver():
    assert "127.0.0.1" in await resolve("localhost", 80)


# TLS


def certificate(folder, name):
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = folder / "server.pem"
    path.write_bytes(private + made.public_bytes(Encoding.PEM))
    return path


async def test_the_certificate_has_to_fit_the_name_not_the_address(tmp_path):
    pem = certificate(tmp_path, "a.example")
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(pem)
    asked = []
    tls.sni_callback = lambda socket, name, context: asked.append(name)
    server = Server()
    server.answers["/"] = answer()
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=tls)
    port = listener.sockets[0].getsockname()[1]

    def downloader(trusted):
        return Downloader(
            max_bytes=5000, timeout=2, allow_hosts=["a.example", "b.example"],
            resolve=at(["127.0.0.1"]), tls=trusted,
        )  # fmt: skip

    trusted = ssl.create_default_context(cafile=pem)
    found = await downloader(trusted).fetch(f"https://a.example:{port}/")
    assert found.content == PNG
    assert asked == ["a.example"]
    with pytest.raises(NotFound):
        await downloader(trusted).fetch(f"https://b.example:{port}/")
    with pytest.raises(NotFound):
        await downloader(None).fetch(f"https://a.example:{port}/")
    assert len(server.requests) == 1
    listener.close()
    await listener.wait_closed()


# texts that stand for files


@pytest.mark.parametrize(
    "text", ["http://a/b", "HTTPS://a/b", " https://a", "ftp://a", "s3://a", "gs://a"]
)
def test_remote(text):
    assert is_remote(text)
    assert not is_data_uri(text)


@pytest.mark.parametrize(
    "text", ["", "data:,x", "/tmp/x.png", "httpx://a", "file:///x", "x http://a"]
)
def test_not_remote(text):
    assert not is_remote(text)


@given(st.binary(max_size=200), st.sampled_from(["", "image/png", "image/svg+xml;charset=utf-8"]))
def test_data_uris(content, media_type):
    encoded = base64.b64encode(content).decode()
    wrapped = base64.encodebytes(content).decode().replace("\n", "\r\n  ")
    escaped = encoded.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")
    # the one form that cannot be repaired: a last group of nothing but pluses
    unescaped_form = encoded if encoded.endswith("++++") else encoded.replace("+", " ")
    urlsafe = base64.urlsafe_b64encode(content).decode().rstrip("=")
    for payload in (encoded, f"{encoded} ", wrapped, escaped, unescaped_form, urlsafe):
        assert parse_data_uri(f"data:{media_type};base64,{payload}", 200) == content


def test_data_uris_without_base64():
    assert is_data_uri("DATA:,x")
    assert parse_data_uri("data:,a%20b,c", 10) == b"a b,c"
    assert parse_data_uri("data:text/plain;charset=utf-8,%C3%BC", 10) == "ü".encode()
    assert parse_data_uri("data:;BASE64,YWI=", 10) == b"ab"
    assert parse_data_uri("data:,", 10) == b""


@pytest.mark.parametrize(
    "text",
    ["data:", "data:image/png;base64", "x,data:", "data:;base64,a", "data:;base64,*&^%", "",
     "data:;base64,a=bc", "data:;base64,ü"],
)  # fmt: skip
def test_malformed_data_uris(text):
    with pytest.raises(BadRequest, match=r"^Invalid data URI$"):
        parse_data_uri(text, 1000)


@pytest.mark.parametrize("text", ["data:," + "x" * 101, f"data:;base64,{'AAAA' * 34}"])
def test_large_data_uris(text):
    with pytest.raises(BadRequest, match=r"^File size too large. Got 10[12]. Maximum is 100.$"):
        parse_data_uri(text, 100)


def test_a_data_uri_of_exactly_the_limit():
    text = "data:;base64," + base64.b64encode(b"x" * 100).decode()
    assert parse_data_uri(text, 100) == b"x" * 100

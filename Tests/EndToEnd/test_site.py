"""Static files over HTTP: conditions, ranges, and nothing from outside the folder."""

import os
import random

import pytest

from harness.gateway import Gateway

CONFIG = """
routes:
  - { path: "/{file...}", handler: site.files, with: { root: public } }
  - { path: "/app/{file...}", handler: site.files, with: { root: public, fallback: index.html, cache: 1h } }
"""
LARGE = random.Random(3).randbytes(1_000_003)
SMALL = bytes(range(256)) * 10
FILES = {
    "public/index.html": b"<!doctype html>index", "public/small.bin": SMALL, "public/large.bin": LARGE,
    "public/empty.txt": b"", "public/docs/index.html": b"docs", "public/.hidden": b"hidden",
    "public/.well-known/x.txt": b"known", "public/with space & more.txt": b"spaced", "public/h\u00e9.txt": b"accent",
    "outside.txt": b"outside",
}


@pytest.fixture(scope="module")
def gateway():
    with Gateway(CONFIG, files=FILES) as gateway:
        os.symlink("../outside.txt", gateway.folder / "public/leaving.txt")
        os.symlink("small.bin", gateway.folder / "public/staying.bin")
        os.mkfifo(gateway.folder / "public/pipe")
        yield gateway


@pytest.mark.parametrize("path, body, content_type", [
    ("/", b"<!doctype html>index", "text/html; charset=utf-8"),
    ("/index.html", b"<!doctype html>index", "text/html; charset=utf-8"),
    ("/small.bin", SMALL, "application/octet-stream"),
    ("/large.bin", LARGE, "application/octet-stream"),
    ("/empty.txt", b"", "text/plain; charset=utf-8"),
    ("/docs/", b"docs", "text/html; charset=utf-8"),
    ("/with%20space%20&%20more.txt", b"spaced", "text/plain; charset=utf-8"),
    ("/h%C3%A9.txt", b"accent", "text/plain; charset=utf-8"),
    ("/.well-known/x.txt", b"known", "text/plain; charset=utf-8"),
    ("/staying.bin", SMALL, "application/octet-stream"),
    ("/app/some/page", b"<!doctype html>index", "text/html; charset=utf-8"),
])
def test_files(client, path, body, content_type):
    answer = client.request("GET", path)
    assert (answer.status, answer.body) == (200, body)
    assert answer.header("Content-Type") == content_type
    assert answer.header("Content-Length") == str(len(body))
    head = client.request("HEAD", path)
    assert head.body == b""
    for name in ("Content-Type", "Content-Length", "ETag", "Last-Modified", "Cache-Control", "Accept-Ranges"):
        assert head.header(name) == answer.header(name) is not None, name


@pytest.mark.parametrize("path", [
    "/nowhere", "/.hidden", "/leaving.txt", "/pipe", "/small.bin/", "/docs//index.html", "/%2e%2e%2foutside.txt",
    "/..%2foutside.txt", "/..%5coutside.txt", "/docs%2f..%2f..%2foutside.txt", "/small.bin%00.txt", "/%00", "/%",
    "//outside.txt", "/%2e%2e%5c", "/%c0%ae%c0%ae/outside.txt", "/%252e%252e/outside.txt", "/app/missing.js",
    "/" + "a" * 3000,
])
def test_nothing_there(client, path):
    answer = client.request("GET", path)
    assert answer.status == 404, answer
    assert b"outside" != answer.body
    assert answer.json["error"]["code"] == 404 and answer.json["requestId"]


@pytest.mark.parametrize("path", [
    "/../outside.txt", "/docs/../../outside.txt", "/%2e%2e/outside.txt", "/a/..%2f/../../outside.txt",
])
def test_dot_segments_never_lead_out(client, path):
    """They are redirected, and where they lead is inside."""
    answer = client.request("GET", path)
    hops = 0
    while answer.status == 302:
        hops += 1
        assert hops < 5
        answer = client.request("GET", answer.header("Location"))
    assert answer.status == 404


def test_a_folder_without_slash(client):
    answer = client.request("GET", "/docs?x=1")
    assert (answer.status, answer.header("Location")) == (308, "/docs/?x=1")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_other_methods(client, method):
    answer = client.request(method, "/small.bin", b"")
    assert answer.status == 405 and "GET" in answer.header("Allow")


# Conditions

def test_entity_tags(client):
    first = client.request("GET", "/small.bin")
    tag, date = first.header("ETag"), first.header("Last-Modified")
    assert tag.startswith('"') and date.endswith("GMT")
    for headers in ([("If-None-Match", tag)], [("If-None-Match", f'"x", W/{tag}')], [("If-None-Match", "*")],
                    [("If-Modified-Since", date)]):
        answer = client.request("GET", "/small.bin", headers=headers)
        assert (answer.status, answer.body, answer.header("ETag")) == (304, b"", tag), headers
        assert client.request("HEAD", "/small.bin", headers=headers).status == 304
    for headers in ([("If-None-Match", '"x"')], [("If-None-Match", '"x"'), ("If-Modified-Since", date)],
                    [("If-Modified-Since", "Mon, 01 Jan 2001 00:00:00 GMT")], [("If-Modified-Since", "nonsense")]):
        assert client.request("GET", "/small.bin", headers=headers).status == 200, headers
    assert client.request("GET", "/small.bin", headers=[("If-Match", '"x"')]).status == 412
    assert client.request("GET", "/small.bin", headers=[("If-Match", tag)]).status == 200


def test_a_changed_file_has_another_tag(gateway, client):
    gateway.write("public/changing.txt", b"one")
    first = client.request("GET", "/changing.txt")
    gateway.write("public/changing.txt", b"three")
    second = client.request("GET", "/changing.txt", headers=[("If-None-Match", first.header("ETag"))])
    assert (first.body, second.status, second.body) == (b"one", 200, b"three")


def test_caching(client):
    assert client.request("GET", "/").header("Cache-Control") == "no-cache"
    assert client.request("GET", "/app/small.bin").header("Cache-Control") == "max-age=3600"


# Ranges

@pytest.mark.parametrize("path, content", [("/small.bin", SMALL), ("/large.bin", LARGE)])
@pytest.mark.parametrize("field, first, last", [
    ("bytes=0-0", 0, 0), ("bytes=0-99", 0, 99), ("bytes=100-", 100, None), ("bytes=-1", -1, None),
    ("bytes=-99999999999999999999", 0, None), ("bytes=5-99999999999999999999", 5, None), ("Bytes=1-2", 1, 2),
])
def test_ranges(client, path, content, field, first, last):
    first = first if first >= 0 else len(content) + first
    last = len(content) - 1 if last is None else last
    answer = client.request("GET", path, headers=[("Range", field)])
    assert answer.status == 206
    assert answer.header("Content-Range") == f"bytes {first}-{last}/{len(content)}"
    assert answer.body == content[first:last + 1]


@pytest.mark.parametrize("field", ["bytes=99999999-", "bytes=-0"])
def test_ranges_that_cannot_be_met(client, field):
    answer = client.request("GET", "/small.bin", headers=[("Range", field)])
    assert (answer.status, answer.header("Content-Range")) == (416, f"bytes */{len(SMALL)}")


@pytest.mark.parametrize("field", ["lines=1-2", "bytes=2-1", "bytes=a-b", "bytes=0-1,5-6", "bytes", "bytes=--1", ""])
def test_ranges_that_are_passed_over(client, field):
    answer = client.request("GET", "/small.bin", headers=[("Range", field)])
    assert (answer.status, answer.body) == (200, SMALL)


def test_if_range(client):
    tag = client.request("HEAD", "/small.bin").header("ETag")
    assert client.request("GET", "/small.bin", headers=[("Range", "bytes=0-1"), ("If-Range", tag)]).status == 206
    assert client.request("GET", "/small.bin", headers=[("Range", "bytes=0-1"), ("If-Range", '"x"')]).status == 200

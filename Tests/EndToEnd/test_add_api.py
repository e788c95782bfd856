"""The add API at the HTTP boundary, to the byte."""

import json

import pytest
from websockets.sync.client import connect

from harness.gateway import Gateway
from harness.paths import PATIENCE

SUM, CONCAT = "/api/add/sum", "/api/add/concat"


def success(result: str) -> bytes:
    return f'{{"apiVersion":"","data":{{"res":{result}}}}}\n'.encode()


def assert_success(answer, result: str) -> None:
    assert (answer.status, answer.body) == (200, success(result))
    assert answer.header("Content-Type") == "application/json; charset=utf-8"


def assert_failure(answer, status: int = 400) -> None:
    """The sample's envelope to the byte, whatever the message."""
    assert answer.status == status, answer.body
    message = json.dumps(answer.json["error"]["message"], ensure_ascii=False)
    expected = f'{{"error":{{"code":{status},"message":{message},"errors":[{{"message":{message}}}]}}}}\n'
    assert answer.body.decode() == expected
    assert answer.header("Content-Type") == "application/json"


LARGEST, SMALLEST = 2**63 - 1, -2**63


@pytest.mark.parametrize("body, result", [
    ('{"a":1,"b":2}', "3"),
    ('{"b":2,"a":1}', "3"),
    (' \t\r\n{ "a" : 1 , "b" : 2 } \r\n\t', "3"),
    ('{"a":-5,"b":2}', "-3"),
    ('{"a":-0,"b":0}', "0"),
    ('{}', "0"),
    ('null', "0"),
    ('{"a":7}', "7"),
    ('{"b":7}', "7"),
    ('{"a":null,"b":7}', "7"),
    ('{"A":1,"B":2}', "3"),
    ('{"a":1,"A":5,"b":2}', "7"),
    ('{"A":5,"a":1,"b":2}', "3"),
    ('{"a":1,"a":2,"b":3,"b":4}', "6"),
    ('{"\\u0061":1,"\\u0042":2}', "3"),
    ('{"a":1,"b":2,"c":{"d":[1,2.5e3,"x",null,true]},"ab":"y"}', "3"),
    (f'{{"a":{LARGEST},"b":0}}', str(LARGEST)),
    (f'{{"a":{SMALLEST},"b":0}}', str(SMALLEST)),
    (f'{{"a":{LARGEST},"b":{SMALLEST}}}', "-1"),
    (f'{{"a":{LARGEST - 1},"b":1}}', str(LARGEST)),
    (f'{{"a":{SMALLEST + 1},"b":-1}}', str(SMALLEST)),
])
def test_sum(demo, body, result):
    assert_success(demo.post(SUM, body), result)


@pytest.mark.parametrize("body", [
    "", " ", "{", '{"a":1', '{"a":1,', '{"a"', '{"a":', '{a:1}', "{'a':1}", '{"a":1,}', '{"a" 1}', "x", "nul", "nulll",
    "[]", "[1,2]", '"a"', "1", "true",
    '{"a":"1","b":2}', '{"a":true,"b":2}', '{"a":[1],"b":2}', '{"a":{},"b":2}',
    '{"a":1.0}', '{"a":1.5}', '{"a":1e2}', '{"a":1E2}', '{"a":1e-2}', '{"a":01}', '{"a":+1}', '{"a":.5}', '{"a":1.}',
    '{"a":-}', '{"a":0x1}', '{"a":1_000}', '{"a":NaN}', '{"a":Infinity}',
    f'{{"a":{LARGEST + 1}}}', f'{{"a":{SMALLEST - 1}}}', '{"a":99999999999999999999999999}',
    '{"a":1,"b":2}{"a":1}', '{"a":1,"b":2}x', '{"a":1,"b":2},', '{"a":1}\0', '\ufeff{"a":1}',
    '{"a":1,"c":tru}', '{"a":1,"c":"\n"}', '{"a":1,"c":"\\x"}', '{"a":1,"c":[1,]}', '{"a":1,"c":[}',
    "[" * 100_000, '{"c":' * 100_000,
])
def test_sum_refuses(demo, body):
    assert_failure(demo.post(SUM, body))


@pytest.mark.parametrize("a, b", [
    (LARGEST, 1), (1, LARGEST), (SMALLEST, -1), (-1, SMALLEST), (LARGEST, LARGEST), (SMALLEST, SMALLEST),
])
def test_sum_beyond_64_bits(demo, a, b):
    assert_failure(demo.post(SUM, f'{{"a":{a},"b":{b}}}'))


@pytest.mark.parametrize("body, result", [
    (b'{"a":"foo","b":"bar"}', '"foobar"'),
    (b'{}', '""'),
    (b'null', '""'),
    (b'{"a":"x"}', '"x"'),
    (b'{"b":"x","a":null}', '"x"'),
    (b'{"A":"x","B":"y"}', '"xy"'),
    (b'{"a":"x","a":"z","b":"y"}', '"zy"'),
    ('{"a":"héllo ","b":"wörld €😀"}'.encode(), '"héllo wörld €😀"'),
    (b'{"a":"\\u00e9\\ud83d\\ude00","b":""}', '"é😀"'),
    (b'{"a":"<b>","b":"&"}', '"\\u003cb\\u003e\\u0026"'),
    ('{"a":"\u2028","b":"\u2029"}'.encode(), '"\\u2028\\u2029"'),
    (b'{"a":"\\u2028\\u2029"}', '"\\u2028\\u2029"'),
    ('{"a":"\u2027\u202a"}'.encode(), '"\u2027\u202a"'),
    (b'{"a":"\\"\\\\\\/","b":"\\n\\r\\t"}', '"\\"\\\\/\\n\\r\\t"'),
    (b'{"a":"\\b\\f\\u0000\\u001f"}', '"\\u0008\\u000c\\u0000\\u001f"'),
    (b'{"a":"\\u007f\x7f"}', '"\x7f\x7f"'),
    (b'{"a":"\xff\xfe","b":"x"}', '"\ufffd\ufffdx"'),
    (b'{"a":"\xc3","b":"\xa9"}', '"\ufffd\ufffd"'),
    (b'{"a":"\xed\xa0\x80"}', '"\ufffd\ufffd\ufffd"'),
    (b'{"a":"\xf4\x90\x80\x80"}', '"\ufffd\ufffd\ufffd\ufffd"'),
    (b'{"a":"\xc0\xaf"}', '"\ufffd\ufffd"'),
    (b'{"a":"\\ud800"}', '"\ufffd"'),
    (b'{"a":"\\udc00x"}', '"\ufffdx"'),
    (b'{"a":"\\ud800\\u0041"}', '"\ufffdA"'),
    (b'{"a":"\\ud800\\ud83d\\ude00"}', '"\ufffd😀"'),
    (b'{"a":"\\ud83d","b":"\\ude00"}', '"\ufffd\ufffd"'),
])
def test_concat(demo, body, result):
    assert_success(demo.post(CONCAT, body), result)


@pytest.mark.parametrize("body", [
    b'', b'{"a":1}', b'{"a":true}', b'{"a":["x"]}', b'{"a":"x', b'{"a":"x"', b'{"a":"\\"}', b'{"a":"\\u12"}',
    b'{"a":"\\u12g4"}', b'{"a":"\\q"}', b'{"a":"\x01"}', b'{"a":"\n"}', b'{"a":"x"} y', b'"x"', b'["x"]',
    b'{"a":"\\', b'{"a":"\\ud83d\\',
])
def test_concat_refuses(demo, body):
    assert_failure(demo.post(CONCAT, body))


def test_concat_of_nearly_a_megabyte(demo):
    half = "é<" * 150_000
    answer = demo.post(CONCAT, json.dumps({"a": half, "b": half}, ensure_ascii=False))
    assert answer.status == 200
    assert answer.json["data"]["res"] == half + half
    assert b"<" not in answer.body


def test_a_result_that_no_message_can_carry_is_the_clients_error(demo):
    """Trying again would not help, so it must not be a 503 with Retry-After."""
    answer = demo.post(CONCAT, json.dumps({"a": "x" * 2_000_000}))
    assert_failure(answer, 413)
    assert answer.header("Retry-After") is None


@pytest.mark.parametrize("content_type", [
    None, "application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
    "image/png", "nonsense",
])
def test_content_type_is_not_looked_at(demo, content_type):
    headers = [("Content-Type", content_type)] if content_type else []
    assert_success(demo.post(SUM, '{"a":1,"b":2}', headers), "3")


@pytest.mark.parametrize("path", [SUM, CONCAT])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "TRACE", "post", "PROPFIND"])
def test_other_methods(demo, path, method):
    answer = demo.request(method, path)
    assert answer.status == 405
    assert {word.strip() for word in answer.header("Allow").split(",")} == {"POST", "OPTIONS"}
    assert answer.json["error"]["code"] == 405 and answer.json["requestId"]


def test_head(demo):
    answer = demo.request("HEAD", SUM)
    assert (answer.status, answer.body) == (405, b"")
    assert "POST" in answer.header("Allow")


def test_options(demo):
    answer = demo.request("OPTIONS", SUM)
    assert (answer.status, answer.body) == (204, b"")
    assert {word.strip() for word in answer.header("Allow").split(",")} == {"POST", "OPTIONS"}
    assert answer.header("Content-Length") is None


@pytest.mark.parametrize("path", ["/api/add/", "/api/add", "/api/add/sum/", "/api/add/sum/x", "/api/add/difference"])
def test_other_paths_of_the_service(demo, path):
    assert demo.post(path, '{"a":1,"b":2}').status == 404


def test_query_is_not_part_of_the_route(demo):
    assert_success(demo.post(SUM + "?a=5&x=%20", '{"a":1,"b":2}'), "3")


def test_results_are_published_in_order_and_failures_are_not(demo):
    with connect(demo.ws("/ws/add")) as socket:
        demo.post(SUM, '{"a":40,"b":2}')
        demo.post(SUM, '{"a":"x"}')
        demo.post(SUM, f'{{"a":{LARGEST},"b":1}}')
        demo.request("GET", SUM)
        demo.post(CONCAT, '{"a":"<raw> & \\u2028","b":"é\\n"}')
        demo.post(CONCAT, '{"a":1}')
        demo.post(CONCAT, '{"a":""}')
        demo.post(SUM, "{}")
        heard = [socket.recv(timeout=PATIENCE) for _ in range(4)]
    assert heard == ["42", "<raw> & \u2028é\n", "", "0"]


def test_the_subject_is_set_in_yaml():
    config = """
routes:
  - { path: /sum, handler: add.sum, with: { publish: results.sum } }
  - { path: /concat, handler: add.concat }
channels:
  - { path: "/ws/{topic}", handler: nats.bridge, with: { subject: "{topic}" } }
"""
    with Gateway(config) as gateway:
        with connect(gateway.ws("/ws/results.sum")) as named, connect(gateway.ws("/ws/add")) as default:
            gateway.post("/sum", '{"a":1,"b":2}')
            gateway.post("/concat", '{"a":"x"}')
            assert named.recv(timeout=PATIENCE) == "3"
            assert default.recv(timeout=PATIENCE) == "x"

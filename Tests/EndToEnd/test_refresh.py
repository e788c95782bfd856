"""A socket that hands in a newer token: it stays longer, and may do what the new token says."""

import json
from contextlib import contextmanager

import pytest
from websockets.exceptions import ConnectionClosed

from harness.buses import on_bus
from harness.frames import HANDSHAKE, handshake
from harness.paths import PATIENCE
from harness.tokens import SECRET, Signer, soon
from harness.topics import hears, is_silent, sockets

ROUTES = f"""
routes:
  - {{ path: "/say/{{topic}}", methods: [POST], handler: nats.publish, with: {{ subject: "t.{{topic}}" }} }}
channels:
  - path: "/ws/{{topic}}"
    handler: nats.bridge
    with: {{ subject: "t.{{topic}}" }}
    use:
      - auth.jwt:
          secret: "{SECRET}"
          allow: {{ publish: [claim: speaks], subscribe: [claim: hears] }}
  - path: "/own"
    handler: nats.bridge
    with: {{ subject: "own.{{claim.room}}" }}
    use: [auth.jwt: {{ secret: "{SECRET}" }}]
"""
SIGNER = Signer("HS256")


@pytest.fixture(scope="module", params=["embedded", "nats"])
def gateway(request):
    with on_bus(request.param, ROUTES) as gateway:
        yield gateway


def token(sub: str = "ada", seconds: int = 600, speaks="t.>", hears="t.>", **claims) -> str:
    return SIGNER.token(sub=sub, exp=soon(seconds), speaks=speaks, hears=hears, **claims)


@contextmanager
def socket(gateway, path: str, with_token: str):
    with sockets(gateway, path, additional_headers={"Authorization": f"Bearer {with_token}"}) as (one,):
        yield one


def refresh(socket, newer: str) -> None:
    socket.send(json.dumps({"type": "refresh", "token": newer}, separators=(",", ":")))


def closed_with(socket) -> tuple[int, str]:
    with pytest.raises(ConnectionClosed) as closed:
        while True:
            socket.recv(PATIENCE)
    return closed.value.rcvd.code, closed.value.rcvd.reason


def say(gateway, topic: str, text: str) -> None:
    assert gateway.post(f"/say/{topic}", text, [("Content-Type", "text/plain")]).status == 202


def test_who_refreshes_stays(gateway):
    with socket(gateway, "/ws/stays", token(seconds=3)) as stays, socket(gateway, "/ws/goes", token(seconds=3)) as goes:
        refresh(stays, token())
        assert closed_with(goes)[0] == 3000
        stays.send("still here")
        hears(stays, "still here")


def test_it_is_not_published(gateway):
    with socket(gateway, "/ws/secret", token()) as one, socket(gateway, "/ws/secret", token("bob")) as two:
        refresh(one, token())
        one.send("after")
        hears(two, "after")


@pytest.mark.parametrize("newer", [token("bob"), token(seconds=-60), token() + "x", "nonsense"],
                         ids=["another's", "expired", "forged", "no token"])
def test_a_token_that_is_refused(gateway, newer):
    with socket(gateway, "/ws/refused", token()) as one:
        refresh(one, newer)
        code, reason = closed_with(one)
        assert code == 3000 and reason


@pytest.mark.parametrize("message", ['{"type":"refresh","token":"', '{"type":"refresh","token":""}',
                                     '{"type":"refresh","token":"a","b":1}'])
def test_a_message_that_is_malformed(gateway, message):
    with socket(gateway, "/ws/malformed", token()) as one:
        one.send(message)
        assert closed_with(one) == (3000, "the refresh message is malformed")


def test_rights_that_go_and_come(gateway):
    """A token that one of the known keys has signed is in force before the client's next message."""
    with socket(gateway, "/ws/rights", token()) as one, socket(gateway, "/ws/rights", token("bob")) as other:
        refresh(one, token(hears="other"))
        one.send("not for me")
        hears(other, "not for me")
        refresh(one, token())
        one.send("for me again")
        hears(one, "for me again")
        hears(other, "for me again")
        refresh(one, token(speaks="other"))
        say(gateway, "rights", "I only listen")
        hears(one, "I only listen")
        one.send("may I?")
        assert closed_with(one) == (1008, "you may not send here")
        hears(other, "I only listen")
        assert is_silent(other)


def test_nothing_is_left(gateway):
    with socket(gateway, "/ws/nothing", token()) as one:
        refresh(one, token(hears="other", speaks="other"))
        assert closed_with(one) == (1008, "you may not use this subject")


def test_a_token_for_another_channel(gateway):
    with socket(gateway, "/own", token(room="a")) as one:
        refresh(one, token(room="a"))
        assert is_silent(one)
        refresh(one, token(room="b"))
        assert closed_with(one) == (1008, "the new token is for another subject")


@pytest.mark.parametrize("claims, status", [({}, 403), ({"room": "a.b"}, 403), ({"room": "*"}, 403), ({"room": ""}, 403)])
def test_claims_that_are_no_tokens_of_a_subject(gateway, claims, status):
    answer = handshake(gateway, "/own", [*HANDSHAKE, ("Authorization", f"Bearer {token(**claims)}")])
    assert answer.status == status

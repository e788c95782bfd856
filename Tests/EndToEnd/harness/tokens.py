"""JSON Web Tokens and their keys, made here: RFC 7515, 7517, 7518 and 8037."""

import base64
import hashlib
import hmac
import json
import time
from dataclasses import dataclass, field
from functools import cached_property

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SECRET = "a secret of more than 32 bytes, for tests"


def encoded(data: bytes | str | dict) -> str:
    """Base64 for URLs, without padding."""
    if isinstance(data, dict):
        data = json.dumps(data)
    return base64.urlsafe_b64encode(data.encode() if isinstance(data, str) else data).rstrip(b"=").decode()


def number(value: int) -> str:
    return encoded(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def soon(seconds: int = 600) -> int:
    """A time for `exp`."""
    return int(time.time()) + seconds


@dataclass
class Signer:
    """A key that signs tokens."""

    algorithm: str
    kid: str | None = None
    secret: bytes = field(default=SECRET.encode(), repr=False)

    @cached_property
    def key(self):
        match self.algorithm:
            case "RS256": return rsa.generate_private_key(65537, 2048)
            case "ES256": return ec.generate_private_key(ec.SECP256R1())
            case "EdDSA": return ed25519.Ed25519PrivateKey.generate()

    def signature(self, data: bytes) -> bytes:
        match self.algorithm:
            case "HS256": return hmac.digest(self.secret, data, hashlib.sha256)
            case "RS256": return self.key.sign(data, padding.PKCS1v15(), hashes.SHA256())
            case "ES256":
                pair = decode_dss_signature(self.key.sign(data, ec.ECDSA(hashes.SHA256())))
                return b"".join(part.to_bytes(32, "big") for part in pair)
            case "EdDSA": return self.key.sign(data)

    def token(self, header: dict | None = None, /, **claims) -> str:
        if header is None:
            header = {"alg": self.algorithm, "typ": "JWT"} | ({"kid": self.kid} if self.kid else {})
        signed = f"{encoded(header)}.{encoded(claims)}"
        return f"{signed}.{encoded(self.signature(signed.encode()))}"

    @property
    def jwk(self) -> dict:
        """What verifies its tokens, as a member of a JWK set."""
        return self._members() | ({"kid": self.kid} if self.kid else {})

    def _members(self) -> dict:
        if self.algorithm == "HS256":
            return {"kty": "oct", "k": encoded(self.secret)}
        public = self.key.public_key()
        if self.algorithm == "RS256":
            numbers = public.public_numbers()
            return {"kty": "RSA", "n": number(numbers.n), "e": number(numbers.e), "use": "sig", "alg": "RS256"}
        if self.algorithm == "ES256":
            point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
            return {"kty": "EC", "crv": "P-256", "x": encoded(point[1:33]), "y": encoded(point[33:])}
        return {"kty": "OKP", "crv": "Ed25519", "x": encoded(public.public_bytes(Encoding.Raw, PublicFormat.Raw))}

    @property
    def pem(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def key_set(*signers: Signer) -> str:
    return json.dumps({"keys": [signer.jwk for signer in signers]})


def bearer(token: str) -> list[tuple[str, str]]:
    return [("Authorization", f"Bearer {token}")]

"""Key pair by which push services recognize the company's server (VAPID, RFC 8292)."""

import json
from base64 import b64decode, urlsafe_b64encode
from datetime import datetime, timedelta
from typing import Self

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CURVE = ec.SECP256R1()
KEY_BYTES = 32
TOKEN_LIFE = timedelta(hours=12)
"""Push services accept 24 hours at most, by their own clock."""


class PushKey:
    """Private key of P-256 with its public point."""

    def __init__(self, private: ec.EllipticCurvePrivateKey) -> None:
        self._private = private
        self.public = encoded(point(private.public_key()))
        """Public point in base64url, as browsers take it."""

    @classmethod
    def new(cls) -> Self:
        """Generate a key."""
        return cls(ec.generate_private_key(CURVE))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `text` returned. Raises: ValueError."""
        raw = decoded(text)
        if len(raw) != KEY_BYTES:
            raise ValueError(f"{len(raw)} bytes instead of {KEY_BYTES}")
        return cls(ec.derive_private_key(int.from_bytes(raw), CURVE))

    @property
    def text(self) -> str:
        """Private key in base64url, as all tools of VAPID write it."""
        return encoded(self._private.private_numbers().private_value.to_bytes(KEY_BYTES))

    def authorization(self, audience: str, subject: str | None, now: datetime) -> str:
        """Value of the header Authorization for a push service.

        ``audience``: its origin. ``subject``: address of the company, https: or mailto:.
        """
        claims: dict[str, object] = {"aud": audience, "exp": int((now + TOKEN_LIFE).timestamp())}
        if subject is not None:
            claims["sub"] = subject
        parts = {"typ": "JWT", "alg": "ES256"}, claims
        signed = ".".join(encoded(json.dumps(part).encode()) for part in parts)
        r, s = decode_dss_signature(self._private.sign(signed.encode(), ec.ECDSA(SHA256())))
        signature = encoded(r.to_bytes(KEY_BYTES) + s.to_bytes(KEY_BYTES))
        return f"vapid t={signed}.{signature}, k={self.public}"


def point(key: ec.EllipticCurvePublicKey) -> bytes:
    """Uncompressed point of a public key."""
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def point_of(text: str) -> ec.EllipticCurvePublicKey:
    """Read a public point in base64url. Raises: ValueError."""
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(CURVE, decoded(text))
    except UnsupportedAlgorithm as wrong:
        raise ValueError("no point of P-256") from wrong


def encoded(raw: bytes) -> str:
    """Base64url without padding."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """Bytes of a text in base64url without padding. Raises: ValueError."""
    return b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)

"""JSON Web Tokens of an issuer made up for tests, with a key that both sides know."""

import base64
import hashlib
import hmac
import json
from typing import Final

ISSUER: Final = "ci"
_SECRET: Final = b"0123456789abcdef0123456789abcdef"


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


KEYS: Final = json.dumps({"keys": [{"kty": "oct", "alg": "HS256", "k": _base64(_SECRET)}]})


def token(secret: bytes = _SECRET) -> str:
    """Of the issuer, unless another `secret` signs it."""
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256"}, {"iss": ISSUER, "sub": "test"})]
    signed = ".".join(map(_base64, parts))
    return f"{signed}.{_base64(hmac.new(secret, signed.encode(), hashlib.sha256).digest())}"

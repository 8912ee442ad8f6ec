"""Tokens: which are good, what they may do, and how a header carries them."""

import base64
import binascii
from dataclasses import dataclass

from sandbox import seed
from sandbox.fly.errors import Refused

_SCHEMES = ("Bearer ", "FlyV1 ")


@dataclass(frozen=True, slots=True)
class Token:
    """A token that the platform knows; `owner` is how a lease names it."""

    id: str
    owner: str
    writes: bool


def bearer(header: str) -> Token:
    """The best token of an Authorization header, under either scheme; 401 when none of them is known."""
    for scheme in _SCHEMES:
        if header.startswith(scheme):
            return _best(header)
    raise _unknown()


def basic(header: str) -> Token:
    """The token of a docker login: user x, the token as password, without its scheme (flyctl, docker auth)."""
    try:
        user, _, password = base64.b64decode(header.removeprefix("Basic "), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise _unknown() from error
    if not header.startswith("Basic ") or user != "x" or password.startswith(_SCHEMES):
        raise _unknown()
    return _best(password)


def _best(text: str) -> Token:
    known = _known()
    tokens = [known[part] for part in _bare(text).split(",") if part in known]
    if not tokens:
        raise _unknown()
    return max(tokens, key=lambda token: token.writes)


def _bare(text: str) -> str:
    while text.startswith(_SCHEMES):
        text = text.removeprefix("Bearer ").removeprefix("FlyV1 ").strip()
    return text


def _known() -> dict[str, Token]:
    return {
        _bare(seed.CREDENTIALS["FLY_API_TOKEN"]): Token("deploy", "0b7d55e1c3a94f28@tokens.fly.io", writes=True),
        _bare(seed.CREDENTIALS["FLY_READ_TOKEN"]): Token("readonly", "c1f0a2be77d24e63@tokens.fly.io", writes=False),
    }


def _unknown() -> Refused:
    return Refused(401, "Authenticate: token validation error")

"""Redaction: what is a secret, or looks like one, is not repeated: not in a log, not in Slack, not in the record."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from checklist.record import Json

HIDDEN = "[redacted]"
SHORTEST = 8  # characters: to hide a shorter one wherever it stands would hide ordinary words

# The forms in which the world's tokens come: Slack, Fly.io, GitHub, a JSON Web Token, a private key.
FORMS = (
    r"\bxox[a-z](?:\.xox[a-z])?-[\w-]{6,}",
    r"\bxapp-[\w-]{6,}",
    r"https://hooks\.slack\.com/[\w/-]+",  # who knows the address may post
    r"\bFlyV1\s+[\w+/=,.-]{8,}",
    r"\b(?:fm1r|fm1a|fm2|fo1)_[\w+/=.-]{6,}",
    r"\bgh[pousr]_\w{6,}",
    r"\bgithub_pat_\w{6,}",
    r"\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*",
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
)
IN_URL = re.compile(r"(?<=://)[^\s/@]*@")  # user:password@


@dataclass(frozen=True, slots=True)
class Redactor:
    """Hides the known secrets wherever they stand, and whatever has the form of one."""

    known: tuple[str, ...] = ()
    _pattern: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        longest_first = sorted({one for one in self.known if len(one) >= SHORTEST}, key=len, reverse=True)
        pattern = re.compile("|".join([*map(re.escape, longest_first), *FORMS]), re.DOTALL | re.ASCII)
        object.__setattr__(self, "_pattern", pattern)  # frozen: set once, here

    def text(self, text: str) -> str:
        """The text without secrets. No form is shorter than the shortest of those that are known."""
        hidden = self._pattern.sub(HIDDEN, text) if len(text) >= SHORTEST else text
        return IN_URL.sub(f"{HIDDEN}@", hidden) if "://" in hidden else hidden

    def json(self, value: Json) -> Json:
        """The value without secrets in any text of it, keys included."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.json(one) for one in value]
        if isinstance(value, dict):
            return self.body(value)
        return value

    def body(self, body: Mapping[str, Json]) -> dict[str, Json]:
        return {self.text(key): self.json(value) for key, value in body.items()}

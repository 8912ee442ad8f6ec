"""Releases as Fly counts them: the lines of `fly releases`, and what each machine says of the one it came with."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from checklist.record import Json

RELEASE_ID, RELEASE_VERSION = "fly_release_id", "fly_release_version"
PLATFORM_VERSION, MANAGED = "fly_platform_version", "v2"  # flyctl leaves machines without it alone
# Machine metadata that names a release and its tool. Nobody knows it before the release is there.
MARKS = frozenset({RELEASE_ID, RELEASE_VERSION, "fly_flyctl_version", PLATFORM_VERSION})


class ReleaseStatus(StrEnum):
    """What became of a release, in Fly's words."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETE = "complete"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True, kw_only=True)
class FlyRelease:
    """One line of `fly releases`."""

    id: str
    version: int
    status: str
    image: str
    created_at: datetime | None = None  # of one that the record remembers nobody needs it

    def marks(self, by: str) -> dict[str, str]:
        """What each machine says of it; `by` is the name and version of the tool."""
        return {RELEASE_ID: self.id, RELEASE_VERSION: str(self.version), "fly_flyctl_version": by}


def with_release(config: Mapping[str, Json], marks: Mapping[str, str]) -> dict[str, Json]:
    """The same config as one of this release; without marks it stays that of the release it is of."""
    if not marks:
        return dict(config)
    metadata = _metadata(config)
    managed = metadata.get(PLATFORM_VERSION) or MANAGED
    return {**config, "metadata": {**metadata, **marks, PLATFORM_VERSION: managed}}


def without_release(config: Mapping[str, Json]) -> dict[str, Json]:
    """The config without what a release leaves on it: this much can be planned, approved and compared."""
    rest = {key: value for key, value in _metadata(config).items() if key not in MARKS}
    return {**config, "metadata": rest}


def release_of(config: Mapping[str, Json]) -> str:
    """The number of the release that the machine says it is of, or nothing."""
    return str(_metadata(config).get(RELEASE_VERSION, ""))


def _metadata(config: Mapping[str, Json]) -> dict[str, Json]:
    metadata = config.get("metadata")
    return metadata if isinstance(metadata, dict) else {}

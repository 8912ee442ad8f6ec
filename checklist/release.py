"""The release: what is to be deployed, and what must be written down about it."""

from dataclasses import dataclass

from checklist.words import ImageDigest, StrategyName


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What is to be deployed, and what RTS 2024/1774 art. 17(1) wants written down about it."""

    version: str
    image: str  # as it was asked for
    digest: ImageDigest  # what it named when the deployment was opened
    commit: str
    customers: str
    risk: str
    security: str
    outcome: str
    migrations: bool
    maintenance: bool
    strategy: StrategyName = StrategyName.ROLLING

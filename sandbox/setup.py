"""The workplace's copy of the checklist: the shipped one, pointed at the sandbox's Slack, people and apps."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from sandbox import seed, yaml_files
from sandbox.fly.opening import TWO_MACHINES, Fleet

_PACE = {"poll": "300ms", "reads": 3, "grace": "2s", "proxies": "300ms"}  # a machine here moves within a second


def write_checklist(
    original: Path, copy: Path, base_url: str, fleet: Fleet = TWO_MACHINES, *, brisk: bool = True
) -> dict[str, Any]:
    """Write the copy, and return what it says. Nobody real stays in it: who is unknown here gets no Slack id."""
    document, text = _pointed(original.read_text(encoding="utf-8"), base_url, fleet, brisk=brisk)
    copy.write_text(text, encoding="utf-8")
    return document


@lru_cache(maxsize=1)  # the tests open one sandbox after the other, all alike
def _pointed(original: str, base_url: str, fleet: Fleet, *, brisk: bool) -> tuple[dict[str, Any], str]:
    # The document belongs to the product: what is not replaced here is carried over unseen.
    document: dict[str, Any] = yaml_files.read(original)
    ids = {person.key: [person.id] for person in seed.PEOPLE}
    document["workspace"] = {"team_id": seed.TEAM_ID, "channel_id": seed.CHANNEL_ID}
    for key, person in (document.get("people") or {}).items():
        person["slack"] = ids.get(key, [])
    for key, app in (document.get("apps") or {}).items():
        app["url"] = f"{base_url}/{key}"
    if brisk:
        _quicken(document)
    _count(document, fleet)
    return document, yaml_files.written(document)


def _quicken(document: dict[str, Any]) -> None:
    """Let the rollout read as often as the sandbox's machines change."""
    for section in document.get("sections") or []:
        for item in section.get("items") or []:
            if (item.get("check") or {}).get("kind") == "fly.rollout":
                item["check"] |= _PACE


def _count(document: dict[str, Any], fleet: Fleet) -> None:
    """Let production have as many machines as were opened, and let so many be enough."""
    for key, app in (document.get("apps") or {}).items():
        if key == "production" and "machines" in app:
            app["machines"] = fleet.size
    for section in document.get("sections") or []:
        for item in section.get("items") or []:
            check = item.get("check") or {}
            if "min_machines" in check:
                check["min_machines"] = min(check["min_machines"], fleet.started)

"""The workplace's copy of the checklist: the shipped one, pointed at the sandbox's Slack, people and apps."""

from pathlib import Path
from typing import Any

import yaml

from sandbox import seed
from sandbox.fly.opening import TWO_MACHINES, Fleet

_PACE = {"poll": "300ms", "reads": 3, "grace": "2s", "proxies": "300ms"}  # a machine here moves within a second


def write_checklist(
    original: Path, copy: Path, base_url: str, fleet: Fleet = TWO_MACHINES, *, brisk: bool = True
) -> dict[str, Any]:
    """Write the copy, and return what it says. Nobody real stays in it: who is unknown here gets no Slack id."""
    # The document belongs to the product: what is not replaced here is carried over unseen.
    document: dict[str, Any] = _read(original.read_text(encoding="utf-8"))
    ids = {person.key: [person.id] for person in seed.PEOPLE}
    document["workspace"] = {"team_id": seed.TEAM_ID, "channel_id": seed.CHANNEL_ID}
    for key, person in (document.get("people") or {}).items():
        person["slack"] = ids.get(key, [])
    for key, app in (document.get("apps") or {}).items():
        app["url"] = f"{base_url}/{key}"
    if brisk:
        _quicken(document)
    _count(document, fleet)
    copy.write_text(_written(document), encoding="utf-8")
    return document


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


def _read(text: str) -> Any:  # a document of the product: only its replaced parts are looked at
    """By libyaml where it is there: a sandbox starts a quarter of a second sooner."""
    return yaml.CSafeLoader(text).get_single_data() if yaml.__with_libyaml__ else yaml.safe_load(text)


def _written(document: dict[str, Any]) -> str:
    dumper = yaml.CSafeDumper if yaml.__with_libyaml__ else yaml.SafeDumper
    return str(yaml.dump(document, Dumper=dumper, sort_keys=False, allow_unicode=True, width=120))

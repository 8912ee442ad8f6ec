"""drop-bot doctor: everything that the bot rests on is looked at, and nothing is changed."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

from bot.clock import CLOCK_ODD, ClockRefused, ClockWatch
from bot.doctor_fly import examine_fly
from bot.doctor_record import examine_record
from bot.doctor_slack import examine_slack
from bot.findings import Finding, Grade, ok, warning, wrong
from bot.ground import Basis, Outside, basis_of, outside_of
from bot.settings import Settings, SettingsWrong, read_settings
from bot.teller import Say
from checklist.definition import Checklist
from checklist.loading import ChecklistInvalid
from checklist.redaction import Redactor
from commands.deps import CLOCK_WRONG

DEFAULTS = {  # where the platforms are, if nobody says otherwise
    "SLACK_API_URL": "slack.com",
    "FLY_FLAPS_BASE_URL": "api.machines.dev",
    "FLY_API_BASE_URL": "api.fly.io",
    "FLY_REGISTRY_URL": "registry.fly.io",
    "GITHUB_API_URL": "api.github.com",
}


async def examine(say: Say) -> int:
    """Say every finding; 0 when nothing is wrong."""
    try:
        settings = read_settings()
    except SettingsWrong as trouble:
        for line in trouble.lines:
            say(f"{Grade.WRONG:<8} {line}")
        say(f"{Grade.WARNING:<8} Nothing else was looked at: it takes these settings.")
        return 1
    hidden, grades = Redactor(settings.secrets), set()
    async for finding in _findings(settings):
        say(hidden.text(finding.line))
        grades.add(finding.grade)
    return 1 if Grade.WRONG in grades else 0


async def _findings(settings: Settings) -> AsyncIterator[Finding]:
    for finding in _settings(settings):
        yield finding
    for finding in await examine_record(settings):
        yield finding
    try:
        basis = basis_of(settings)
    except ChecklistInvalid as invalid:
        for problem in invalid.problems:
            yield wrong(str(problem), "Then run this again: everything else is named in that file")
        return
    except ClockRefused as refused:
        yield wrong(str(refused).rstrip("."), "")
        return
    yield _checklist(settings, basis.checklist)
    async with AsyncExitStack() as stack:
        outside = await outside_of(basis, stack)
        async for finding in _outside(basis, outside):
            yield finding


async def _outside(basis: Basis, outside: Outside) -> AsyncIterator[Finding]:
    for finding in await examine_slack(basis, outside.client):
        yield finding
    for finding in await examine_fly(basis, outside):
        yield finding
    for finding in await _clock(outside.clock_watch):
        yield finding


def _settings(settings: Settings) -> list[Finding]:
    door = "SLACK_APP_TOKEN: Socket Mode" if settings.socket_mode else "SLACK_SIGNING_SECRET: signed HTTP"
    return [
        ok(f"Slack reaches the bot by {door}"),
        *_elsewhere(settings),
        *_optional(settings),
        *_moved(settings),
    ]


def _elsewhere(settings: Settings) -> list[Finding]:
    """Endpoints that are not the platforms' own."""
    return [
        warning(f"{name} is {urlsplit(url).hostname}, not {usual}", f"Unset {name}, unless that is meant")
        for (name, usual), url in zip(DEFAULTS.items(), settings.endpoints, strict=True)
        if urlsplit(url).hostname != usual
    ]


def _optional(settings: Settings) -> list[Finding]:
    missing = {
        "FLY_READ_TOKEN": (settings.fly_read_token, "metrics and logs are not read"),
        "GITHUB_TOKEN": (settings.github_token, "nothing on GitHub is read"),
    }
    return [
        ok(f"{name} is set")
        if token.get_secret_value()
        else warning(f"{name} is not set: {lost}", "The items that rest on it are attested until it is")
        for name, (token, lost) in missing.items()
    ]


def _moved(settings: Settings) -> list[Finding]:
    if settings.drop_clock_file is None:
        return []
    return [warning("DROP_CLOCK_FILE moves the clock", "Only the sandbox may; unset it anywhere else")]


def _checklist(settings: Settings, checklist: Checklist) -> Finding:
    items = sum(1 for _ in checklist.items())
    return ok(f"{settings.drop_checklist} is valid: {items} items, revision {checklist.revision[:12]}")


async def _clock(watch: ClockWatch) -> list[Finding]:
    seen = await watch.look()
    advice = "Set this machine's clock by NTP; beyond 120 s nothing goes forward"
    return [_skew(name, skew.total_seconds(), advice) for name, skew in seen.items()] or [
        warning("Neither Slack nor Fly says what time it is", "Until one does, nothing goes forward")
    ]


def _skew(name: str, seconds: float, advice: str) -> Finding:
    what = f"The clock of this machine is {abs(seconds):.0f} s {'behind' if seconds > 0 else 'ahead of'} {name}'s"
    if abs(seconds) > CLOCK_WRONG.total_seconds():
        return wrong(what, advice)
    return warning(what, advice) if abs(seconds) > CLOCK_ODD.total_seconds() else ok(what)

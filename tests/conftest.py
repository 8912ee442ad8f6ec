"""A workplace for every test that needs one: the sandbox, people at its doors, and the real bot at work in it."""

import gc
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path
from socket import SO_REUSEADDR, SOL_SOCKET, socket

import hypothesis
import pytest
import yaml

from bot.app import serving
from bot.settings import read_settings
from checklist import loading
from checklist.definition import Checklist
from runs.engine import migrate
from sandbox.canaries import leaks
from sandbox.client import Control
from sandbox.postgres import NoPostgres, Postgres, running
from sandbox.server import Sandbox
from storage.engine import record_engine
from storage.files import beside
from storage.upgrade import upgrade
from tests.at_rest import upgraded_file
from tests.bot.scene import Scene
from tests.haste import hurries

ROOT = Path(__file__).parent.parent
hypothesis.settings.register_profile("unhurried", deadline=None)  # no test of ours is timed
hypothesis.settings.load_profile("unhurried")
BRISK = {"poll": "200ms", "reads": 2, "grace": "1s", "proxies": "200ms"}  # how patiently the tests' rollouts read


UNREHEARSED = {"proof": "attest", "check": {"kind": "attest"}}  # a rehearsal takes seconds in each test


def pytest_collection() -> None:
    """What is imported lives to the end: looking at it again and again would be a third of all the work."""
    gc.disable()


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def brisk_checklist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checklist that the product ships, with a rollout that reads often, and a person's word for the rehearsal."""
    return brisk(tmp_path_factory.mktemp("workplace") / "checklist.yml", **{"rollback-rehearsed": UNREHEARSED})


def brisk(copy: Path, **changed: Mapping[str, object]) -> Path:
    """A copy of the checklist that the product ships, whose rollout reads often, with these parts of items changed."""
    document = yaml.safe_load((ROOT / "checklist.yml").read_text(encoding="utf-8"))
    items = {item["id"]: item for section in document["sections"] for item in section["items"]}
    items["deploy-trigger"]["check"] |= BRISK
    for id, change in changed.items():
        items[id] |= change
    copy.write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return copy


@pytest.fixture(scope="session", autouse=True)
def _each_checklist_is_read_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loading, "parse", _once(loading.parse))
        yield


def _once(parse: Callable[[str, str], Checklist]) -> Callable[[str, str], Checklist]:
    known: dict[str, Checklist] = {}  # by text: the name of a file is only in the problems of one that is refused

    def read(text: str, name: str) -> Checklist:
        if text not in known:
            known[text] = parse(text, name)
        return known[text]

    return read


def usual_port() -> int:
    """A port of this process's own, below those that connections take; 0 for any while somebody else has it.

    What has the same address each time has the same checklist each time.
    """
    port = 20_000 + os.getpid() % 10_000
    with socket() as trial:
        trial.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except OSError:
            return 0
    return port


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Sandbox]:
    """A sandbox as it opens, with no checklist and no bot."""
    async with Sandbox(tmp_path) as running:
        yield running


@pytest.fixture
async def people(sandbox: Sandbox) -> AsyncIterator[Control]:
    async with Control(sandbox.base_url) as control:
        yield control


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The DATABASE_URL of a workplace on PostgreSQL; empty for one with a SQLite file of its own."""
    if getattr(request, "param", "") != "postgresql":
        return ""
    monkeypatch.chdir(tmp_path)  # beside a server nothing can lie, so the bot leaves its plan file where it stands
    return str(request.getfixturevalue("upgraded_postgres"))


@pytest.fixture
async def workplace(
    tmp_path: Path, brisk_checklist: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Sandbox]:
    """A sandbox with the product's checklist and manifest, and no bot. In the end no secret may be found in it."""
    box = Sandbox(
        tmp_path,
        checklist=brisk_checklist,
        manifest=ROOT / "manifest.yml",
        database_url=database,
        brisk=False,
        port=usual_port(),
    )
    async with box as sandbox:
        hurries(sandbox.world, monkeypatch)
        if not database:
            upgraded_file(beside(sandbox.world.database_url, ""))
        yield sandbox
        assert leaks(sandbox.world) == []


@pytest.fixture
async def scene(workplace: Sandbox, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scene]:
    """The workplace with the bot in this very process, connected to Slack."""
    for name, value in workplace.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(workplace.world.folder)  # what lies beside a database on a server lies where the bot works
    async with serving(read_settings()) as house, Control(workplace.base_url) as people:
        await people.waits_for_the_bot()
        played = Scene(sandbox=workplace, people=people, house=house)
        yield played
        played.knows_what_stands()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server. Where its wheel is not installed, each test that needs it says so."""
    try:
        with running() as server:
            yield server
    except NoPostgres as missing:
        pytest.skip(str(missing))


@pytest.fixture
def empty_postgres(postgres: Postgres) -> Iterator[str]:
    """The address of a PostgreSQL database without tables."""
    name = postgres.create()
    yield postgres.url(name)
    postgres.drop(name)


@pytest.fixture(scope="session")
def postgres_at_rest(postgres: Postgres) -> str:
    """The name of a database as `drop-bot db upgrade` leaves it: each test has a copy."""
    name = postgres.create()
    engine = record_engine(postgres.url(name))
    upgrade(engine)
    engine.dispose()
    migrate(postgres.url(name))
    return name


@pytest.fixture
def upgraded_postgres(postgres: Postgres, postgres_at_rest: str) -> Iterator[str]:
    """The address of a PostgreSQL database with all tables."""
    name = postgres.create(like=postgres_at_rest)
    yield postgres.url(name)
    postgres.drop(name)

"""Each arrow of the house, tried with a violation: a contract that never broke proves nothing."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any  # a configuration file is whatever it says

import pytest

ROOT = Path(__file__).parent.parent
CONFIGURATION: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
NAMES = [contract["name"] for contract in CONFIGURATION["contracts"]]
TRESPASSES = {
    "Arrows point at the checklist": [
        ("checklist", "commands"),
        ("checklist", "storage"),
        ("commands", "storage"),
        ("commands", "runs"),
        ("storage", "fly"),
        ("fly", "checks"),
        ("checks", "commands"),
        ("runs", "bot"),
    ],
    "Runs reach the world through ports": [("runs", "storage"), ("runs", "fly"), ("runs", "checks")],
    "Views only draw": [("bot.views", "commands"), ("bot.views", "runs"), ("bot.views", "storage")],
    "Only bot speaks Slack": [("runs", "slack_sdk"), ("checks", "slack_sdk"), ("commands", "slack_bolt")],
    "Only storage speaks SQL": [("bot", "sqlalchemy"), ("runs", "sqlmodel"), ("commands", "alembic")],
    "Only runs knows the engine": [("bot", "dbos"), ("storage", "dbos")],
    "Only fly and checks make HTTP requests": [("bot", "httpx"), ("commands", "httpx")],
    "The sandbox knows nothing of the product": [("sandbox", "bot"), ("sandbox", "checklist")],
    "The product knows nothing of the sandbox": [("bot", "sandbox"), ("fly", "sandbox")],
}


def lint(house: Path) -> str:
    """What import-linter says about the packages in this folder."""
    outcome = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as lint; lint()", "--no-cache"],
        cwd=house,
        env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    return outcome.stdout + outcome.stderr


def chapter(report: str, contract: str) -> str:
    """The part of a report that tells how this contract was broken."""
    parts = re.split(rf"^({'|'.join(map(re.escape, NAMES))})$", report, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True)).get(contract, "")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the packages and of the contracts, for a test to spoil."""
    copy = tmp_path_factory.mktemp("house")
    shutil.copy(ROOT / "pyproject.toml", copy)
    for package in CONFIGURATION["root_packages"]:
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


@pytest.fixture(scope="module")
def report(house: Path) -> str:
    """What import-linter says once every trespass has been committed."""
    for source, target in (trespass for trespasses in TRESPASSES.values() for trespass in trespasses):
        (house / source.replace(".", "/") / f"imports_{target}.py").write_text(f"import {target}\n")
    (house / "bot" / "cli.py").write_text("import sandbox.started_by_the_command_line\n")
    (house / "sandbox" / "started_by_the_command_line.py").touch()
    return lint(house)


def test_the_house_keeps_its_contracts() -> None:
    assert f"Contracts: {len(NAMES)} kept, 0 broken." in lint(ROOT)


def test_every_contract_is_tried() -> None:
    assert set(TRESPASSES) == set(NAMES)


@pytest.mark.parametrize("contract", NAMES)
def test_a_trespass_breaks_its_contract(contract: str, report: str) -> None:
    assert f"{contract} BROKEN" in report
    for source, target in TRESPASSES[contract]:
        assert re.search(rf"{source}\.imports_{target} -> {target}\b", chapter(report, contract))


def test_the_command_line_may_start_the_sandbox(report: str) -> None:
    contract = chapter(report, "The product knows nothing of the sandbox")

    assert "bot.imports_sandbox" in contract
    assert "bot.cli" not in contract

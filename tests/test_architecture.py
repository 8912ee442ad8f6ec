"""The house rules that no linter knows."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
LONGEST_FUNCTION = 40
DOMAIN_MAY_IMPORT = {"checklist", "pydantic", "yaml", "holidays"}
ESCAPE_HATCH = re.compile(r"(?:#\s*noqa|#\s*type:\s*ignore|except Exception)\S*(?P<reason>.*)")


def files_of_the_project() -> list[Path]:
    """What is committed, or would be: everything in the work tree that git does not ignore."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    paths = [ROOT / name for name in listing.stdout.split("\0") if name]
    return sorted(path for path in paths if path.is_file())


@cache
def texts() -> tuple[tuple[str, list[str]], ...]:
    """Each text file of the project, with its lines; pictures and fonts are no text."""
    contents = ((path, path.read_bytes()) for path in files_of_the_project())
    return tuple(
        (str(path.relative_to(ROOT)), content.decode().splitlines())
        for path, content in contents
        if b"\0" not in content
    )


@cache
def modules() -> tuple[tuple[str, list[str], ast.Module], ...]:
    return tuple(
        (name, lines, ast.parse("\n".join(lines), filename=name)) for name, lines in texts() if name.endswith(".py")
    )


def found(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{name}:{number}: {line.strip()}"
        for name, lines in texts()
        for number, line in enumerate(lines, start=1)
        if pattern.search(line)
    ]


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def imported(tree: ast.Module) -> Iterator[str]:
    """The top-level packages that a module imports, wherever in it the import stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.split(".")[0]


def distribution(requirement: str) -> str:
    """The normal form of a requirement's name: `psycopg[binary]>=3.2` is `psycopg`."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~; ]", requirement)[0]).lower()


def pins(file: str) -> dict[str, str]:
    """Name and entry, hashes included, of everything that a compiled requirements file pins."""
    entries = re.split(r"\n(?=[a-z0-9])", (ROOT / "requirements" / file).read_text())
    return {entry.split("==")[0]: entry for entry in entries}


def test_no_function_is_longer_than_forty_lines() -> None:
    too_long = [
        f"{name}:{function.lineno}: {function.name} has {length(function)} lines"
        for name, _, tree in modules()
        for function in functions(tree)
        if length(function) > LONGEST_FUNCTION
    ]

    assert too_long == []


def test_every_module_says_what_lives_in_it() -> None:
    silent = [name for name, _, tree in modules() if tree.body and not ast.get_docstring(tree)]

    assert silent == []


def test_every_way_around_a_rule_has_its_reason_beside_it() -> None:
    unargued = [
        f"{name}:{number + 1}: {line.strip()}"
        for name, lines, _ in modules()
        for number, line in enumerate(lines)
        if name != "tests/test_architecture.py"
        and (hatch := ESCAPE_HATCH.search(line))
        and not re.search(r"#\s*\w{3}", hatch["reason"])
        and not lines[number - 1].strip().startswith("#")
    ]

    assert unargued == []


def test_the_domain_needs_nothing_but_python_and_three_libraries_that_do_no_io() -> None:
    strangers = [
        f"{name}: {package}"
        for name, _, tree in modules()
        if name.startswith("checklist/")
        for package in imported(tree)
        if package not in DOMAIN_MAY_IMPORT | sys.stdlib_module_names
    ]

    assert strangers == []


def test_no_file_says_where_packages_come_from() -> None:
    hosts = r"pypi[.](?:org|python)|python[h]osted|npm[j]s|debian[.]org|crates[.]io|proxy[.]golang"
    options = r"(?<!no-emit-)index[-]url|find[-]links|trusted[-]host"

    assert found(re.compile(f"{hosts}|{options}")) == []


def test_no_file_names_a_folder_of_somebody_s_machine() -> None:
    folder = re.compile(r"(?<![\w.}/:-])/(?:home|Users|root|work|tmp)/")

    # Fly's description, which is copied as it is, has an example of a file inside a container.
    assert [line for line in found(folder) if not line.startswith("tests/schemas/")] == []


def test_every_dependency_is_pinned_and_every_pin_has_a_hash() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = project["dependency-groups"]
    product = {distribution(name) for name in [*project["project"]["dependencies"], *groups["build"]]}
    base, dev, lock = pins("base.txt"), pins("dev.txt"), pins("lock.txt")

    assert product <= set(base)
    assert product | {distribution(name) for name in groups["dev"]} <= set(dev)
    assert {distribution(name) for name in groups["lock"]} <= set(lock)
    assert [entry for entry in [*base.values(), *dev.values(), *lock.values()] if "--hash=sha256:" not in entry] == []


def test_developers_run_what_production_runs() -> None:
    base, dev = pins("base.txt"), pins("dev.txt")

    assert {name: entry.splitlines()[0] for name, entry in dev.items() if name in base} == {
        name: entry.splitlines()[0] for name, entry in base.items()
    }

"""docs/flyctl-cases.md is what it says: its tests are there, they name what they stand for, and its figures add up."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "flyctl-cases.md").read_text(encoding="utf-8")
APPLY, REST = PAGE.split("## They do not")
GO_TEST = re.compile(r"`((?:Test|Fuzz)\w+(?:/\w+)?)`")
OURS = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
ROWS = [line for line in APPLY.splitlines() if line.startswith("| `")]
# Each Go test, or row of one, with the tests of ours that stand for it.
STANDS = {name: OURS.findall(line) for line in ROWS for name in GO_TEST.findall(line)}
NAMED = [
    (page, *found)
    for page in ("fly.md", "flyctl-cases.md")
    for found in set(OURS.findall((ROOT / "docs" / page).read_text(encoding="utf-8")))
]


def go_tests(text: str) -> list[str]:
    """The functions, each once however many of its rows have a line."""
    return sorted({name.partition("/")[0] for name in GO_TEST.findall(text)})


@pytest.mark.parametrize(("page", "file", "test"), sorted(NAMED))
def test_every_test_that_the_pages_of_the_fly_engine_name_is_there(page: str, file: str, test: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")

    assert re.search(rf"^(async )?def {test or 'test_'}", text, re.MULTILINE)


@pytest.mark.parametrize("go_test", STANDS)
def test_a_test_says_for_which_of_flyctl_s_it_stands(go_test: str) -> None:
    assert STANDS[go_test]
    for file, test in STANDS[go_test]:
        assert test
        assert go_test in (ROOT / file).read_text(encoding="utf-8")


def test_no_test_of_flyctl_s_is_told_of_twice() -> None:
    assert not set(go_tests(APPLY)) & set(go_tests(REST))
    assert len(STANDS) == len([name for line in ROWS for name in GO_TEST.findall(line)])


def test_the_figures_add_up() -> None:
    read, apply = map(int, re.findall(r"are (\d+) tests, of which (\d+) apply", APPLY)[0])

    assert (len(go_tests(PAGE)), len(go_tests("\n".join(ROWS)))) == (read, apply)


def test_what_our_tests_name_of_flyctl_is_on_the_page() -> None:
    """But for the two of its branches."""
    branches = {"TestRefreshLeaseUntilCanceled", "TestUpdateMachineInPlaceRetriesTransientFailures"}
    text = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "fly").rglob("test_flyctl_*.py"))
    named = set(re.findall(r'(?:"|""")((?:Test_?[A-Z]|Test_resolve|Fuzz)\w+)', text)) - branches

    assert named - set(go_tests(APPLY)) == set()

"""The file of one deployment: whoever edits, drops, adds, moves or cuts a line of it is found, without the record."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from checklist.export import Denied, Export, Head, NotAnExport, head_of, lines_of, read_export
from checklist.record import ChainBroken, Entry, Fact, Json, canonical, chained, sha256
from checklist.words import DeploymentId
from tests.checklist.builders import OPENED

CR = DeploymentId("CR-007")
PLAN: Mapping[str, Json] = {"app": "drop-app", "image": "sha256:1897"}
DIGEST = sha256(canonical(PLAN))
SHOWN = "John asks you to approve Drop v0.5.0.\nAt night."
ASKED: Mapping[str, Json] = {"plan": DIGEST, "content": dict(PLAN)}
SIGNED: Mapping[str, Json] = {"plan": DIGEST, "shown": SHOWN, "shown_sha256": sha256(SHOWN)}
# What the record holds: somebody else's entries before, between and after those of the deployment.
FACTS: tuple[tuple[str, str | None, Mapping[str, Json]], ...] = (
    ("record.opened", None, {}),
    ("deployment.completed", "CR-006", {}),
    ("deployment.opened", CR, {"version": "0.5.0"}),
    ("item.checked", CR, {"item": "lint", "reason": "æøå “quoted”"}),
    ("drift.seen", None, {"app": "drop-app"}),
    ("approval.requested", CR, ASKED),
    ("deployment.approved", CR, SIGNED),
    ("ask.refused", "CR-006", {"refusal": "NotAllowed"}),
    ("deployment.completed", CR, {}),
    ("deployment.opened", "CR-008", {"version": "0.6.0"}),
)
FIRST, LAST = 3, 9


def chain(facts: Iterable[tuple[str, str | None, Mapping[str, Json]]] = FACTS) -> list[Entry]:
    entries: list[Entry] = []
    for number, (kind, deployment, body) in enumerate(facts):
        of = DeploymentId(deployment) if deployment else None
        fact = Fact(kind=kind, at=OPENED + timedelta(seconds=number), by="alem", deployment=of, body=body)
        entries.append(chained(fact, after=entries[-1] if entries else None))
    return entries


def exported(entries: list[Entry] | None = None) -> list[str]:
    """The lines of the file."""
    return list(lines_of(CR, FIRST, LAST, (entries or chain())[FIRST - 1 :]))


def refused(lines: list[str]) -> tuple[int, str]:
    """The line that shows it, and the words."""
    with pytest.raises(NotAnExport) as no:
        read_export(lines)
    return no.value.line, str(no.value)


def edited(line: str, **changed: Json) -> str:
    return canonical({**json.loads(line), **changed}) + "\n"


def signed_otherwise(body: Mapping[str, Json], kind: str) -> list[str]:
    """The file of a record that was hashed anew from an entry of this kind on, which holds something else now."""
    return exported(chain((each, of, {**was, **body} if each == kind else was) for each, of, was in FACTS))


def test_it_holds_every_entry_from_the_first_of_the_deployment_to_its_last() -> None:
    lines = exported()

    assert json.loads(lines[0]) == {"deployment": CR, "first": 3, "format": "drop-bot/export/1", "last": 9}
    assert [json.loads(line)["seq"] for line in lines[1:]] == [3, 4, 5, 6, 7, 8, 9]


def test_the_same_record_gives_the_same_file() -> None:
    assert exported() == exported()


def test_whoever_reads_it_learns_what_was_the_deployments_own_and_what_was_signed() -> None:
    found = read_export(exported())

    assert isinstance(found, Export)
    assert [entry.seq for entry in found.own] == [3, 4, 6, 7, 9]
    assert [(each.by, each.plan, each.shown) for each in found.signed] == [("alem", DIGEST, SHOWN)]


def test_the_first_deployment_of_a_record_is_exported_from_its_very_beginning() -> None:
    entries = chain(FACTS[2:9])

    lines = list(lines_of(CR, 1, 7, entries))

    assert read_export(lines).first == entries[0]
    assert refused([lines[0], edited(lines[1], previous="1" * 64), *lines[2:]])[0] == 2


def test_a_record_that_does_not_verify_is_not_exported() -> None:
    entries = chain()
    entries[5] = replace(entries[5], fact=replace(entries[5].fact, by="john"))

    with pytest.raises(ChainBroken) as broken:
        exported(entries)

    assert broken.value.seq == 6


@pytest.mark.parametrize("field", ["seq", "previous", "kind", "at", "by", "deployment", "body", "hash"])
def test_each_edit_of_a_line_is_found_there(field: str) -> None:
    others: Mapping[str, Json] = {"seq": 99, "at": "2026-11-24T00:00:00+00:00", "body": {"item": "other"}}

    for place, line in enumerate(exported()[1:], start=1):
        lines = exported()
        lines[place] = edited(line, **{field: others.get(field, "0" * 64)})
        assert refused(lines)[0] == place + 1


EDITS: Mapping[str, Callable[[list[str]], list[str]]] = {
    "cut off": lambda lines: lines[:-1],
    "one is gone": lambda lines: lines[:4] + lines[5:],
    "one stands twice": lambda lines: lines[:5] + lines[4:],
    "two changed places": lambda lines: [*lines[:4], lines[5], lines[4], *lines[6:]],
    "the first is gone": lambda lines: [lines[0], *lines[2:]],
    "one more": lambda lines: [*lines, edited(lines[-1], seq=10)],
    "a blank line": lambda lines: [*lines[:4], "\n", *lines[4:]],
    "no line is left": lambda lines: lines[:1],
    "nothing": lambda lines: [],
    "no JSON": lambda lines: ["drop-bot\n", *lines[1:]],
    "another format": lambda lines: [edited(lines[0], format="drop-bot/export/2"), *lines[1:]],
    "another deployment": lambda lines: [edited(lines[0], deployment="CR-006"), *lines[1:]],
    "a shorter one": lambda lines: [edited(lines[0], last=8), *lines[1:-1]],
    "a number as text": lambda lines: [edited(lines[0], last="9"), *lines[1:]],
    "a word too many": lambda lines: [*lines[:3], edited(lines[3], more="words"), *lines[4:]],
    "another spelling": lambda lines: [*lines[:3], lines[3].replace(",", ", ", 1), *lines[4:]],
    "a word twice": lambda lines: [*lines[:3], lines[3].replace("{", '{"by":"john",', 1), *lines[4:]],
    "no end of the line": lambda lines: [*lines[:-1], lines[-1].rstrip()],
}


@pytest.mark.parametrize("edit", EDITS)
def test_each_edit_of_the_file_is_found(edit: str) -> None:
    line, said = refused(EDITS[edit](exported()))

    assert said.startswith(f"line {line} ")


@pytest.mark.parametrize(
    ("kind", "body", "said"),
    [
        ("approval.requested", {"content": {**PLAN, "image": "sha256:other"}}, "holds a plan that is not the one"),
        ("deployment.approved", {"plan": sha256("another plan")}, "is a signature under something else"),
        ("deployment.approved", {"shown": f"{SHOWN} And twice."}, "is a signature under something else"),
    ],
)
def test_a_record_that_was_hashed_anew_is_found_where_a_signature_is_not_under_what_it_names(
    kind: str, body: Mapping[str, Json], said: str
) -> None:
    line, words = refused(signed_otherwise(body, kind))

    assert (line, said in words) == (5 if kind == "approval.requested" else 6, True)


@pytest.mark.parametrize("seq", [FIRST, 5, LAST])
def test_a_head_that_slack_was_told_bears_it_out(seq: int) -> None:
    head = head_of(chain()[seq - 1].head)

    assert read_export(exported(), head=head).deployment == CR


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (Head(seq=5, digits="0" * 12), "entry 5 is not the one of the head 5:000000000000"),
        (Head(seq=99, digits="0" * 12), "there is no entry for the head 99:000000000000"),
    ],
)
def test_a_head_that_the_file_does_not_hold_is_told(head: Head, said: str) -> None:
    with pytest.raises(Denied, match=said):
        read_export(exported(), head=head)


def test_a_record_that_was_rewritten_from_an_entry_on_is_found_by_a_head() -> None:
    head = head_of(chain()[LAST - 1].head)
    rewritten = signed_otherwise({"reason": "it was fine"}, "item.checked")

    with pytest.raises(Denied):
        read_export(rewritten, head=head)


@pytest.mark.parametrize(
    "text", ["", "174", "174:", "174:0a1b", "x:0a1b2c3d4e5f", "174:0A1B2C3D4E5F", "-1:0a1b2c3d4e5f"]
)
def test_what_is_no_head_is_said_to_be_none(text: str) -> None:
    with pytest.raises(ValueError, match="is no head"):
        head_of(text)

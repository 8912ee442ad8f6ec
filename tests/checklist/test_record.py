"""The record's chain: whoever edits, drops, adds or moves an entry is found, at that entry."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklist.record import GENESIS, ChainBroken, Entry, Fact, Json, canonical, chained, entry_hash, sha256, verify
from checklist.words import DeploymentId
from tests.checklist.builders import INSIDE, OPENED

LENGTH = 50
AN_HOUR_EAST = timezone(timedelta(hours=1))


def chain(length: int = LENGTH) -> list[Entry]:
    entries: list[Entry] = []
    for number in range(1, length + 1):
        fact = Fact(
            kind="item.checked",
            at=OPENED + timedelta(seconds=number),
            by="bot",
            deployment=DeploymentId("CR-001"),
            body={"item": f"item-{number}", "read": {"status": 200, "ms": number / 7}, "æøå": None},
        )
        entries.append(chained(fact, after=entries[-1] if entries else None))
    return entries


def fact_edit(edit: Callable[[Fact], Fact]) -> Callable[[Entry], Entry]:
    """An edit of what happened, with the hashes left as they are."""
    return lambda entry: replace(entry, fact=edit(entry.fact))


def turned(digits: str) -> str:
    """The same digits but for one."""
    return ("1" if digits[0] == "0" else "0") + digits[1:]


# One edit of each field of an entry.
EDITS: Mapping[str, Callable[[Entry], Entry]] = {
    "seq": lambda entry: replace(entry, seq=entry.seq + 1),
    "kind": fact_edit(lambda fact: replace(fact, kind="item.waived")),
    "at": fact_edit(lambda fact: replace(fact, at=INSIDE)),
    "at, the same instant in another zone": fact_edit(lambda fact: replace(fact, at=fact.at.astimezone(AN_HOUR_EAST))),
    "by": fact_edit(lambda fact: replace(fact, by="john")),
    "deployment": fact_edit(lambda fact: replace(fact, deployment=DeploymentId("CR-002"))),
    "no deployment": fact_edit(lambda fact: replace(fact, deployment=None)),
    "body, a value": fact_edit(lambda fact: replace(fact, body={**fact.body, "item": "another"})),
    "body, a key more": fact_edit(lambda fact: replace(fact, body={**fact.body, "more": "words"})),
    "body, emptied": fact_edit(lambda fact: replace(fact, body={})),
    "previous": lambda entry: replace(entry, previous=turned(entry.previous)),
    "hash": lambda entry: replace(entry, hash=turned(entry.hash)),
}


def broken_at(entries: list[Entry]) -> int | None:
    try:
        verify(entries)
    except ChainBroken as broken:
        return broken.seq
    return None


def test_an_untouched_chain_verifies_to_its_head() -> None:
    entries = chain()

    assert verify(entries) == entries[-1]
    assert entries[0].previous == GENESIS
    assert [entry.seq for entry in entries] == list(range(1, LENGTH + 1))


def test_an_entrys_hash_covers_its_place_and_all_that_came_before_it() -> None:
    entry = chain(2)[1]

    assert entry.hash == entry_hash(2, entry.previous, entry.fact)
    assert entry.hash != entry_hash(3, entry.previous, entry.fact)
    assert entry.hash != entry_hash(2, turned(entry.previous), entry.fact)


def test_an_empty_chain_has_no_head() -> None:
    assert verify([]) is None


@pytest.mark.parametrize("edit", EDITS)
def test_each_single_edit_is_found_at_its_entry(edit: str) -> None:
    entries = chain()

    for place, entry in enumerate(entries):
        edited = EDITS[edit](entry)
        found = broken_at([*entries[:place], edited, *entries[place + 1 :]])
        assert found == edited.seq


@pytest.mark.parametrize("place", range(LENGTH - 1))
def test_an_entry_that_is_gone_is_found_where_it_stood(place: int) -> None:
    entries = chain()

    assert broken_at([*entries[:place], *entries[place + 1 :]]) == place + 2


@pytest.mark.parametrize("place", range(LENGTH - 1))
def test_two_entries_that_changed_places_are_found(place: int) -> None:
    entries = chain()
    entries[place], entries[place + 1] = entries[place + 1], entries[place]

    assert broken_at(entries) == place + 2


@pytest.mark.parametrize("place", range(LENGTH - 1))
def test_an_entry_edited_with_its_own_hash_made_anew_is_found_at_the_next(place: int) -> None:
    entries = chain()
    forged = chained(replace(entries[place].fact, by="john"), after=entries[place - 1] if place else None)

    assert broken_at([*entries[:place], forged, *entries[place + 1 :]]) == place + 2


def test_a_chain_is_verified_from_any_entry_that_is_trusted() -> None:
    entries = chain()

    assert verify(entries[20:], after=entries[19]) == entries[-1]
    with pytest.raises(ChainBroken) as broken:
        verify(entries[21:], after=entries[19])
    assert broken.value.seq == 22


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@given(body=st.dictionaries(st.text(), JSON, max_size=5))
def test_a_fact_verifies_after_it_was_written_down_and_read_back(body: dict[str, Json]) -> None:
    entry = chained(Fact(kind="x", at=OPENED, by="bot", body=body), after=None)

    at, read = datetime.fromisoformat(OPENED.isoformat()), json.loads(canonical(body))
    again = replace(entry, fact=replace(entry.fact, at=at, body=read))

    assert verify([again]) == again


@given(body=st.dictionaries(st.text(), JSON, max_size=5))
def test_the_same_value_is_always_the_same_text(body: dict[str, Json]) -> None:
    turned_around = dict(reversed(body.items()))

    assert canonical(turned_around) == canonical(body)
    assert sha256(canonical(turned_around)) == sha256(canonical(body))

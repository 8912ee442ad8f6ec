"""How what is typed after /drop is taken apart."""

import pytest

from checklist.errors import UnknownVerb
from commands.usage import Typed, parse


@pytest.mark.parametrize(
    ("text", "verb", "deployment", "target", "words"),
    [
        ("", "help", "", "", ""),
        ("  STATUS  ", "status", "", "", ""),
        ("status cr-001", "status", "CR-001", "", ""),
        ("deploy 0.5.0", "deploy", "", "", "0.5.0"),
        ("check", "check", "", "", ""),
        ("check CR-001 staging", "check", "CR-001", "staging", ""),
        ("attest staging-qa all  is well", "attest", "", "staging-qa", "all  is well"),
        ("attest CR-1000 staging-qa", "attest", "CR-1000", "staging-qa", ""),
        ("approve CR-001 0a1b2c3d", "approve", "CR-001", "", "0a1b2c3d"),
        ("reject not CR-001 but the next", "reject", "", "", "not CR-001 but the next"),
        ("rollback CR-001 errors\nand more errors", "rollback", "CR-001", "", "errors\nand more errors"),
        ("signoff signoff-pre", "signoff", "", "signoff-pre", ""),
    ],
)
def test_a_verb_a_deployment_an_item_and_words(text: str, verb: str, deployment: str, target: str, words: str) -> None:
    assert parse(text) == Typed(verb=verb, deployment=deployment, target=target, words=words)


@pytest.mark.parametrize("text", ["dance", "0.5.0", "deploy! 0.5.0", "/drop", "__class__"])
def test_what_is_no_verb_is_refused(text: str) -> None:
    with pytest.raises(UnknownVerb):
        parse(text)

"""The table that routes /drop, draws its help, and names who may."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from difflib import get_close_matches

from checklist.errors import UnknownVerb
from checklist.moves import Move
from commands.abandon import abandon
from commands.acknowledge import acknowledge
from commands.approve import approve
from commands.attest import attest
from commands.check import check
from commands.confirm import confirm
from commands.deploy import deploy, find_image
from commands.deps import Ask, Deps
from commands.fail import fail
from commands.finish import finish
from commands.history import history
from commands.looks import checklist, status, whoami, window
from commands.reject import reject
from commands.retry import retry
from commands.rollback import rollback
from commands.signoff import signoff
from commands.skip import skip
from commands.start import start
from commands.submit import submit
from commands.undo import undo
from commands.waive import waive
from commands.withdraw import withdraw

Command = Callable[[Ask, Deps], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """One verb of /drop. `look` runs before the record is opened; `who` is the move whose roles the help names."""

    name: str
    takes: str
    does: str
    command: Command
    move: Move | None = None
    look: Callable[[Ask, Deps], Awaitable[Ask]] | None = None
    reads: bool = False  # it only looks
    again: bool = False  # it can be asked for without end, as a look can

    @property
    def endless(self) -> bool:
        """Whether nothing but the patience of whoever asks puts an end to it."""
        return self.reads or self.again


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What was typed after /drop, taken apart."""

    verb: str
    deployment: str
    target: str
    words: str


def help(ask: Ask, deps: Deps) -> "tuple[Verb, ...]":
    """The verbs, in the order of a deployment."""
    return tuple(USAGE.values())


def _table(*verbs: Verb) -> dict[str, Verb]:
    return {verb.name: verb for verb in verbs}


USAGE = _table(
    Verb(name="deploy", takes="[VERSION]", does="open a deployment", command=deploy, move=Move.OPEN, look=find_image),
    Verb(name="status", takes="[CR-nnn]", does="where it stands, and who is needed next", command=status, reads=True),
    Verb(name="checklist", takes="[CR-nnn]", does="every item and its mark", command=checklist, reads=True),
    Verb(
        name="check",
        takes="[CR-nnn] [ITEM]",
        does="read the world again",
        command=check,
        move=Move.CHECK,
        again=True,
    ),
    Verb(
        name="confirm",
        takes="[CR-nnn] ITEM [words]",
        does="press an item's button, in its role",
        command=confirm,
        move=Move.SETTLE,
    ),
    Verb(
        name="attest",
        takes="[CR-nnn] ITEM words",
        does="speak for what no check can tell",
        command=attest,
        move=Move.SETTLE,
    ),
    Verb(name="fail", takes="[CR-nnn] ITEM words", does="say that it is not OK", command=fail, move=Move.FAIL),
    Verb(
        name="waive",
        takes="[CR-nnn] ITEM words",
        does="go on without an item, for a reason",
        command=waive,
        move=Move.WAIVE,
    ),
    Verb(
        name="submit",
        takes="[CR-nnn] [DATE]",
        does="assemble the plan and ask for approval; with a date, for the window of that day",
        command=submit,
        move=Move.SUBMIT,
    ),
    Verb(
        name="approve",
        takes="[CR-nnn] [DIGEST]",
        does="show the plan; with 8 digits of it, sign",
        command=approve,
        move=Move.APPROVE,
    ),
    Verb(name="reject", takes="[CR-nnn] words", does="send it back, with the reason", command=reject, move=Move.REJECT),
    Verb(
        name="withdraw",
        takes="[CR-nnn] [words]",
        does="take your approval back, before production is touched",
        command=withdraw,
        move=Move.WITHDRAW,
    ),
    Verb(
        name="start", takes="[CR-nnn]", does="begin the deployment, inside the window", command=start, move=Move.START
    ),
    Verb(name="retry", takes="[CR-nnn]", does="go on from the step that halted", command=retry, move=Move.RETRY),
    Verb(
        name="skip",
        takes="[CR-nnn] STEP words",
        does="go on without the step that broke, for a reason",
        command=skip,
        move=Move.SKIP,
    ),
    Verb(
        name="undo",
        takes="[CR-nnn] [words]",
        does="bring the previous version back, and the configuration that was kept",
        command=undo,
        move=Move.UNDO,
    ),
    Verb(
        name="finish",
        takes="[CR-nnn] words",
        does="move the machines that are left after the window, for a reason",
        command=finish,
        move=Move.FINISH,
    ),
    Verb(
        name="rollback",
        takes="[CR-nnn] [words]",
        does="bring the previous version back",
        command=rollback,
        move=Move.ROLL_BACK,
    ),
    Verb(
        name="abandon",
        takes="[CR-nnn] [words]",
        does="give up, before production is touched",
        command=abandon,
        move=Move.ABANDON,
    ),
    Verb(
        name="signoff",
        takes="[CR-nnn] [SIGN-OFF]",
        does="put your name under it",
        command=signoff,
        move=Move.SIGN_OFF,
    ),
    Verb(
        name="acknowledge",
        takes="words",
        does="say who changed production outside of Drop, and why",
        command=acknowledge,
        move=Move.ACKNOWLEDGE,
    ),
    Verb(name="history", takes="[CR-nnn]", does="what was deployed, or what happened", command=history, reads=True),
    Verb(name="window", takes="", does="whether the window is open, and the next ones", command=window, reads=True),
    Verb(name="whoami", takes="", does="your roles", command=whoami, reads=True),
    Verb(name="help", takes="", does="this", command=help, reads=True),
)

NEAR = 2  # verbs that a mistyped one may have meant
HANDLE = re.compile(r"cr-\d{3,}", re.IGNORECASE)


def verb_named(name: str) -> Verb:
    """Raises UnknownVerb."""
    if name not in USAGE:
        raise UnknownVerb(name, tuple(get_close_matches(name, USAGE, NEAR)))
    return USAGE[name]


def parse(text: str) -> Typed:
    """Take `/drop VERB [CR-nnn] [ITEM or STEP] [words]` apart. Nothing typed is a call for help."""
    verb, _, rest = text.strip().partition(" ")
    name = verb.lower() or "help"
    deployment, rest = _shift(rest, HANDLE.fullmatch)
    takes = verb_named(name).takes
    wants_target = any(word in takes for word in ("ITEM", "STEP", "SIGN-OFF"))
    target, rest = _shift(rest, lambda word: wants_target)
    return Typed(verb=name, deployment=deployment.upper(), target=target, words=rest.strip())


def _shift(text: str, fits: Callable[[str], object]) -> tuple[str, str]:
    word, _, rest = text.strip().partition(" ")
    return (word, rest) if word and fits(word) else ("", text)

"""A checklist file with anything wrong in it is refused whole: each problem with its line and what to write instead."""

from pathlib import Path

import pytest

from checklist.bind import workplace
from checklist.kinds import AllOf, BotWatch, Check, CheckKind, HttpProbe, PromQuery, Unbound, bind
from checklist.loading import ChecklistInvalid, Problem, load, parse
from checklist.words import NeededFor

SMALL = """\
version: 1
product: Drop
workspace: {team_id: T0ALAI, channel_id: C0DROPDEPLOY}
people:
  john: {name: John, kind: agent, slack: [U0JOHN], github: [John-D]}
  alem: {name: Alem Bašić, kind: human, slack: [U0ALEM]}
roles:
  deploy-engineer: [john]
  approver: [alem]
apps:
  staging: {name: drop-staging, url: "https://drop-staging.fly.dev", machines: 1}
  production: {name: drop-app, url: "https://getdrop.no", machines: 2}
calendar:
  zone: Europe/Oslo
  window: {days: [tue, wed, thu], start: 02:00, end: 06:00, warn_start_after: 05:00}
  holidays: {country: NO, also: [12-24]}
  blackouts:
    - {id: review, reason: Regulatory review, owner: approver, dates: {first: 2027-01-11, last: 2027-01-22}}
sections:
  - id: staging
    title: Staging verification
    phase: pre
    items:
      - id: staging-health
        text: Health endpoint responding
        proof: auto
        role: deploy-engineer
        ttl: 15m
        check: {kind: http.probe, url: "${staging_url}/api/health", json: {status: ok}}
      - id: staging-qa
        text: Manual QA sign-off
        proof: attest
        role: approver
        distinct_from: [requester]
  - id: immediate
    title: Immediate verification
    phase: post
    needed_for: 15m
    items:
      - {id: post-watch, text: Is well, proof: auto, role: approver, check: {kind: bot.watch, items: [staging-health]}}
rollback:
  - {id: rb-deploy, text: Roll back, role: deploy-engineer}
sign_offs:
  - {id: signoff-pre, text: Confirmed by John, roles: [deploy-engineer]}
"""
PROBE = 'kind: http.probe, url: "${staging_url}/api/health", json: {status: ok}'


def broken(old: str, new: str) -> tuple[Problem, ...]:
    """The problems of the small file with one thing changed."""
    assert SMALL.count(old) >= 1
    with pytest.raises(ChecklistInvalid) as refused:
        parse(SMALL.replace(old, new, 1), "checklist.yml")
    return refused.value.problems


def only(problems: tuple[Problem, ...]) -> Problem:
    assert len(problems) == 1, [str(problem) for problem in problems]
    return problems[0]


def test_a_sound_file_is_read_whole() -> None:
    checklist = parse(SMALL, "checklist.yml")

    assert [item.id for item in checklist.items()] == ["staging-health", "staging-qa", "post-watch"]
    assert [item.needed_for for item in checklist.items()] == [
        NeededFor.SUBMIT,
        NeededFor.SUBMIT,
        NeededFor.WITHIN_15_MINUTES,
    ]
    assert checklist.window.country == "NO"
    assert checklist.window.also_closed == ((12, 24),)
    assert checklist.database is None


@pytest.mark.parametrize(
    ("old", "new", "line", "message", "instead"),
    [
        ("product: Drop", "product: Drop\nprodukt: Drop", 3, "unknown key 'produkt'", "product"),
        ("version: 1", "version: 2", 1, "version: 2 is not known here", "1"),
        ("T0ALAI", "alai", 3, "team_id", "T[A-Z0-9]"),
        ("kind: agent", "kind: robot", 5, "'robot' is not known here", "one of human, agent"),
        ("  approver: [alem]", "  approvr: [alem]", 9, "'approvr' is not known here", "approver"),
        ("approver: [alem]", "approver: [allem]", 9, "nobody is called 'allem'", "alem"),
        ("kind: human", "kind: agent", 9, "no human may approve", "kind human"),
        ("slack: [U0ALEM]", "slack: [U0JOHN]", 6, "slack account U0JOHN is john's already", "one person"),
        ("[U0ALEM]}", "[U0ALEM], github: [john-d]}", 6, "github account john-d is john's already", "one person"),
        ("slack: [U0ALEM]", "slack: [alem]", 6, "alem.slack.1", "[UW][A-Z0-9]"),
        ("machines: 2", "machines: 0", 12, "production.machines", "1 or more"),
        ("machines: 2", 'machines: "2"', 12, "production.machines", "a whole number"),
        ("https://getdrop.no", "getdrop.no", 12, "no http(s) origin", "https://getdrop.no"),
        ("https://getdrop.no", "https://getdrop.no/", 12, "no http(s) origin", "no slash at its end"),
        ("https://getdrop.no", "https://a:b@getdrop.no", 12, "no http(s) origin", "https://getdrop.no"),
        ("zone: Europe/Oslo", "zone: CET", 14, "'CET' is no time zone of a place", "Europe/Oslo"),
        ("zone: Europe/Oslo", "zone: Etc/GMT-1", 14, "'Etc/GMT-1' is no time zone of a place", "Europe/Oslo"),
        ("zone: Europe/Oslo", 'zone: "+01:00"', 14, "'+01:00' is no time zone of a place", "Europe/Oslo"),
        ("zone: Europe/Oslo", "zone: Europe/Olso", 14, "'Europe/Olso' is no time zone of a place", "Europe/Oslo"),
        ("start: 02:00", "start: 2 am", 15, "'2 am' is no time of day", "02:00"),
        ("end: 06:00", "end: 02:00", 15, "the window ends before it starts", "later in the same day"),
        ("after: 05:00", "after: 07:00", 15, "lies outside the window", "between start and end"),
        ("[tue, wed", "[tuesday, wed", 15, "'tuesday' is not known here", "tue"),
        ("country: NO", "country: XX", 16, "no holidays are known for 'XX'", "NO"),
        ("[12-24]", "[24-12]", 16, "'24-12' is no day of the year", "12-24"),
        ("2027-01-11", "2027-02-30", 18, "dates", "2026-12-31"),
        ("last: 2027-01-22", "last: 2027-01-10", 18, "ends before it begins", "not before the first"),
        ("owner: approver", "owner: ceo", 18, "nobody holds the role ceo", "ceo: [a person]"),
        ("text: Manual QA sign-off", 'text: ""', 31, "staging-qa.text", "some words"),
        ("        text: Manual QA sign-off\n", "", 30, "'text' is missing", "add `text: …`"),
        ("ttl: 15m", "ttl: 15 minutes", 28, "'15 minutes' is not a duration", "15m"),
        ("kind: http.probe, ", "", 29, "'kind' is missing", "http.probe"),
        ("product: Drop", "product: Drop\nxyzzy: 1", 3, "unknown key 'xyzzy'", "remove it"),
        ("http.probe", "http.prob", 29, "unknown kind 'http.prob'", "http.probe"),
        ("json: {status", "jsn: {status", 29, "unknown key 'jsn'", "json"),
        ("json: {status: ok}", "every: 30s", 29, "unknown key 'every'", "http.probe takes at, json, json_has_keys"),
        (PROBE, 'kind: fly.env_names, app: "${prod_app}"', 29, "nothing is looked for", "present: [NAME]"),
        (PROBE, "kind: fly.env_diff, left: a, right: b, compare: []", 29, "check.compare", "at least one"),
        ("${staging_url}", "${stagin_url}", 29, "unknown name ${stagin_url}", "staging_url"),
        ("${staging_url}", "https://drop.example", 29, "a host of its own", "${staging_url}/"),
        ("proof: attest", "proof: auto", 32, "proof auto, and no check to read", "proof: attest"),
        ("role: approver\n", "role: validator\n", 33, "nobody holds the role validator", "validator: [a person]"),
        ("role: approver\n", "role: deploy-engineer\n", 33, "only john, a deploy engineer", "somebody else"),
        ("[requester]", "[requestor]", 34, "'requestor' is not known here", "requester"),
        ("    needed_for: 15m\n", "", 39, "no needed_for in a section of phase post", "15m, 30m, 60m"),
        ("needed_for: 15m", "needed_for: start", 40, "needed_for start in a section of phase post", "15m, 30m, 60m"),
        ("items: [staging-health]", "items: [staging-helth]", 40, "no item 'staging-helth'", "staging-health"),
        ("items: [staging-health]", "items: [post-watch]", 40, "reads its own item", "another item"),
        ("id: rb-deploy", "id: staging-qa", 42, "the id 'staging-qa' comes twice", "of its own"),
        ("id: immediate", "id: staging", 35, "the id 'staging' comes twice", "of its own"),
        ("id: staging-qa", "id: Staging QA", 30, "id", "[a-z]"),
    ],
)
def test_each_mistake_is_named_with_its_line_and_what_to_write(
    old: str, new: str, line: int, message: str, instead: str
) -> None:
    problem = only(broken(old, new))

    assert (problem.file, problem.line) == ("checklist.yml", line)
    assert message in problem.message
    assert instead in problem.instead


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("product: Drop", "product: Drop\nproduct: Drip", 3, "the key 'product' comes twice; first on line 2"),
        ("  approver: [alem]", "  approver: [alem]\n  approver: [john]", 10, "the key 'approver' comes twice"),
        ("product: Drop", "product: [Drop", 3, "not YAML"),
        ("product: Drop", "product: !!python/object:os.system Drop", 2, "the tag"),
        ("product: Drop", "1: Drop", 2, "the key '1' is not text"),
        ("product: Drop", "product: &a [*a]", 2, "an alias"),
        ("product: Drop", "product: D\x00rop", 1, "not YAML"),
    ],
)
def test_what_yaml_lets_pass_or_cannot_read_is_a_problem_too(old: str, new: str, line: int, message: str) -> None:
    problems = broken(old, new)

    assert [problem.line for problem in problems if message in problem.message] == [line]


def test_all_problems_are_told_at_once_in_the_order_of_their_lines() -> None:
    text = SMALL.replace("machines: 2", "machines: 0").replace("zone: Europe/Oslo", "zone: CET").replace("15m", "15")

    with pytest.raises(ChecklistInvalid) as refused:
        parse(text, "checklist.yml")

    assert [problem.line for problem in refused.value.problems] == [12, 14, 28, 38]
    assert str(refused.value).count("checklist.yml:") == 4


def test_an_item_is_named_by_its_id_and_not_by_its_number() -> None:
    assert only(broken("ttl: 15m", "ttl: soon")).message.startswith("staging-health.ttl: ")


@pytest.mark.parametrize("text", ["", "just words", "- a\n- list\n"])
def test_a_file_that_is_no_mapping_is_refused(text: str) -> None:
    with pytest.raises(ChecklistInvalid):
        parse(text, "checklist.yml")


def test_a_file_that_is_not_there_is_a_problem_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(ChecklistInvalid, match="cannot be read"):
        load(tmp_path / "checklist.yml")


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "checklist.yml"
    file.write_bytes(SMALL.encode("latin-1", errors="replace") + b"# \xe6\n")

    with pytest.raises(ChecklistInvalid, match="UTF-8"):
        load(file)


def test_comments_layout_and_order_of_keys_do_not_change_the_revision() -> None:
    reordered = "# a word\nproduct:   Drop\nversion: 1\n" + SMALL.split("\n", 2)[2]

    assert parse(reordered, "other.yml").revision == parse(SMALL, "checklist.yml").revision


def test_a_changed_threshold_changes_the_revision() -> None:
    changed = SMALL.replace("status: ok", "status: fine")

    assert parse(changed, "checklist.yml").revision != parse(SMALL, "checklist.yml").revision


def test_the_revision_is_64_hex_digits() -> None:
    assert len(bytes.fromhex(parse(SMALL, "checklist.yml").revision)) == 32


def test_binding_fills_the_names_and_leaves_the_file_s_own_words_alone() -> None:
    probe = HttpProbe(url="${staging_url}/api/health", json_subset={"version": "${version}", "codes": [200, "${sha}"]})

    bound = bind(probe, {"staging_url": "https://s", "version": "0.5.0", "sha": "abc"})

    assert bound.url == "https://s/api/health"
    assert bound.json_subset == {"version": "0.5.0", "codes": [200, "abc"]}
    assert probe.url == "${staging_url}/api/health"


def test_a_name_without_a_value_is_never_guessed() -> None:
    query = PromQuery(query="up / ${db_max_connections}", op="<", value=0.8)

    with pytest.raises(Unbound) as unbound:
        bind(AllOf(checks=(query,)), {})

    assert unbound.value.name == "db_max_connections"


def test_a_database_s_values_are_known_only_where_the_file_has_one() -> None:
    with_database = SMALL.replace(
        "calendar:", "database: {app: drop-db, volume: vol_1, max_connections: 90}\ncalendar:"
    )

    assert workplace(parse(with_database, "checklist.yml"))["db_max_connections"] == "90"
    assert "db_app" not in workplace(parse(SMALL, "checklist.yml"))


def test_all_of_is_made_of_checks() -> None:
    both = AllOf(checks=(HttpProbe(url="${prod_url}/a"), BotWatch(items=("prod-smoke",))), items=("lint",))

    assert [part.kind for part in both.parts] == [CheckKind.HTTP_PROBE, CheckKind.BOT_WATCH]
    assert both.items_named == ("lint", "prod-smoke")
    assert Check(both).kind is CheckKind.ALL_OF

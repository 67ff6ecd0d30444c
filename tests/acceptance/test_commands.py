"""The installed command as its users meet it: what it prints, where, and how it exits."""

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.forked import ansgar
from tests.stores import STORES

ANSGAR = Path(sys.executable).with_name("ansgar")
RULE = """\
rules:
  - rule: norwegians
    title: {en: Norwegians, sv: Norrmän}
    stage: live
    if: [{field: country, is: NO}]
    then:
      - keep_in_selection: norwegians
      - raise_alert: "{{ contact.name }} is from {{ contact.country }}"
"""


class Folder:
    """A working directory with rules, in which commands are run."""

    def __init__(self, path: Path) -> None:
        self.path = path
        (path / "rules").mkdir()
        self.write(RULE)

    def write(self, text: str, name: str = "rules.yaml") -> None:
        """Write a rule file."""
        (self.path / "rules" / name).write_text(text)

    def run(self, *arguments: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the command here."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("ANSGAR_")}
        return ansgar(arguments, self.path, clean | environment, stdin)

    def json(self, *arguments: str, **keywords: str) -> Any:
        """Run the command with --json and return its one document."""
        done = self.run("--json", *arguments, **keywords)
        return json.loads(done.stdout)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Give a working directory with one rule."""
    return Folder(tmp_path)


PEOPLE = '{"id": "1", "name": "Åse", "country": "NO"}\n{"id": "2", "country": "SE"}\n{"id": "3"}\n'


def test_the_main_job_end_to_end(folder: Folder) -> None:
    """Import, plan, run, and read members, alerts, cases, runs and the explanation, all as JSON."""
    assert folder.json("import", "-", stdin=PEOPLE)["created"] == 3
    planned = folder.json("plan", "--show-ids")["rules"][0]
    assert (planned["matched"], planned["entering"]) == (1, ["1"])
    assert folder.run("plan", "--fail-on-changes").returncode == 1

    found = folder.json("run")
    assert {"run", "now", "mode", "seconds", "rules", "acted", "guarded", "third_opinion"} == set(found)
    assert {"evaluate", "act"} == set(found["seconds"])
    rule = found["rules"][0]
    assert {
        "rule": "norwegians",
        "stage": "live",
        "matched": 1,
        "entered": 1,
        "left": 0,
        "undecided": 1,
    }.items() <= rule.items()
    assert (rule["candidates"], rule["actions"], rule["error"]) == (3, {"keep_in_selection": 1, "raise_alert": 1}, None)

    members = folder.json("selections", "members", "norwegians")
    assert (members["selection"], members["members"]) == ("norwegians", ["1"])
    assert members["as_of"]
    alert = folder.json("alerts")["alerts"][0]
    assert tuple(alert[name] for name in ("contact", "rule", "severity", "message", "blocks")) == (
        "1",
        "norwegians",
        "info",
        "Åse is from NO",
        [],
    )
    assert {"open", "undecided"} == {case["state"] for case in folder.json("cases")["cases"]}
    assert found["run"] == folder.json("runs")["runs"][0]["run"]
    assert found["rules"] == folder.json("runs", "show", str(found["run"]))["rules"]
    assert folder.run("plan", "--fail-on-changes").returncode == 0
    assert {"rule": "norwegians", "contact": "3", "verdict": "undecided"}.items() <= folder.json(
        "explain", "norwegians", "3"
    ).items()
    assert folder.json("explain", "norwegians", "1")["verdict"] == "match"
    assert folder.run("alerts", "lower", str(alert["id"])).returncode == 0
    assert folder.json("alerts")["alerts"] == []


def test_explain_says_what_and_when_would_change_the_verdict(folder: Folder) -> None:
    """In text by the day, in JSON to the instant; `--at` moves the point of view."""
    folder.write(
        "rules: [{rule: old, if: [{field: created_on, older_than: 1 month}, {field: country, is: NO}], then: []}]"
    )
    folder.run("import", "-", stdin='{"id": "1", "created_on": "2026-02-15", "country": "NO"}')
    early = folder.run("explain", "old", "1", "--at", "2026-03-01").stdout.splitlines()
    found = folder.json("explain", "old", "1", "--at", "2026-03-01")

    assert early[2].endswith("[true from 2026-03-15]")
    assert early[4:] == ["matches by itself on 2026-03-15", "would match now if:", "  " + found["would_match_if"][0]]
    assert (found["verdict"], found["begins_at"]) == ("no_match", "2026-03-15T00:00:00+01:00")
    assert found["tree"]["parts"][0]["flips_at"] == found["begins_at"]
    assert found["would_match_if"] == ["field created_on is older than 1 month"]
    late = folder.json("explain", "old", "1", "--at", "2026-03-15")
    assert (late["verdict"], late["ends_at"], late["ends_as"]) == ("match", None, None)


def test_check_prints_all_problems_and_exits_1(folder: Folder) -> None:
    """Problems go to stdout, the exit code is a finding, and JSON has them too."""
    folder.write("rules: [{rule: b, if: [{field: emial, is: x}], then: []}, {rule: c}]", "bad.yaml")
    done = folder.run("check")

    assert done.returncode == 1
    assert "bad.yaml:1:32: error[R103]" in done.stdout
    assert {"R102", "R103"} == {problem["code"] for problem in folder.json("check")["problems"]}
    assert folder.run("run").returncode == 1


def test_check_warns_of_fields_without_values_only_where_a_store_is_there(folder: Folder) -> None:
    """Before there is a store none is made; with contacts in it, a field that none of them has is a warning at its place."""
    before = folder.run("check", "--strict")
    assert (before.returncode, (folder.path / "var").exists()) == (0, False)
    folder.run("import", "-", stdin='{"id": "1", "name": "Åse"}\n')

    found = folder.json("check")["problems"]
    assert [(one["code"], one["severity"], one["line"]) for one in found] == [("W207", "warning", 5)]
    assert found[0]["message"] == "no contact has a value for `country`"
    assert (folder.run("check").returncode, folder.run("check", "--strict").returncode) == (0, 1)
    folder.run("import", "-", stdin=PEOPLE)
    assert folder.json("check")["problems"] == []


def test_warnings_are_never_silent(folder: Folder) -> None:
    """`check` shows them and ends well unless strict; whoever runs the rules is told of them on standard error."""
    folder.write("rules: [{rule: everybody, if: [{count: sales, at_least: 0}], then: []}]", "wide.yaml")
    done = folder.run("check")

    assert (done.returncode, folder.run("check", "--strict").returncode) == (0, 1)
    assert "wide.yaml:1:10: warning[W202]: `everybody` is always true" in done.stdout
    assert "0 errors, 1 warning in 2 files" in done.stdout
    assert folder.run("plan").stderr == "1 warning about the rules: `ansgar check` shows them\n"
    assert "2 rules, 1 warning: run `ansgar check`" in folder.run("doctor").stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("run", "nobody"), 2, "there is no rule `nobody`"),
        (("run", "norwegian"), 2, "did you mean `norwegians`?"),
        (("plan", "--at", "tomorrow"), 2, "--at tomorrow"),
        (("--config", "nowhere.yaml", "run"), 2, "no such file"),
        (("import", "nowhere.ndjson"), 2, "no such file"),
        (("import", "-", "--entity", "kontact"), 2, "did you mean `contact`?"),
        (("explain", "norwegians", "nobody"), 1, "no contact with this id"),
        (("selections", "members", "norwegian"), 1, "no rule keeps a selection"),
        (("alerts", "lower", "99"), 1, "no alert 99"),
        (("runs", "show", "99"), 1, "no run 99"),
        (("rules", "retire", "norwegians"), 1, "is in the rulebook"),
        (("rules", "retire", "nobody"), 1, "no orphaned rule"),
        (("check", "nowhere"), 2, "no such file"),
        (("rnu",), 2, "No such command"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    folder: Folder, arguments: tuple[str, ...], code: int, said: str
) -> None:
    """The exit code tells usage from finding, and stderr says what and what instead; never a traceback."""
    done = folder.run(*arguments)

    assert code == done.returncode
    assert said in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


def test_a_wrong_configuration_names_every_key_and_the_nearest_right_one(folder: Folder) -> None:
    """Unknown keys and wrong values are told with their path, by file and by environment."""
    (folder.path / "config.yaml").write_text("time_zoen: UTC\nstore: {ulr: x}\nunknown_fields: perhaps\n")
    done = folder.run("run")

    assert done.returncode == 2
    assert "unknown key `time_zoen`; did you mean `time_zone`?" in done.stderr
    assert "unknown key `store.ulr`; did you mean `url`?" in done.stderr
    assert "`unknown_fields`" in done.stderr
    (folder.path / "config.yaml").unlink()
    assert "no such time zone" in folder.run("run", ANSGAR_TIME_ZONE="Mars/Olympus").stderr
    assert "did you mean `url`?" in folder.run("run", ANSGAR_STORE__ULR="x").stderr


def test_the_environment_overrides_the_file(folder: Folder) -> None:
    """Sections join with two underscores; relative paths of a file count from its folder."""
    (folder.path / "other").mkdir()
    (folder.path / "other" / "config.yaml").write_text('store: {url: "sqlite:///a.db"}\nrules: {path: ../rules}\n')
    folder.run("--config", "other/config.yaml", "run")
    assert (folder.path / "other" / "a.db").exists()
    folder.run("run", ANSGAR_STORE__URL="sqlite:///b.db")
    assert (folder.path / "b.db").exists()


def test_an_unavailable_store_exits_3(folder: Folder) -> None:
    """A store that cannot be opened is told apart from a wrong call."""
    done = folder.run("run", ANSGAR_STORE__URL="sqlite:////proc/nowhere/x.db")

    assert (done.returncode, "cannot be used" in done.stderr) == (3, True)
    assert folder.run("run", ANSGAR_STORE__URL="mysql://a/b").returncode == 2


def test_import_lists_bad_lines_and_exits_1(folder: Folder) -> None:
    """Bad lines come with number and reason; good ones are taken; the value never shows."""
    done = folder.run("import", "-", stdin='{"id": "1"}\n{"id": "2", "email": ["canary"]}\nnonsense\n')

    assert done.returncode == 1
    assert "line 2: refused: /email: text was expected" in done.stdout
    assert "line 3: refused: not JSON" in done.stdout
    assert "1 created" in done.stdout
    assert "canary" not in done.stdout + done.stderr
    assert {
        "refused": [{"line": 1, "reason": "not JSON: Expecting value at column 1"}],
        "kept": False,
    }.items() <= folder.json("import", "--all-or-nothing", "-", stdin="x\n").items()


def test_an_import_shows_a_bar_on_a_terminal_and_nothing_elsewhere(folder: Folder) -> None:
    """Items and their rate, on stderr alone; what is piped or printed is what it would be without."""
    (folder.path / "one.ndjson").write_text('{"id": "1", "sales": [{"id": "a"}]}\n')
    plain = folder.run("import", "one.ndjson")
    terminal, its_end = pty.openpty()
    shown = subprocess.run(
        [ANSGAR, "import", "one.ndjson"],
        cwd=folder.path,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "120"},
        stdout=subprocess.PIPE,
        stderr=its_end,
        text=True,
        check=True,
    )
    os.close(its_end)
    bar = os.read(terminal, 1 << 16).decode()
    os.close(terminal)

    assert plain.stderr == ""
    assert plain.stdout == "1 line: 1 created, 0 changed, 0 unchanged, 0 outdated, 0 refused\n"
    assert shown.stdout == "1 line: 0 created, 0 changed, 1 unchanged, 0 outdated, 0 refused\n"
    assert "importing" in bar
    assert "2 items, " in bar
    assert "100%" in bar


def test_init_makes_a_folder_that_works_at_once(folder: Folder) -> None:
    """The new folder checks clean, imports and runs."""
    assert folder.run("init", "new").returncode == 0
    inside = Folder.__new__(Folder)
    inside.path = folder.path / "new"
    assert inside.run("check", "--strict").returncode == 0
    assert inside.run("import", "-", stdin=PEOPLE).returncode == 0
    assert inside.run("run").returncode == 0
    assert folder.run("init", "new").returncode == 2


def test_doctor_looks_at_everything_and_finds_what_is_wrong(folder: Folder) -> None:
    """One line each, exit 0 when all is well and 1 when not."""
    well = folder.json("doctor")["findings"]
    outside = {"disk", "durable-rules", "mail", "crm", "notices", "recipients", "clock"}
    inside = {
        "configuration",
        "model",
        "rules",
        "sqlite",
        "store",
        "what is held",
        "retention dates",
        "holds",
        "reviews",
        "tokens",
        "secrets",
    }
    assert {one["what"] for one in well} == {*inside, *outside}
    assert all(one["ok"] for one in well)
    assert not any("two signatures" in one["detail"] for one in well)
    folder.write("rules: 5", "bad.yaml")
    assert folder.run("doctor").returncode == 1


def test_s4_doctor_says_while_a_secret_is_being_changed(folder: Folder) -> None:
    """Whose it is, for as long as the former one stands in the configuration; and what the CRM is told of."""
    both = "secret: {env: NEW}, former_secret: {env: OLD}"
    (folder.path / "config.yaml").write_text(
        f"crm: {{url: 'https://crm.example/x', {both}, tell: [alerts]}}\n"
        f"webhooks: {{bridge: {{url: 'https://b.example/x', {both}}}, calm: {{url: 'https://c.example', secret: {{env: NEW}}}}}}"
    )
    found = {one["what"]: one["detail"] for one in folder.json("doctor")["findings"]}

    assert found["secrets"] == "being changed, calls carry two signatures: crm, webhooks.bridge"
    assert found["crm"] == "https://crm.example/x; it is told of alerts"


def test_l12_doctor_names_what_is_held_and_read_by_nobody(folder: Folder) -> None:
    """Fields that hold something, and those that the configuration asks for; not what rules, texts or guards read."""
    model = "model: {contact: {fields: {shoe_size: number}, collections: {visits: {place: text}}}}"
    (folder.path / "config.yaml").write_text(model)
    folder.run(
        "import", "-", stdin='{"id": "1", "country": "NO", "name": "Åse", "phone": "1", "birth_date": "2000-01-01"}'
    )
    found = next(one for one in folder.json("doctor")["findings"] if one["what"] == "what is held")

    named = "contact.phone, contact.shoe_size, contact.visits"
    assert (found["ok"], f"reads {named}:" in found["detail"]) == (True, True)


def _narrow(line: str) -> str:
    """Return a line of a table with its columns two spaces apart."""
    return re.sub(" {2,}", "  ", line)


def test_the_demo_prints_what_happened_and_can_be_repeated(folder: Folder) -> None:
    """Example contacts, shipped rules, one run; a second call reuses the store and moves nothing."""
    first = folder.run("demo", ANSGAR_RULES__PATH=str(Path(__file__).parents[2] / "rules"))
    again = folder.run("demo", ANSGAR_RULES__PATH=str(Path(__file__).parents[2] / "rules"))

    assert (first.returncode, again.returncode) == (0, 0)
    assert "contact: 2400 created" in first.stdout
    assert "contact: 0 created" in again.stdout
    rows = [
        line.split("  ")
        for line in map(_narrow, first.stdout.splitlines())
        if line.startswith(("inactive-", "restricted-", "consent-")) and "live" in line
    ]
    assert len(rows) == 3
    assert {row[2] for row in rows} == {"all: first evaluation"}
    assert all(int(row[3]) > 0 for row in rows)
    assert any(int(row[6]) > 0 for row in rows)


def test_the_store_can_be_on_postgresql(folder: Folder) -> None:
    """By its URL alone: import, run, explain, a look at everything; a second run moves nothing, and no file is made."""
    url = STORES.server.make("template0")
    named = {"ANSGAR_STORE__URL": url, "ANSGAR_STORE__TOMBSTONES": STORES.server.make("template0")}
    folder.run("import", "-", stdin='{"id": "1", "country": "NO", "name": "Åse"}\n', **named)
    first, again = (folder.json("run", **named)["rules"][0] for _ in range(2))
    doctor = folder.json("doctor", **named)["findings"]

    assert [(one["matched"], one["entered"]) for one in (first, again)] == [(1, 1), (1, 0)]
    assert "Åse is from NO" in folder.run("alerts", **named).stdout
    assert folder.run("explain", "norwegians", "1", **named).returncode == 0
    assert folder.run("check", "--strict", **named).returncode == 0
    assert all(one["ok"] for one in doctor)
    assert not list(folder.path.rglob("*.db"))
    for one in (url, named["ANSGAR_STORE__TOMBSTONES"]):
        STORES.server.drop(one)


def test_version_and_help_speak(folder: Folder) -> None:
    """The version is that of the distribution; help lists the commands."""
    assert "ansgar 0." in folder.run("--version").stdout
    assert all(word in folder.run("--help").stdout for word in ("import", "plan", "explain", "doctor"))


def test_json_can_be_asked_for_on_either_side_of_the_command(folder: Folder) -> None:
    """`ansgar check --json` is `ansgar --json check`."""
    assert json.loads(folder.run("check", "--json").stdout) == folder.json("check")


def test_s1_links_in_the_rules_folder_are_refused_and_never_passed_over(folder: Folder) -> None:
    """A link in a circle, and a linked folder whose rules would silently be missing."""
    (folder.path / "rules" / "loop.yaml").symlink_to("loop.yaml")
    (folder.path / "elsewhere").mkdir()
    (folder.path / "rules" / "team").symlink_to("../elsewhere")
    done = folder.run("check")

    assert done.returncode == 1
    assert done.stdout.count("error[R001]") == 2


def test_what_cannot_be_is_a_usage_error_and_no_fault_of_ours(folder: Folder) -> None:
    """A store that is none, a folder that cannot be made: a sentence and the right exit code."""
    assert folder.run("runs", ANSGAR_STORE__URL="bogus").returncode == 2
    done = folder.run("init", "/proc/x")

    assert (done.returncode, "fault of its own" in done.stderr) == (3, False)

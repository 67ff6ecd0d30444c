"""What operators install and watch by is right: the unit, the container, the alerts, and the page that explains them."""

import json
import re
import shlex
import shutil
import subprocess
import sys
import threading
import tomllib
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.service.cli.commands import COMMANDS, GROUPS
from engine.service.config import load_settings
from tests.doors import Api
from tests.installations import Place
from tests.measures import Measures, measured
from tests.test_docs import anchors

ROOT = Path(__file__).parent.parent
HERE = ROOT / "docs" / "operations"
STATE = "/var/lib/ansgar"
SERIES = re.compile(r"\bansgar_(\w+)(?:\{([^}]*)\})?")
MATCHER = re.compile(r'(\w+)(=~?|!=)"([^"]*)"')
WRITTEN: dict[str, Any] = yaml.safe_load((HERE / "alerts.yaml").read_text())
ALERTS: list[dict[str, Any]] = [one for group in WRITTEN["groups"] for one in group["rules"]]
every_alert = pytest.mark.parametrize("alert", ALERTS, ids=[one["alert"] for one in ALERTS])


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Measures:
    """Give all that is measured of a service that has answered."""
    service = Api(Place(tmp_path_factory.mktemp("place"))).service
    service.metrics.observe_request("/v1/contacts/{contact}", "GET", 503, 0.1)
    return measured(service)


@every_alert
def test_an_alert_asks_for_what_is_really_measured(alert: dict[str, Any], shown: Measures) -> None:
    """Each series has the name, the labels and, where one is named, the value that `/metrics` gives."""
    named = SERIES.findall(alert["expr"])
    assert named
    for name, matchers in named:
        assert f"ansgar_{name}" in shown.names()
        samples = [one.labels for family in shown.families for one in family.samples if one.name == f"ansgar_{name}"]
        for label, how, value in MATCHER.findall(matchers):
            pattern = value if how == "=~" else re.escape(value)
            assert any(re.fullmatch(pattern, one.get(label, "")) for one in samples), (name, label, value)


@every_alert
def test_an_alert_says_what_is_the_matter_and_where_it_is_written_what_to_do(alert: dict[str, Any]) -> None:
    """A summary for people, how urgent it is, and a heading of the page; labels that it fills in are there."""
    page, _, heading = alert["annotations"]["runbook"].partition("#")
    used = set(re.findall(r"\$labels\.(\w+)", alert["annotations"]["summary"]))

    assert set(alert) <= {"alert", "expr", "for", "labels", "annotations"}
    assert (alert["labels"]["severity"] in {"page", "ticket"}, ROOT / page) == (True, HERE / "README.md")
    assert heading in anchors(HERE / "README.md")
    assert used <= {"rule", "trigger", "instance"}
    assert re.fullmatch(r"\d+[smh]", alert.get("for", "5m"))


def test_the_alerting_rules_are_well_formed() -> None:
    """Names are there once, brackets close; `promtool` agrees where there is one."""
    names = [one["alert"] for one in ALERTS]
    expressions = "".join(one["expr"] for one in ALERTS)

    assert len(names) == len(set(names))
    assert all(expressions.count(left) == expressions.count(right) for left, right in ("()", "[]", "{}"))
    if tool := shutil.which("promtool"):
        done = subprocess.run([tool, "check", "rules", str(HERE / "alerts.yaml")], capture_output=True, check=False)
        assert done.returncode == 0, done.stdout


def test_every_metric_is_explained_and_every_explained_one_is_there(shown: Measures) -> None:
    """The table of the page is neither short nor long."""
    text = (HERE / "README.md").read_text()
    table = text[text.index("### What is measured") : text.index("## When an alert comes")]
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    explained = {f"ansgar_{name}" for cell in cells for name in re.findall(r"`(\w+)`", cell)}
    there = {family.name + ("_total" if family.type == "counter" else "") for family in shown.families}

    assert explained == there


def test_every_command_that_the_page_names_is_one() -> None:
    """Whoever is called at night finds no command that is not there."""
    words = re.findall(r"`ansgar ([a-z-]+)(?: ([a-z-]+))?", (HERE / "README.md").read_text())
    wrong = [
        (first, second)
        for first, second in words
        if first not in COMMANDS and (first not in GROUPS or (second and second not in GROUPS[first][2]))
    ]

    assert (len(words) > 10, wrong) == (True, [])


def options(section: str) -> dict[str, list[str]]:
    """Return the options of a section of the unit, each with all its values."""
    found: dict[str, list[str]] = {}
    here = ""
    for line in (HERE / "ansgar.service").read_text().splitlines():
        if line.startswith("["):
            here = line.strip("[]")
        elif line and not line.startswith("#") and here == section:
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


def test_the_unit_runs_the_command_as_nobody_in_particular() -> None:
    """Its paths are those of the configuration, it may write to its state alone, and it has time to stop."""
    unit = options("Service")
    program, *arguments = shlex.split(unit["ExecStart"][0])

    assert (program, arguments) == ("/opt/ansgar/bin/ansgar", ["--config", "/etc/ansgar/config.yaml", "serve"])
    assert unit["StateDirectory"] == [Path(STATE).name]
    assert (unit["User"], unit["NoNewPrivileges"], unit["ProtectSystem"]) == (["ansgar"], ["yes"], ["strict"])
    assert (unit["CapabilityBoundingSet"], unit["UMask"]) == ([""], ["0077"])
    assert (unit["Restart"], unit["RestartPreventExitStatus"]) == (["on-failure"], ["2"])
    assert int(unit["TimeoutStopSec"][0]) > 10
    assert "MemoryDenyWriteExecute" not in unit


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd-analyze")
def test_systemd_knows_every_option_of_the_unit_and_finds_little_exposed(tmp_path: Path) -> None:
    """`verify` has nothing to say, and `security` gives less than 2 of 10."""
    unit = tmp_path / "ansgar.service"
    unit.write_text((HERE / "ansgar.service").read_text().replace("/opt/ansgar/bin/ansgar", sys.executable))
    verified = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    secure = ["systemd-analyze", "security", "--offline=yes", "--threshold=20", str(unit)]
    rated = subprocess.run(secure, capture_output=True, text=True, check=False)

    assert (verified.returncode, verified.stderr) == (0, "")
    assert rated.returncode == 0, rated.stdout


def instructions() -> list[tuple[str, str]]:
    """Return the instructions of the Containerfile in their order: the word, and what follows in one line."""
    lines = [line for line in (HERE / "Containerfile").read_text().splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in joined.splitlines() if line)]


def test_the_container_has_no_compiler_no_root_and_one_volume() -> None:
    """What builds stays in the first stage; what runs is the command, for whoever may reach the port."""
    found = instructions()
    second = [place for place, (word, _) in enumerate(found) if word == "FROM"][1]
    built, run = found[:second], dict(found[second:])
    python = {text.split()[0] for word, text in found if word == "FROM"}

    assert python == {"python:3.12-slim"}
    assert [text for word, text in built if word == "RUN" and "build-essential" in text]
    assert "apt-get" not in str(found[second:])
    assert (run["USER"], run["EXPOSE"], run["VOLUME"], run["STOPSIGNAL"]) == ("ansgar", "8484", STATE, "SIGTERM")
    assert json.loads(run["ENTRYPOINT"]) == ["ansgar", "--config", "/etc/ansgar/config.yaml"]
    assert " ".join(json.loads(run["CMD"])) == "serve --host 0.0.0.0"
    assert [word for word, _ in found[second:]].index("USER") > [word for word, _ in found[second:]].index("RUN")


def test_what_is_copied_into_the_container_is_enough_to_build_the_wheel(tmp_path: Path) -> None:
    """Every source is there, and from them alone the wheel is built whose command knows its version."""
    source, site = tmp_path / "src", tmp_path / "site"
    source.mkdir()
    for word, text in instructions():
        if word == "COPY" and not text.startswith("--from"):
            *names, target = text.split()
            for name in names:
                assert (ROOT / name).exists(), name
                if not target.startswith("/"):
                    copied = source / target / Path(name).name if target == "./" else source / target
                    (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, copied)
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    done = subprocess.run(build, cwd=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        packed = {name for name in wheel.namelist() if ".dist-info" not in name}
        wheel.extractall(site)
    code = "import sys; from engine.service.cli.main import main; sys.argv = ['ansgar', '--version']; main()"
    told = subprocess.run(
        [sys.executable, "-P", "-c", code],
        cwd=tmp_path, env={"PYTHONPATH": str(site)}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert {"engine", "actions"} == {name.split("/")[0] for name in packed}
    assert any(name.startswith("engine/shipped/rules/") for name in packed)
    assert told.stdout.strip() == f"ansgar {tomllib.loads((ROOT / 'pyproject.toml').read_text())['project']['version']}"


def test_the_versions_of_the_extras_are_read_out_of_the_lock(tmp_path: Path) -> None:
    """The container's `sed` leaves `name==version` lines alone, which name every package of the extras."""
    line = next(text for word, text in instructions() if word == "RUN" and "versions.txt" in text)
    command = next(part.strip() for part in line.split("&&") if part.strip().startswith("sed "))
    shutil.copy(ROOT / "requirements-test.lock", tmp_path)
    subprocess.run(["sh", "-c", command], cwd=tmp_path, check=True)
    left = [one for one in (tmp_path / "versions.txt").read_text().splitlines() if not one.lstrip().startswith("#")]

    assert [one for one in left if not re.fullmatch(r"[\w.\[\]-]+==[\w.]+( ; .*)?", one)] == []
    assert {"polars", "psycopg", "psycopg-binary"} <= {one.split("==")[0].split("[")[0] for one in left}


class Health(BaseHTTPRequestHandler):
    """Answers as a living or a failing service."""

    status = 200

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(self.status if self.path == "/healthz" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def listening() -> Iterator[int]:
    """Give the port of something that answers."""
    server = HTTPServer(("127.0.0.1", 0), Health)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(("status", "is_well"), [(200, True), (500, False)])
def test_the_container_is_asked_whether_it_lives(
    status: int, is_well: bool, listening: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By Python itself, because a slim image has no curl; a service that fails to answer is not well."""
    monkeypatch.setattr(Health, "status", status)
    check = json.loads(next(text for word, text in instructions() if word == "HEALTHCHECK").split("CMD ")[1])
    asked = [one.replace(":8484", f":{listening}") for one in check[1:]]
    done = subprocess.run([sys.executable, *asked], capture_output=True, check=False)

    assert (check[0], done.returncode == 0) == ("python", is_well)


def test_the_configuration_of_unit_and_container_keeps_all_state_in_one_place() -> None:
    """Whatever is written lies below the state directory, which alone can be written to."""
    settings, home = load_settings(HERE / "config.yaml")
    store = settings.store

    assert all(
        place.removeprefix("sqlite:///").startswith(f"{STATE}/")
        for place in (
            store.url,
            store.tombstones,
            store.hash_key,
            store.chain_key,
            store.chain_head,
            settings.mail.outbox,
        )
    )
    assert (home, settings.server.port) == (HERE, 8484)


def test_the_composition_sets_keys_that_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """With PostgreSQL beside it: every variable is a key, mounts are where the configuration looks, nothing runs as root."""
    services = yaml.safe_load((HERE / "compose.yaml").read_text())["services"]
    ours, theirs = services["ansgar"], services["database"]
    for name, value in ours["environment"].items():
        monkeypatch.setenv(name, value.replace("${ANSGAR_DB_PASSWORD:?}", "secret"))
    settings, _ = load_settings(HERE / "config.yaml")

    assert settings.store.url == "postgresql://ansgar:secret@database/ansgar"
    assert (theirs["environment"]["POSTGRES_USER"], ours["depends_on"].keys()) == ("ansgar", {"database"})
    assert [one.split(":")[1] for one in ours["volumes"]] == [STATE, "/etc/ansgar/rules"]
    assert (ours["cap_drop"], ours["read_only"]) == (["ALL"], True)
    assert (HERE / ours["build"]["context"]).resolve() == ROOT
    assert (ROOT / ours["build"]["dockerfile"]).exists()

"""Exporting: who goes out, who must not and why, and what stands in the file."""

import csv
import json
import re
import stat
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, update

from engine.model.facts import Value
from engine.service.disclosed_file import NotWritten
from engine.service.exporting import CSV, JSON, XLSX, Export, Exported, NotExported, export
from engine.store import alerts
from engine.store.tables import PERMISSION, RESTRICTION
from tests.installations import NOON, Place
from tests.rulebooks import rulebook

RULES = """\
rules:
  - rule: leads
    stage: live
    if: [{field: category, is: Lead}]
    then: [{keep_in_selection: %s}]
  - rule: stop
    stage: live
    if: [{field: country, is: "NO"}]
    then: [{raise_alert: {message: Stop, blocks: %s}}]
"""


def place_with(folder: Path, *contacts: dict[str, Any], keeps: str = "leads", blocks: str = "[email, export]") -> Place:
    """Return a place in which a rule keeps leads in a selection, and another raises alerts about Norwegians."""
    place = Place(folder, RULES % (keeps, blocks))
    place.take(*({"category": "Lead"} | one for one in contacts))
    place.run()
    return place


def exported(place: Place, to: str = "out.csv", **keywords: Any) -> Exported:
    """Export the selection."""
    wanted = Export("leads", place.folder / to, **keywords)
    return export(place.installation, place.store, place.rules, wanted)


def went_out(place: Place, to: str = "out.csv", **keywords: Any) -> tuple[list[str], dict[str, int]]:
    """Return the ids in an exported file, and how many were left out for which reason."""
    found = exported(place, to, force=True, **keywords)
    with (place.folder / to).open(newline="", encoding="utf-8") as file:
        ids = [row["id"] for row in csv.DictReader(file)]
    assert found.exported == len(ids)
    return ids, dict(found.left_out)


@pytest.mark.parametrize("flag", [True, None, "maybe"])
def test_l3_who_is_restricted_does_not_go_out(tmp_path: Path, flag: object) -> None:
    """Also where it is unclear whether they are, and where the selection has not been settled since."""
    place = place_with(tmp_path, {"id": "a"}, {"id": "b"}, {"id": "c", "restrict_processing": flag})
    place.take({"id": "b", "restrict_processing": flag})

    assert place.members("leads") == ["a", "b"]
    assert went_out(place) == (["a"], {"RESTRICTED": 2})


def test_l3_an_open_restriction_keeps_as_the_flag_does(tmp_path: Path) -> None:
    """Until it is lifted; one of a company with the same key is none of the contact's."""
    place = place_with(tmp_path, {"id": "a"}, {"id": "b"})
    with place.store.database.writing() as connection:
        for entity, contact in (("contact", "a"), ("company", "b")):
            values = {"entity": entity, "record": place.key_of(contact), "since": NOON}
            connection.execute(insert(RESTRICTION).values(values))
    assert went_out(place) == (["b"], {"RESTRICTED": 1})
    with place.store.database.writing() as connection:
        connection.execute(update(RESTRICTION).values(lifted_at=NOON))

    assert went_out(place) == (["a", "b"], {})


def test_l3_a_selection_of_the_restricted_may_go_out(tmp_path: Path) -> None:
    """Where its rule says so; once the rule is gone from the rulebook, nobody says so any more."""
    place = place_with(
        tmp_path, {"id": "a", "restrict_processing": True}, keeps="{name: leads, include_restricted: true}"
    )
    assert went_out(place) == (["a"], {})
    place.rules = rulebook("rules: [{rule: other, if: [{field: email, is: x}], then: [{keep_in_selection: other}]}]")

    assert went_out(place) == ([], {"RESTRICTED": 1})


@pytest.mark.parametrize(("use", "withdrawn", "left"), [("export", None, 0), ("export", NOON, 1), ("letter", None, 1)])
def test_l3_a_permission_to_export_lets_one_pass(tmp_path: Path, use: str, withdrawn: object, left: int) -> None:
    """For this use, as long as it is not withdrawn, although the selection hides them; and for nobody else."""
    place = place_with(tmp_path, *({"id": name, "restrict_processing": True} for name in "ab"))
    noted = {"ground": "consent", "said_at": NOON, "noted_at": NOON, "use": use, "withdrawn_at": withdrawn}
    with place.store.database.writing() as connection:
        connection.execute(insert(PERMISSION).values(noted | {"entity": "contact", "record": place.key_of("a")}))

    assert went_out(place) == (["a"][left:], {"RESTRICTED": 1 + left})


@pytest.mark.parametrize(("blocks", "left"), [("[export]", 1), ("[email, export, sms]", 1), ("[email]", 0), ("[]", 0)])
def test_who_has_an_alert_that_forbids_export_does_not_go_out(tmp_path: Path, blocks: str, left: int) -> None:
    """As long as it is raised."""
    place = place_with(tmp_path, {"id": "a", "country": "NO"}, {"id": "b"}, blocks=blocks)
    assert went_out(place) == (["a", "b"][left:], {"BLOCKED": 1} if left else {})
    with place.store.database.writing() as connection:
        for one in alerts.raised(connection, place.store.tables):
            alerts.lower(connection, one.key, NOON)

    assert went_out(place) == (["a", "b"], {})


@pytest.mark.parametrize(("purpose", "left"), [("marketing", {"OBJECTS": 2}), ("service", {})])
def test_l4_who_objects_is_in_no_export_for_marketing(tmp_path: Path, purpose: str, left: dict[str, int]) -> None:
    """Whether they objected before the last run or after it."""
    place = place_with(
        tmp_path, {"id": "a", "objects_to_marketing": True}, {"id": "b"}, keeps=f"{{name: leads, purpose: {purpose}}}"
    )
    place.take({"id": "b", "objects_to_marketing": True})

    assert went_out(place) == ([] if left else ["a", "b"], left)


def test_a_rule_on_watch_has_nobody_to_export(tmp_path: Path) -> None:
    """Its cases are no members, restricted or not."""
    place = Place(tmp_path, (RULES % ("leads", "[]")).replace("live", "watch"))
    place.take({"id": "a", "category": "Lead", "restrict_processing": True})
    place.run()

    assert went_out(place) == ([], {})


def test_fields_can_be_chosen_and_the_id_is_always_there(tmp_path: Path) -> None:
    """All but lists by default, in the order of the model; chosen ones in the order in which they are named."""
    place = place_with(tmp_path, {"id": "a", "name": "Å", "tags": ["x", "y"], "special_category": "maybe"})
    exported(place)
    (row,) = csv.DictReader((tmp_path / "out.csv").read_text(encoding="utf-8").splitlines())
    assert list(row)[:3] == ["id", "email", "phone"]
    assert "tags" not in row
    assert (row["name"], row["special_category"], row["deceased"]) == ("Å", "unclear", "")
    exported(place, force=True, fields=("tags", "id", "name"))

    assert (tmp_path / "out.csv").read_bytes() == 'id,tags,name\r\na,"x, y",Å\r\n'.encode()
    with pytest.raises(NotExported, match=r"`nam`.*did you mean `name`"):
        exported(place, force=True, fields=("nam",))


def test_s8_formulas_from_a_crm_are_texts_in_the_file(tmp_path: Path) -> None:
    """Out of the store as out of a test of the cells."""
    place = place_with(tmp_path, {"id": "=1+1", "name": "\uff1dcmd|' /C calc'!A0", "email_bounces": -2})
    exported(place, fields=("name", "email_bounces"))

    assert (tmp_path / "out.csv").read_text() == "id,name,email_bounces\n'=1+1,'\uff1dcmd|' /C calc'!A0,-2\n"


def test_json_has_members_as_the_api_shows_them(tmp_path: Path) -> None:
    """What is missing is left out, an unclear flag is null; who was left out is counted in the file."""
    place = place_with(
        tmp_path,
        {"id": "a", "name": "=1", "special_category": "maybe"},
        {"id": "b"},
        {"id": "c", "restrict_processing": True},
    )
    found = exported(place, "out.json")

    assert json.loads((tmp_path / "out.json").read_bytes()) == {
        "selection": "leads",
        "members": [
            {"id": "a", "name": "=1", "category": "Lead", "special_category": None},
            {"id": "b", "category": "Lead"},
        ],
        "left_out": {"RESTRICTED": 1},
    }
    assert found.as_json() == {
        "selection": "leads", "file": str(tmp_path / "out.json"), "exported": 2, "left_out": {"RESTRICTED": 1},
    }  # fmt: skip


@pytest.mark.parametrize("suffix", [CSV, XLSX, JSON])
def test_a_file_is_for_its_owner_and_over_nothing(tmp_path: Path, suffix: str) -> None:
    """Mode 0600; what is there stays unless it is to be replaced; nothing else is left in the folder."""
    place = place_with(tmp_path / "store", {"id": "a"})
    out = tmp_path / "out"
    out.mkdir()
    exported(place, f"../out/x{suffix.upper()}")
    with pytest.raises(NotWritten, match="--force"):
        exported(place, f"../out/x{suffix.upper()}")
    exported(place, f"../out/x{suffix.upper()}", force=True)

    (file,) = out.iterdir()
    assert (file.name, stat.S_IMODE(file.stat().st_mode)) == (f"x{suffix.upper()}", 0o600)


@pytest.mark.parametrize(("selection", "to", "said"), [("laeds", "x.csv", "did you mean `leads`"), ("leads", "x.ods", r"\.csv, \.xlsx or \.json")])  # fmt: skip
def test_what_cannot_be_exported_is_told(tmp_path: Path, selection: str, to: str, said: str) -> None:
    """With what would be right; no file is begun."""
    place = place_with(tmp_path / "store", {"id": "a"})
    with pytest.raises(NotExported, match=said):
        export(place.installation, place.store, place.rules, Export(selection, tmp_path / to))

    assert [one.name for one in tmp_path.iterdir()] == ["store"]


def test_a_failure_in_the_middle_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither under its name nor under another."""
    place = place_with(tmp_path / "store", {"id": "a"}, {"id": "b"})
    written: list[Value | None] = []

    def fail(value: Value | None, **_: object) -> str:
        written.append(value)
        if len(written) > 3:
            raise ZeroDivisionError
        return ""

    monkeypatch.setattr("engine.service.exporting.cell", fail)
    with pytest.raises(ZeroDivisionError):
        exported(place, "../x.csv")

    assert [one.name for one in tmp_path.iterdir()] == ["store"]


@pytest.mark.parametrize("suffix", [CSV, XLSX, JSON])
def test_s5_memory_stays_flat(tmp_path: Path, suffix: str) -> None:
    """Ten times as many members take no more memory than a few."""
    name = "x" * 2_000
    place = place_with(tmp_path, *({"id": str(number), "name": name} for number in range(3_000)))
    exported(place, f"warm{suffix}", fields=("name",))
    tracemalloc.start()
    exported(place, f"out{suffix}", fields=("name",))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert most < 4_500_000
    assert re.fullmatch(r"out\.\w+", f"out{suffix}")

"""Four eyes: who edited a rule last, by its text or by its promotion, and that somebody else decides."""

from dataclasses import replace
from pathlib import Path

import pytest

from engine.language.load import Loader
from engine.model.shipped import SHIPPED_MODEL
from engine.service.activation import activated
from engine.service.config import Settings
from engine.service.four_eyes import may_decide
from engine.service.naming import Declined
from engine.service.promoting import Word, promote
from engine.store import registry
from tests.installations import Place
from tests.rulebooks import STOCKHOLM, rulebook
from tests.service.test_promoting import PEOPLE

RULE = "rules: [{{rule: one, stage: live, {editor} if: [{{field: category, is: {category}}}], then: [{{raise_alert: x}}]}}]"


def text(editor: str = "", category: str = "Lead") -> str:
    """Return a rule, edited by somebody or by nobody known."""
    return RULE.format(editor=f"edited_by: {editor}," if editor else "", category=category)


def edited(place: Place, *texts: str) -> str | None:
    """Return who is known to have edited the rule last, once texts were activated one after the other."""
    for one in texts:
        place.rules = rulebook(one)
        with place.store.database.writing() as connection:
            activated(place.installation, connection, place.rules, place.clock.now())
    with place.store.database.reading() as connection:
        return registry.last_editor(connection, "one")


def place_with(folder: Path, **approvals: bool) -> Place:
    """Return a place with two people."""
    place = Place(folder, settings=Settings.of({"people": PEOPLE, "approvals": approvals}))
    place.take({"id": "a", "category": "Lead"})
    return place


def may(place: Place, person: str) -> bool:
    """Return whether somebody may decide about the rule."""
    with place.store.database.reading() as connection:
        try:
            may_decide(place.installation, connection, "one", person)
        except Declined:
            return False
    return True


def test_the_text_of_a_rule_says_who_edited_it(tmp_path: Path) -> None:
    """Somebody else decides, and only somebody of `people`."""
    place = place_with(tmp_path)

    assert edited(place, text("eva")) == "eva"
    assert [may(place, one) for one in ("eva", "dag", "mallory", "")] == [False, True, False, False]
    assert edited(place, text("dag")) == "dag"


def test_an_editor_is_not_forgotten_by_leaving_the_name_out(tmp_path: Path) -> None:
    """The same version was still edited by the same person; another version by nobody known."""
    place = place_with(tmp_path)

    assert edited(place, text("eva"), text()) == "eva"
    assert edited(place, text(category="Customer")) is None


def test_where_the_text_names_nobody_it_is_who_promoted_the_version_first(tmp_path: Path) -> None:
    """The second word of a promotion is that of the one who decides; a name in the text comes before both."""
    place = place_with(tmp_path, plan_before_live=True, four_eyes=True)
    for written, expected in ((text(), "eva"), (text("dag", "Customer"), "dag")):
        edited(place, written)
        plan = place.plan("one").rules[0].digest or ""
        for person in ("eva", "dag"):
            word = Word(plan, person)
            promote(place.installation, place.store, place.rules, place.rules.rules["one"], word)

        assert edited(place, written) == expected


def test_somebody_at_the_command_line_is_nobody_known(tmp_path: Path) -> None:
    """A promotion without a name names no editor."""
    place = place_with(tmp_path, plan_before_live=True)
    edited(place, text())
    plan = place.plan("one").rules[0].digest or ""
    promote(place.installation, place.store, place.rules, place.rules.rules["one"], Word(plan))

    assert edited(place, text()) is None


def test_four_eyes_need_to_know_the_first_pair(tmp_path: Path) -> None:
    """Where nobody is known as editor anyone decides, unless four eyes are asked for: then the remedy is told."""
    place = place_with(tmp_path)
    edited(place, text())
    assert (may(place, "eva"), may(place, "mallory")) == (True, False)
    approvals = replace(place.installation.settings.approvals, four_eyes=True)
    place.installation = replace(place.installation, settings=replace(place.installation.settings, approvals=approvals))
    with place.store.database.reading() as connection, pytest.raises(Declined, match="edited_by"):
        may_decide(place.installation, connection, "one", "eva")


@pytest.mark.parametrize(("people", "codes"), [({"dag"}, ["R121"]), ({"eva"}, []), (set(), [])])
def test_an_editor_is_one_of_people_where_people_are_configured(people: set[str], codes: list[str]) -> None:
    """A role edits nothing, and a wrong name would let its owner decide."""
    settings = Settings.of({"people": {name: {"email": "x@firm.example", "roles": ["dpo"]} for name in people}})
    loaded = Loader(SHIPPED_MODEL, {}, STOCKHOLM, audience=settings.audience)
    found = {
        name: [one.code for one in loaded.load_texts({"a.yaml": text(name)}).problems if one.code == "R121"]
        for name in ("eva", "dpo")
    }

    assert found == {"eva": codes, "dpo": ["R121"] if people else []}


def test_who_edited_a_rule_is_no_part_of_its_version() -> None:
    """A signature under the words of a rule stays good."""
    assert rulebook(text()).digest == rulebook(text("eva")).digest

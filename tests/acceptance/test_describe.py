"""`ansgar describe` as its readers meet it: pages to sign, without a store."""

from pathlib import Path

import pytest

from tests.acceptance.test_commands import Folder


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Give a working directory with one rule."""
    return Folder(tmp_path)


def test_a_page_for_each_rule_and_no_store(folder: Folder) -> None:
    """The first configured language is the default; nothing is made."""
    english, swedish = folder.run("describe"), folder.run("describe", "norwegians", "--lang", "sv")

    assert (english.returncode, english.stderr, swedish.returncode, swedish.stderr) == (0, "", 0, "")
    assert english.stdout.startswith("Norwegians\n==========\n")
    assert "  - The contact's country is “NO”\n" in english.stdout
    assert swedish.stdout.startswith("Norrmän\n=======\n")
    assert "“[the contact's name] is from [the contact's country]”" in english.stdout
    assert swedish.stdout.rstrip("_\n").endswith("Underskrift ")
    assert [path.name for path in folder.path.iterdir()] == ["rules"]
    assert swedish.stdout == folder.run("describe", ANSGAR_LANGUAGES='["sv", "en"]').stdout


def test_the_same_as_data(folder: Folder) -> None:
    """`--json` has every sentence, by section."""
    found = folder.json("describe", "norwegians")
    (rule,) = found["rules"]
    sections = {one["name"]: one["statements"] for one in rule["sections"]}

    assert found["language"] == "en"
    assert (rule["rule"], rule["title"], rule["stage"]) == ("norwegians", "Norwegians", "live")
    assert sections["criteria"] == [{"text": "The contact's country is “NO”"}]
    assert rule["version"] in sections["signed"][0]["text"]
    assert rule["fingerprint"] in sections["signed"][1]["text"]
    assert "parts" in sections["then"][0]


def test_all_variants_of_a_table_by_one_name(folder: Folder) -> None:
    """The id without brackets stands for every rule that comes of it; a rule named twice is described once."""
    folder.write(
        "rules: [{rule: a, for_each: [{country: NO}, {country: SE}], if: [{field: country, is: $country}],"
        " then: [{raise_alert: x}]}]"
    )
    found = folder.json("describe", "a", "a[SE]")

    assert [one["rule"] for one in found["rules"]] == ["a[NO]", "a[SE]"]


def test_mistakes_are_told(folder: Folder) -> None:
    """An unknown rule gets the nearest one, a language that the service does not speak is refused, broken rules are shown."""
    unknown, language = folder.run("describe", "norwegian"), folder.run("describe", "--lang", "de")
    configured = folder.run("describe", ANSGAR_LANGUAGES='["de"]')

    assert (unknown.returncode, unknown.stderr) == (2, "there is no rule `norwegian`; did you mean `norwegians`?\n")
    assert language.returncode == 2
    assert language.stderr == "--lang `de`: rules are described in en or sv\n"
    assert configured.returncode == 2
    assert "rules are described in en or sv" in configured.stderr
    assert "--lang" in configured.stderr

    folder.write("rules: [{rule: a}]")
    assert folder.run("describe").returncode == 1

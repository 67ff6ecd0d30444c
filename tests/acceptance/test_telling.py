"""Recipients and notices as an operator meets them: who could not be told is listed, replayed or settled."""

from pathlib import Path

import pytest

from tests.acceptance.test_commands import Folder
from tests.acceptance.test_deciding import ENVIRONMENT, RULE, people
from tests.receivers import SECRET, Receiver


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Give a working directory with a deleting rule."""
    made = Folder(tmp_path)
    made.write(RULE)
    return made


def test_l13_an_operator_sees_replays_and_settles_what_a_recipient_refused(folder: Folder, tmp_path: Path) -> None:
    """Two refused: one is told by a replay, one by telephone; operators had a notice, and the ids are gone."""
    with Receiver(400) as books:
        config = (
            f"recipients: {{books: {{url: '{books.url}', secret: {{env: BOOKS}}}}}}\n"
            "people: {eva: {email: eva@firm.example, roles: [ops]}}\nnotices: {to: [ops]}\n"
        )
        (tmp_path / "config.yaml").write_text(config)
        words = ENVIRONMENT | {"BOOKS": SECRET}
        folder.run("import", "-", stdin=people("a", "b"))
        folder.run("run", "--at", "2026-01-01T08:00:00Z", "--act", **words)
        folder.run("run", "--at", "2026-01-16T08:00:00Z", "--act", **words)
        parked = folder.json("recipients", "list", "--state", "parked")["told"]
        assert {one["contact"] for one in parked} == {"a", "b"}
        assert [one["kind"] for one in folder.json("notices")["notices"]] == ["recipient_not_told"]
        books.status = 204
        first, second = (str(one["id"]) for one in parked)
        assert folder.run("recipients", "replay", first).returncode == 0
        assert folder.run("recipients", "replay", first).returncode == 1
        assert folder.run("recipients", "settle", second, "--reason", "by telephone").returncode == 0
        folder.run("run", "--act", **words)  # a replay is due from now on

    assert [one["contact"] for one in folder.json("recipients", "list")["told"]] == [None, None]
    folder.run("keys", "rotate")  # what was told before is found all the same
    (about_a,) = folder.json("recipients", "list", "--contact", "a")["told"]
    assert about_a["state"] in {"told", "settled"}
    (sums,) = folder.json("recipients")["recipients"]
    assert (sums["recipient"], sums["told"], sums["settled"], sums["parked"]) == ("books", 1, 1, 0)

"""A CRM is connected as docs/integrate.md has it: its code and its curl steps run against the installed command."""

import json
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from standardwebhooks.webhooks import Webhook

from docs.integrate.ansgar_http import Ansgar, Json, Problem, Receiver
from docs.integrate.small_crm import Crm, card, finish, follow, mailing, push, receiver, run, taken, work
from engine.crm.orders import ID, InquiringCrm
from engine.crm.webhooks import Endpoint
from engine.vocabulary.clock import SystemClock
from tests.acceptance.server import Server, free_port
from tests.receivers import SECRET
from tests.receivers import Receiver as Listener

ROOT = Path(__file__).parents[2]
FILES = [ROOT / "docs" / "integrate" / name for name in ("small_crm.py", "ansgar_http.py", "walk.sh")]
SELECTION = "norwegians"
RULES = """\
rules:
  - rule: norwegians
    stage: live
    if: [{field: country, is: "NO"}]
    then: [{keep_in_selection: norwegians}]
  - rule: complained
    stage: live
    if: [{count: requests, where: {type: complaint, status: open}, at_least: 1}]
    then: [{raise_alert: {message: "{{ contact.id }} complained", severity: warning, blocks: [email]}}]
  - rule: erase
    owner: d
    legal_basis: GDPR Art. 17(1)(b)
    stage: live
    if: [{field: category, is: Lost}]
    then: [{schedule_deletion: {purposes: all, grace: 0 days, recycle_bin: 0 days, approval: {from: dpo}}}]
    stop_if_more_than: {contacts: 25, percent: 100}
"""
CONSENT = {"purpose": "marketing", "status": "given", "legal_basis": "consent", "at": "2026-03-01"}


def until(found: Callable[[], Any], wanted: object) -> None:
    """Wait until something is as wanted: the service and the job work when they are told, each in its own time."""
    for _ in range(1_800):  # longer than the wait after a first call that failed
        if found() == wanted:
            return
        threading.Event().wait(0.05)
    assert found() == wanted


@dataclass(frozen=True, slots=True)
class Both:
    """The small CRM and Ansgar, each of which knows where the other listens."""

    crm: Crm
    server: Server
    ansgar: Ansgar
    approver: Ansgar

    def approve(self, *contacts: str) -> None:
        """Approve the deletions of these, and of no others, once all of them wait."""
        until(lambda: sorted(one["contact"] for one in self.deletions("AWAITS_APPROVAL")), sorted(contacts))
        ids = [one["id"] for one in self.deletions("AWAITS_APPROVAL")]
        self.approver.call("POST", "/v1/deletions/approve", json={"ids": ids})

    def deletions(self, reason: str) -> list[Any]:
        """Return the deletions that stand for a reason."""
        listed = self.approver.call("GET", "/v1/deletions").json()["deletions"]
        return [one for one in listed if one["reason"] == reason]

    def states(self) -> dict[str, str]:
        """Return the state of each deletion, by whom the CRM knew."""
        listed = self.approver.call("GET", "/v1/deletions").json()["deletions"]
        return {one["contact"]: one["state"] for one in listed}

    def members(self) -> tuple[list[str], list[str]]:
        """Return the members of the selection as the CRM has them, and as Ansgar has them."""
        copy = self.crm.rows("SELECT contact FROM member WHERE selection = ? ORDER BY contact", SELECTION)
        return [one for (one,) in copy], self.ansgar.members(SELECTION)[0]

    def blocks(self) -> list[tuple[Any, ...]]:
        """Return what alerts block, as the CRM was told."""
        return self.crm.rows("SELECT contact, blocks FROM alert")

    def ledger(self) -> list[tuple[Any, ...]]:
        """Return what the CRM deleted."""
        return sorted(self.crm.rows("SELECT contact, call FROM ledger"))


@pytest.fixture
def crm() -> Iterator[Crm]:
    """Give a CRM of five contacts, all with consent; its outbox is empty."""
    made = Crm()
    for contact, country in (("anna", "NO"), ("bo", "NO"), ("cia", "SE"), ("dan", "SE"), ("eli", "SE")):
        made.save(contact, country=country, category="Customer", email=f"{contact}@example.se", consents=[CONSENT])
    with made.changing() as db:
        db.execute("DELETE FROM outbox")
    yield made
    made.close()


@pytest.fixture
def listening(crm: Crm) -> Iterator[Receiver]:
    """Give the CRM's receiver, on a port of its own."""
    made = receiver(crm, SECRET)
    thread = threading.Thread(target=made.serve_forever, args=(0.01,))
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.fixture
def both(tmp_path: Path, crm: Crm, listening: Receiver) -> Iterator[Both]:
    """Give both, Ansgar running, and holding all of the CRM's contacts."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "rules.yaml").write_text(RULES)
    called = {"url": f"http://127.0.0.1:{listening.server_port}/ansgar", "secret": {"env": "THE_SECRET"}}
    server = Server(
        tmp_path,
        THE_SECRET=SECRET,
        ANSGAR_CRM=json.dumps(called | {"tell": ["selections", "alerts"]}),
        ANSGAR_PEOPLE='{"d": {"email": "d@firm.example", "roles": ["dpo"]}}',
        ANSGAR_LIMITS__PERCENT_PER_DAY="100",
    )
    url = f"http://127.0.0.1:{server.port}"
    tokens = [
        server.command("token", "create", *scopes, "--name", name).strip()
        for name, scopes in (("our-crm", ("--scope", "crm")), ("d", ("--scope", "approve", "--scope", "read")))
    ]
    server.start()
    made = Both(crm, server, Ansgar(url, tokens[0]), Ansgar(url, tokens[1]))
    told = made.ansgar.import_all(crm.state(one) for (one,) in crm.rows("SELECT id FROM contact"))
    assert (told["created"], told["refused"]) == (5, [])
    yield made
    made.ansgar.close()
    made.approver.close()
    if server.process is not None and server.process.poll() is None:
        server.kill()


def test_a_small_crm_shows_asks_and_follows(both: Both) -> None:
    """What it changes is judged; its card, its mailings and its copy of the selection are what Ansgar says."""
    crm, ansgar = both.crm, both.ansgar
    job = threading.Thread(target=run, args=(crm, ansgar, [SELECTION]))
    job.start()
    until(both.members, (["anna", "bo"], ["anna", "bo"]))
    crm.save("bo", country="SE")
    crm.save("cia", country="NO")
    crm.log(
        "crm.request.received",
        "cia",
        "requests",
        {"id": "r1", "type": "complaint", "status": "open", "at": "2026-03-01"},
    )
    until(both.members, (["anna", "cia"], ["anna", "cia"]))
    until(both.blocks, [("cia", "email")])

    first, second = card(crm, ansgar, "cia"), card(crm, ansgar, "cia")
    assert first is not None
    assert first == second
    assert ([one["message"] for one in first["alerts"]], first["blocked"]) == (["cia complained"], ["email"])
    etag = str(crm.rows("SELECT etag FROM card WHERE contact = 'cia'")[0][0])
    assert ansgar.card("cia", etag).status_code == 304
    assert mailing(crm, ansgar, ["anna", "cia", "nobody"], "marketing") == ["anna"]
    assert crm.rows("SELECT what, why FROM to_look_at") == [("nobody", "UNKNOWN")]
    crm.log("crm.activity.logged", "anna", "activities", {"id": "a1", "type": "call", "at": "2026-03-01"})
    before = crm.state("anna")  # as an import reads it that is slower than what comes now
    crm.log("crm.consent.withdrawn", "anna", "consents", CONSENT | {"status": "withdrawn", "at": "2026-03-02"})
    assert mailing(crm, ansgar, ["anna"], "marketing") == []
    assert ansgar.import_all([before])["outdated"] == 1
    assert mailing(crm, ansgar, ["anna"], "marketing") == []
    assert ansgar.import_all([crm.state("anna")])["refused"] == []
    assert mailing(crm, ansgar, ["anna"], "marketing") == []
    crm.log(
        "crm.request.answered",
        "cia",
        "requests",
        {"id": "r1", "type": "complaint", "status": "answered", "at": "2026-03-01"},
    )
    until(both.blocks, [])
    crm.is_over.set()
    crm.wake.set()
    job.join(30)
    assert not job.is_alive()


def test_a_small_crm_deletes_each_contact_once_however_it_answers(both: Both) -> None:
    """At once, at night, or not at all: its ledger, the states here and the receipts agree, and who is gone stays so."""
    crm, ansgar = both.crm, both.ansgar
    with crm.changing() as db:
        db.execute("UPDATE contact SET archived = 1 WHERE id = 'bo'")
        db.execute("UPDATE contact SET unpaid = 1 WHERE id = 'cia'")
    until(lambda: ansgar.members(SELECTION)[0], ["anna", "bo"])
    follow(crm, ansgar, SELECTION)
    for contact in ("anna", "bo", "cia"):
        crm.save(contact, category="Lost")
    push(crm, ansgar)
    both.approve("anna", "bo", "cia")
    until(lambda: {one: both.states().get(one) for one in ("bo", "cia")}, {"bo": "ordered", "cia": "refused"})
    until(lambda: [contact for contact, _ in both.ledger()], ["anna"])
    assert [one["contact"] for one in both.deletions("ACCEPTED")] == ["bo"]
    finish(crm)
    assert work(crm, ansgar, [SELECTION]) == 0
    until(lambda: len(receipts(both)), 2)

    assert [contact for contact, _ in both.ledger()] == ["anna", "bo"]
    assert [(one["rule"], one["how"], one["by"]) for one in receipts(both)] == [("erase", "erase", "crm")] * 2
    assert crm.state("cia")["category"] == "Lost"
    assert (crm.state("anna"), crm.rows("SELECT * FROM accepted")) == ({}, [])
    crm.save("eli", country="NO")
    push(crm, ansgar)
    until(lambda: ansgar.members(SELECTION)[0], ["eli"])
    follow(crm, ansgar, SELECTION)  # 410, and its members anew
    assert both.members() == (["eli"], ["eli"])
    with pytest.raises(Problem) as refused:
        ansgar.put("anna", {"country": "NO"})
    assert (refused.value.status, refused.value.kind) == (409, "erased")
    crm.save("anna", country="NO")
    push(crm, ansgar)
    assert crm.rows("SELECT what, why FROM to_look_at") == [("anna", "ERASED")]
    (line,) = ansgar.import_all([crm.state("anna")])["refused"]
    assert line["reason"].startswith("ERASED: ")
    assert mailing(crm, ansgar, ["anna"], "marketing") == []
    assert ansgar.report("deletion-1", {"result": "refused", "reason": "no"}).startswith("409 contradiction: ")


def receipts(both: Both) -> list[Any]:
    """Return the receipts of those who were erased, as an operator asks for them."""
    found = []
    for contact in ("anna", "bo", "cia"):
        answer = httpx.get(
            f"http://127.0.0.1:{both.server.port}/v1/contacts/{contact}/report", headers=both.server.headers, timeout=30
        )
        found += [answer.json()["receipt"]] if answer.status_code == 410 else []
    return found


class Deaf(Ansgar):
    """A client whose answers get lost: what it sends arrives, and nobody hears so."""

    def tell(self, events: Sequence[Json]) -> Json:
        """Send events, and lose the answer."""
        super().tell(events)
        raise httpx.ReadError("the line broke")


def test_what_got_no_answer_goes_out_again_under_the_same_ids(both: Both) -> None:
    """Ansgar is killed and comes back, and an answer is lost: each change is taken once, in its order."""
    crm, ansgar = both.crm, both.ansgar
    shown = card(crm, ansgar, "anna")
    assert shown is not None
    both.server.kill()
    crm.save("anna", category="Lead")
    crm.save("anna", category="Key account")
    crm.log("crm.sale.logged", "anna", "sales", {"id": "s1", "status": "sold", "amount": 12.0, "at": "2026-03-01"})
    assert work(crm, ansgar, [SELECTION]) == 30
    assert card(crm, ansgar, "anna") == shown | {"is_old": True}
    with pytest.raises(httpx.TransportError):
        mailing(crm, ansgar, ["anna"], "marketing")
    waiting = [json.loads(event) for (event,) in crm.rows("SELECT event FROM outbox ORDER BY place")]
    both.server.start()
    deaf = Deaf(f"http://127.0.0.1:{both.server.port}", both.server.headers["authorization"].removeprefix("Bearer "))
    assert work(crm, deaf, [SELECTION]) == 30
    deaf.close()
    assert [json.loads(event) for (event,) in crm.rows("SELECT event FROM outbox ORDER BY place")] == waiting
    assert ansgar.tell(waiting) == {"accepted": 0, "repeated": 4, "refused": []}
    assert work(crm, ansgar, []) == 0

    held = ansgar.call("GET", "/v1/contacts/anna").json()
    assert (held["category"], len(held["sales"]), crm.rows("SELECT * FROM outbox")) == ("Key account", 1, [])


def test_a_change_is_made_to_the_state_that_was_read_or_read_anew(both: Both) -> None:
    """Somebody else was quicker: the change is made once more, to what they left."""
    seen: list[Any] = []

    def tagged(held: Json) -> Json:
        seen.append(held.get("tags"))
        if len(seen) == 1:
            both.ansgar.put("anna", {"tags": ["theirs"]})
        return {"tags": [*(held.get("tags") or []), "ours"]}

    both.ansgar.patch("anna", tagged)
    assert (len(seen), both.ansgar.call("GET", "/v1/contacts/anna").json()["tags"]) == (2, ["theirs", "ours"])


def test_merged_contacts_are_one_in_both(both: Both) -> None:
    """What was noted about the one that ends goes to the one that stays, and late news of it is looked at by a person."""
    crm, ansgar = both.crm, both.ansgar
    crm.log("crm.sale.logged", "dan", "sales", {"id": "s1", "status": "sold", "amount": 12.0, "at": "2026-03-01"})
    crm.merge("dan", "eli")
    push(crm, ansgar)
    assert [one["id"] for one in ansgar.call("GET", "/v1/contacts/eli").json()["sales"]] == ["s1"]
    assert (crm.state("dan"), crm.rows("SELECT * FROM to_look_at")) == ({}, [])
    crm.save("dan", country="NO")
    push(crm, ansgar)

    assert crm.rows("SELECT what, why FROM to_look_at") == [("dan", "MERGED")]
    with pytest.raises(Problem) as refused:
        ansgar.call("GET", "/v1/contacts/dan/status")
    assert (refused.value.status, refused.value.kind) == (404, "unknown")


def test_the_small_crm_is_a_program_too(both: Both, tmp_path: Path) -> None:
    """Started with a file of contacts it sends them, and follows the selection; started again it goes on."""
    file = str(tmp_path / "crm.db")
    stored = Crm(file)
    stored.save("fia", country="NO")
    token = both.server.headers["authorization"].removeprefix("Bearer ")
    said = {"CRM_FILE": file, "CRM_SELECTIONS": SELECTION, "ANSGAR_TOKEN": token, "ANSGAR_CRM_SECRET": SECRET}
    said |= {"CRM_PORT": str(free_port()), "ANSGAR_URL": f"http://127.0.0.1:{both.server.port}"}
    command = [sys.executable, "-m", "docs.integrate.small_crm"]
    for member in ("fia", "gun"):
        with subprocess.Popen(command, cwd=ROOT, env=both.server.environment | said) as process:
            until(lambda: stored.rows("SELECT COUNT(*) FROM feed"), [(1,)])
            until(lambda: stored.rows("SELECT * FROM outbox"), [])
            process.terminate()
        assert member in both.ansgar.call("GET", f"/v1/contacts/{member}").json()["id"]
        stored.save("gun", country="SE")
    stored.close()


def order(key: str, **more: object) -> Json:
    """Return a call that orders a deletion."""
    end = (SystemClock().now() + timedelta(hours=1)).isoformat()
    told = {"order": key, "entity": "contact", "contact": "anna", "how": "erase", "purposes": None, "expires_at": end}
    return {"type": "deletion.ordered", "data": told | more}


def test_a_receiver_does_only_what_is_signed_and_only_once(crm: Crm, listening: Receiver) -> None:
    """Unsigned 401; an order answered as before when it comes again; 404 to a question only where somebody is gone."""
    where = f"http://127.0.0.1:{listening.server_port}"

    def called(method: str, path: str, key: str, body: str = "", secret: str = SECRET) -> int:
        now = datetime.fromtimestamp(int(SystemClock().now().timestamp()), UTC)
        signed = {"webhook-id": key, "webhook-timestamp": str(int(now.timestamp()))}
        signed["webhook-signature"] = Webhook(secret).sign(key, now, body)
        return httpx.request(method, where + path, content=body, headers=signed, timeout=10).status_code

    inquiring = InquiringCrm(Endpoint("the CRM", f"{where}/ansgar", SECRET), f"{where}/ansgar/contacts/{ID}")
    body = json.dumps(order("deletion-1"))
    assert httpx.post(f"{where}/ansgar", content=body).status_code == 401
    assert called("POST", "/ansgar", "deletion-1", body, "whsec_" + "A" * 32) == 401
    assert (called("GET", "/ansgar/contacts/anna", "q"), called("GET", "/contacts/anna", "q")) == (200, 400)
    assert [called("POST", "/ansgar", "deletion-1", body) for _ in range(2)] == [200, 200]
    assert (called("GET", "/ansgar/contacts/anna", "q"), len(crm.rows("SELECT * FROM ledger"))) == (404, 1)
    crm.save("Åse/1 ?", country="NO")
    assert [inquiring.presence(one, "q") for one in ("anna", "bo", "Åse/1 ?")] == ["gone", "there", "there"]
    assert called("POST", "/ansgar", "intent-1", '{"type": "task.requested", "data": {}}') == 422


def test_an_order_is_never_carried_out_after_its_end(crm: Crm) -> None:
    """Neither when it comes late nor when the night does; 500 is no outcome, so Ansgar asks, and it is not kept."""
    over = (SystemClock().now() - timedelta(minutes=1)).isoformat()
    assert taken(crm, "deletion-1", order("deletion-1", expires_at=over))[0] == 500
    with crm.changing() as db:
        db.execute("UPDATE contact SET archived = 1")
    assert [taken(crm, "deletion-2", order("deletion-2"))[0] for _ in range(2)] == [202, 202]
    with crm.changing() as db:
        db.execute("UPDATE accepted SET expires_at = ?", (over,))
    finish(crm)

    assert taken(crm, "deletion-3", order("deletion-3", how="anonymise"))[0] == 409
    assert (crm.rows("SELECT * FROM ledger"), crm.state("anna")["country"]) == ([], "NO")


def test_the_job_waits_as_long_as_it_is_asked_to(crm: Crm) -> None:
    """429 and 503 with Retry-After keep what waits; what says that the request itself is wrong ends the job."""
    crm.save("anna", country="SE")
    with Listener(429) as busy:
        busy.more = {"retry-after": "7"}
        asked = Ansgar(busy.url.removesuffix("/ansgar"), "t")
        assert (work(crm, asked, []), len(crm.rows("SELECT * FROM outbox"))) == (7, 1)
        busy.status, busy.more = 401, {}
        with pytest.raises(Problem):
            work(crm, asked, [])
        asked.close()


def test_the_walk_with_curl_comes_to_its_end(both: Both) -> None:
    """Every step answers as it says, also the second time, and it leaves nobody behind."""
    token = both.server.command("token", "create", "--scope", "crm", "--name", "walk").strip()
    called = {"ANSGAR_URL": f"http://127.0.0.1:{both.server.port}", "ANSGAR_TOKEN": token}
    walks = [
        subprocess.run(
            ["bash", FILES[2]], env=both.server.environment | called, capture_output=True, text=True, check=False
        )
        for _ in range(2)
    ]
    assert [(one.returncode, one.stderr) for one in walks] == [(0, ""), (0, "")], walks[-1].stdout
    assert all('"reasons":["UNKNOWN"]' in one.stdout and token not in one.stdout for one in walks)

    (said,) = both.ansgar.decide("email", "marketing", ["walk-1", "walk-2", "walk-3"])
    assert [one["reasons"] for one in said["blocked"]] == [["UNKNOWN"]] * 3


def test_the_page_shows_its_files_literally() -> None:
    """Every piece of Python and shell on the page is a part of one of the files beside it."""
    page = (ROOT / "docs" / "integrate.md").read_text()
    pieces = re.findall(r"^```(?:python|sh)\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    files = [file.read_text() for file in FILES]

    assert len(pieces) >= 10
    assert [piece for piece in pieces if not any(piece in file for file in files)] == []

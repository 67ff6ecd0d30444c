"""Breaking: each promise about deletion is broken once, in a copy of the code, and its tests are to notice.

`make breaks`, or `python -m tests.breaking l3 r7` for some. A promise whose tests stay green is a finding (exit 1).
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parent.parent
COPIED = (
    "engine",
    "actions",
    "rules",
    "tests",
    "docs",
    "bench",
    "config.example.yaml",
    "pyproject.toml",
    "CHANGELOG.md",
)
STORE, SERVICE = "engine/store", "engine/service"


@dataclass(frozen=True, slots=True)
class Break:
    """How a promise is broken: in which file, what is written instead of what, and what that does."""

    promise: str
    path: str
    before: str
    after: str
    says: str


BREAKS = (
    Break("l1", f"{SERVICE}/guards.py", "return not one.purposes_named and held", "return False and held", "no basis keeps anybody"),
    Break("l1", "engine/model/purposes.py", "def parting(", "def parting(*_: object) -> None: ...\n\n\ndef _parting(", "nothing is taken apart"),
    Break("l2", f"{SERVICE}/examining.py", "if by_sql is Truth.TRUE:", "if by_sql is not Truth.FALSE:", "unknown deletes"),
    Break("l3", f"{STORE}/restrictions.py", "return and_(restricted, not_(", "return and_(restricted, restricted & ~restricted, not_(", "a restriction stands against nothing"),
    Break("l3", f"{SERVICE}/guards.py", 'return "restrict_processing" in one.set_flags and', "return False and", "who is restricted is deleted"),
    Break("l4", "actions/messaging.py", '"objects_to_marketing" in sending.set_flags', "False", "who objects gets marketing"),
    Break("l4", "actions/keep_in_selection.py", "self.purpose.casefold() == MARKETING", "False", "who objects is in a marketing selection"),
    Break("l5", f"{SERVICE}/guards.py", "return bool(one.causes) and not one.is_carried", "return False", "nobody decides about Art. 22"),
    Break("l5", f"{SERVICE}/four_eyes.py", "if editor == person:", "if False:", "whoever wrote the rule answers"),
    Break("l6", "engine/vocabulary/calendar.py", "day=min(day.day, monthrange(year, month + 1)[1])", "day=min(day.day, 28)", "months end on the 28th"),
    Break("l7", f"{SERVICE}/guards.py", "return one.is_on_hold", "return False", "a hold keeps nobody"),
    Break("l7", f"{SERVICE}/approving.py", "if missing > 0:", "if False:", "one word is enough for two"),
    Break("l8", f"{SERVICE}/guards.py", "return one.is_anchor_implausible", "return False", "1760 is old"),
    Break("l9", f"{STORE}/traces.py", "without = _without((person.id, *person.texts))", "without = str", "mentions stay"),
    Break("l9", f"{STORE}/erasure.py", "connection.execute(delete(INTENT)", "(delete(INTENT)", "messages stay"),
    Break("l9", f"{STORE}/erasure.py", "database.write_anew()", "pass", "bytes stay in the file"),
    Break("l10", f"{SERVICE}/receipts.py", "id_hash = scene.tombstones.id_hash(one.entity, record_id)", "id_hash = record_id", "a receipt names somebody"),
    Break("l10", f"{STORE}/keys.py", "replace_and_overwrite(", "replace(", "a destroyed key stays on the disk"),
    Break("l11", f"{SERVICE}/returning.py", "return ERASED if hashes & erased else", 'return "" if hashes & erased else', "who was erased comes back"),
    Break("l11", f"{SERVICE}/purging.py", "missing = count - purge.seen(connection)", "missing = 0", "a restored backup is not purged"),
    Break("l12", f"{SERVICE}/minimisation.py", "if not found:", "if True:", "every field counts as read"),
    Break("l13", f"{SERVICE}/recipients.py", "if not names or not matter.contact:", "if True:", "nobody is told"),
    Break("l13", f"{STORE}/recipients.py", "if name not in known]", "]", "recipients are told twice"),
    Break("l14", f"{SERVICE}/promoting.py", "if present.digest != word.plan:", "if False:", "any plan promotes"),
    Break("r5", f"{SERVICE}/ordering.py", 'if seen == "gone":', "if True:", "an order that nobody answered counts as done"),
    Break("r5", f"{SERVICE}/ordering.py", "if may_go and moment.now < term.expires_at", "if may_go", "an order goes out after it has expired"),
    Break("r6", f"{SERVICE}/destroying.py", "found = examine(scene, connection, one, moment, over=over, around=around)", 'found = Found("ready")', "nothing is examined before the order"),
    Break("r7", f"{SERVICE}/config.py", "return by_share or count > self.deletions_per_day", "return False", "no limit a day"),
    Break("r7", f"{SERVICE}/doubts.py", "return bool(self.fallen &", "return bool(frozenset() &", "input is never doubted"),
    Break("r7", f"{STORE}/room.py", ".values(cleared_at=now)", ".values(cleared_at=None)", "two processes share no limit"),
    Break("r13", f"{SERVICE}/doubts.py", "return now < seen - SLACK or", "return False and", "the clock may jump"),
    Break("s3", f"{STORE}/tokens.py", 'return bool(self.scopes & {*scopes, "admin"})', "return True", "every token opens every route"),
    Break("s3", f"{STORE}/tokens.py", "TOKEN.c.revoked_at.is_(None), or_(", "or_(", "a revoked token is as good as ever"),
    Break("s3", f"{STORE}/tokens.py", "TOKEN.c.expires_at > now", "TOKEN.c.expires_at >= now", "a token is valid when it has expired"),
    Break("s3", f"{SERVICE}/admitting.py", "by is not None and not by.may(one)", "False", "anybody gives away any scope"),
    Break("s4", "engine/crm/signatures.py", "return any(hmac", "return True or any(hmac", "any signature fits"),
    Break("s4", "engine/crm/signatures.py", "return abs(now.timestamp()", "return True or abs(now.timestamp()", "what was signed once is good for ever"),
    Break("s4", "engine/crm/signatures.py", "return abs(now.timestamp() - int(self.timestamp))", "return now.timestamp() - int(self.timestamp)", "a timestamp may be to come"),
    Break("s4", f"{SERVICE}/results.py", "if must_name and", "if False and", "a signed result is of any order"),
    Break("s9", f"{SERVICE}/ordering.py", 'LOG.info("order void", deletion', 'LOG.info("order void", contact=one.contact, deletion', "a log names somebody"),
    Break("s9", f"{SERVICE}/erasing.py", 'LOG.info("contact put away", deletion', 'LOG.info("contact put away", contact=contact, deletion', "a log names somebody"),
    Break("s11", f"{STORE}/chain.py", "return compare_digest(", "return True or compare_digest(", "entries can be edited"),
    Break("s11", f"{STORE}/chain.py", "is_cut = head is not None and", "is_cut = False and", "the end can be cut off"),
    Break("s12", "engine/crm/weakness.py", "if text in PUBLISHED:", "if False:", "a published secret is one"),
    Break("s12", f"{SERVICE}/safeguards.py", 'return "" if is_any else', 'return "" if True else', "anybody may listen"),
    Break("s12", f"{STORE}/private_file.py", "os.O_RDONLY | os.O_CREAT, ONLY_MINE", "os.O_RDONLY | os.O_CREAT, 0o644", "everybody reads a database"),
    Break("s12", f"{SERVICE}/safeguards.py", "wrong = [*weak_secrets(installation), *open_files(installation)]", "wrong: list[str] = []", "nothing is looked at"),
)  # fmt: skip


def noticed(one: Break, copy: Path) -> str:
    """Break a promise in a copy of the code; return the first test that notices, empty where none does."""
    file = copy / one.path
    whole = file.read_text()
    if whole.count(one.before) < 1:
        raise SystemExit(f"{one.path} has no `{one.before}` any more: say how {one.promise} is broken now")
    file.write_text(whole.replace(one.before, one.after, 1))
    try:
        return _first_red(one.promise, copy)
    finally:
        file.write_text(whole)


def _first_red(promise: str, copy: Path) -> str:
    named = sorted(
        {str(path.relative_to(copy)) for path in (copy / "tests").rglob("test_*.py") if _names(path, promise)}
    )
    command = [sys.executable, "-m", "pytest", "-x", "-k", f"_{promise}_", *named]
    environment = os.environ | {"PYTHONPATH": str(copy)}
    done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)
    found = re.search(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
    return found[1] if found else ""


def _names(path: Path, promise: str) -> bool:
    return bool(re.search(rf"def test_\w*{promise}_", path.read_text()))


def main(wanted: Iterable[str]) -> int:
    """Break the wanted promises, or all; tell what noticed."""
    chosen = [one for one in BREAKS if not wanted or one.promise in wanted]
    unnoticed = 0
    with TemporaryDirectory() as folder:
        copy = Path(folder, "ansgar")
        for name in COPIED:
            source = ROOT / name
            (shutil.copytree if source.is_dir() else _copied)(source, copy / name)
        for one in chosen:
            test = noticed(one, copy)
            unnoticed += not test
            sys.stdout.write(f"{one.promise.upper():4} {one.says}: {test or 'NOBODY NOTICES'}\n")
            sys.stdout.flush()
    return 1 if unnoticed else 0


def _copied(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


if __name__ == "__main__":
    sys.exit(main({one.lower() for one in sys.argv[1:]}))

"""The nightly audit: once each local day, with the first tick after three; what it finds is logged and kept."""

from datetime import datetime, time

from engine.service.audit import Audit, AuditedRule
from engine.service.audit_road import is_open, road
from engine.service.logs import logger
from engine.service.scene import Scene
from engine.store import audits
from engine.store.runs import RuleRun
from engine.vocabulary.calendar import Moment, from_wall_clock

LOG = logger("audit")
AT = time(3)  # by the clocks of the zone
MOST_TOLD = 20  # differences that are logged


def audit_nightly(scene: Scene, moment: Moment) -> Audit | None:
    """Make the audit of a day where it is due and Polars is installed; return it, or None where it is not.

    It is noted before it begins: one that fails is not tried again with every tick.
    """
    due = from_wall_clock(datetime.combine(moment.today, AT), moment.zone)
    if moment.now < due or not is_open() or scene.is_stopping():
        return None
    database = scene.store.database
    with database.reading() as connection:
        newest = audits.newest(connection)
    if newest is not None and newest >= due:
        return None
    with database.writing() as connection:
        started_at = scene.installation.clock.now()
        number = audits.begin(connection, started_at, moment.now, scene.rulebook.digest)
    found = road()(scene.installation, scene.store, scene.rulebook, moment)
    with database.writing() as connection:
        audits.finish(connection, number, found.seconds, [_told(one) for one in found.rules])
    _log(found, number)
    return found


def _told(one: AuditedRule) -> RuleRun:
    count = len(one.findings.differences)
    differ = "1 stored verdict differs" if count == 1 else f"{count} stored verdicts differ"
    error = f"{differ}: `ansgar audit verdicts` names what does" if count else None
    basis = f"audit: {one.findings.changed_since} changed since"
    return audits.audited((one.rule, one.stage, one.version), one.findings.compared, error, basis)


def _log(found: Audit, number: int) -> None:
    differences = list(found.differences())
    LOG.info("audit finished", run=number, compared=found.compared, differences=len(differences))
    for one in differences[:MOST_TOLD]:
        LOG.error(
            "stored verdict differs",
            **{name: one[name] for name in ("rule", "contact", "stored", "derived")},
            evaluated_at=str(one["evaluated_at"]),
        )

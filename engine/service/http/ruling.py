"""Routes about rules: rule text is checked and planned without activating it; a rule is run or released."""

from typing import Any

from engine.language.load import Loaded
from engine.language.rule import Rulebook
from engine.model.snapshot import Refusal, Refused, escaped
from engine.service import deciding
from engine.service.http.access import AdminBody, ApproverBody, Caller, OperatorBody, Serving
from engine.service.http.described.ruling import CHECKED, MOST_FILES, PLAN, RELEASED, RUN
from engine.service.http.described.shapes import told
from engine.service.http.problems import HttpProblem
from engine.service.http.said import is_text, said
from engine.service.http.served import routes
from engine.service.naming import NOT_THERE, SET_CHANGED, Declined
from engine.service.observing import run_observed
from engine.service.planning import plan
from engine.service.recording import record_release
from engine.service.runner import Wanted
from engine.service.serving import Service
from engine.vocabulary.problem import Problems, nearest_or_all

ROUTES = routes("/v1")
Json = dict[str, Any]


@ROUTES.post("/rules/check", **told(CHECKED))
def check_rules(raw: AdminBody, serving: Serving) -> Json:
    """Read rule files given as `{"files": {"name.yaml": "text"}}`, tests included; activates nothing."""
    loaded = _loaded(serving, said(raw, "files").get("files"))
    found = [one.as_json() for one in loaded.all_problems]
    return {"ok": loaded.rulebook is not None, "problems": found, "files": list(loaded.files)}


@ROUTES.post("/plan", **told(PLAN))
def plan_rules(raw: AdminBody, serving: Serving) -> Json:
    """Tell what a run would do by the given `files`, or by the rules in force; `show_ids` names who it concerns."""
    found = said(raw, "files", "show_ids")
    rulebook = serving.scene.rulebook
    if "files" in found:
        rulebook = _rulebook(_loaded(serving, found["files"]))
    planned = plan(serving.installation, serving.store, rulebook, serving.installation.moment())
    return planned.as_json(show_ids=found.get("show_ids") is True)


@ROUTES.post("/rules/{rule}/runs", **told(RUN))
def run_rule(rule: str, raw: OperatorBody, serving: Serving) -> Json:
    """Evaluate a rule now, with its `inputs` where it needs some; what it intends is carried out soon."""
    inputs = _inputs(said(raw, "inputs").get("inputs", {}))
    _named(serving, rule)
    try:
        rulebook = serving.scene.rulebook.asked([rule], inputs)
    except Problems as problems:
        raise Refused([Refusal("/inputs", one.message) for one in problems.found]) from None
    wanted, moment = Wanted(frozenset({rule})), serving.installation.moment()
    report = run_observed(serving.scene, rulebook, moment, wanted, "api")
    serving.wake()
    return report.as_json()


@ROUTES.post("/rules/{rule}/release", **told(RELEASED))
def release_rule(rule: str, raw: ApproverBody, serving: Serving, caller: Caller) -> Json:
    """Release a rule that a person paused; or that a limit paused, for exactly the deletions that it stopped."""
    said(raw)
    installation, rulebook, moment = serving.installation, serving.scene.rulebook, serving.installation.moment()
    with serving.store.database.writing() as connection:
        released = deciding.release_by_person(connection, rule, moment.now)
        if released is not None:
            record_release(installation, connection, (rule, ""), {"from": "pause", "waiting": released[0]}, caller)
            return {"rule": rule, "released": "person", "waiting": released[0]}
        version = _named(serving, rule)
        deciding.check_release(installation, connection, rule, caller)
        count = deciding.release_by_limit(installation, connection, rulebook, rule, moment)
        if count is not None:
            record_release(installation, connection, (rule, version), {"from": "limit", "scheduled": count}, caller)
    if count is None:
        raise Declined(SET_CHANGED, "the set has changed since you looked: plan again, then release what is there now")
    serving.wake()
    return {"rule": rule, "released": "limit", "scheduled": count}


def _named(serving: Service, rule: str) -> str:
    """Return the version of a rule in force."""
    rules = serving.scene.rulebook.rules
    if rule not in rules:
        raise Declined(NOT_THERE, f"there is no rule `{rule}`; {nearest_or_all(rule, rules)}")
    return rules[rule].version


def _loaded(serving: Service, files: object) -> Loaded:
    if not isinstance(files, dict) or not files or len(files) > MOST_FILES:
        raise Refused([Refusal("/files", f"up to {MOST_FILES} files, each its text by its name, were expected")])
    odd = [name for name, text in files.items() if not (is_text(name) and is_text(text))]
    if odd:
        raise Refused(
            [Refusal(f"/files/{escaped(name)}", "a text without NUL and lone surrogates was expected") for name in odd]
        )
    return serving.installation.loader().load_texts(files, with_tests=True)


def _rulebook(loaded: Loaded) -> Rulebook:
    if loaded.rulebook is None:
        found = [one.as_json() for one in loaded.errors]
        raise HttpProblem(422, "rules-broken", "these rules have errors: nothing can be planned", problems=found)
    return loaded.rulebook


def _inputs(value: object) -> dict[str, str]:
    if not isinstance(value, dict) or not all(map(is_text, (*value, *value.values()))):
        raise Refused([Refusal("/inputs", "texts by the names of the inputs were expected")])
    return value

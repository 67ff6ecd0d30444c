"""Routes about rules: text is checked and planned without activating it; a rule is shown, and people act on it."""

from typing import Annotated, Any

from fastapi import Query

from engine.language.load import Loaded
from engine.language.rule import Rulebook
from engine.model.snapshot import Refusal, Refused, escaped
from engine.service import governing, promoting
from engine.service.asking import run_asked
from engine.service.console.health import health_of
from engine.service.describing import describer_of
from engine.service.http.access import READ, AdminBody, ApproverBody, Caller, OperatorBody, Serving
from engine.service.http.described.ruling import (
    CHECKED,
    MOST_FILES,
    PAUSED,
    PLAN,
    PROMOTED,
    RELEASED,
    RETIRED,
    RUN,
    SHOWN_RULE,
)
from engine.service.http.described.shapes import told
from engine.service.http.problems import HttpProblem
from engine.service.http.said import is_text, said, text
from engine.service.http.served import routes
from engine.service.naming import REFUSED, Declined
from engine.service.planning import plan
from engine.service.promoting import Word
from engine.service.rule_shape import shown
from engine.service.serving import Service
from engine.store import registry
from engine.vocabulary.tongue import LANGUAGES, TONGUES, Language

ROUTES = routes("/v1")
Json = dict[str, Any]
Lang = Annotated[Language | None, Query(description="Of the sentences; the first configured one by default.")]


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


@ROUTES.post("/rules/{rule:id}/runs", **told(RUN))
def run_rule(rule: str, raw: OperatorBody, serving: Serving) -> Json:
    """Evaluate a rule now, with its `inputs` where it needs some; what it intends is carried out soon."""
    inputs = _inputs(said(raw, "inputs").get("inputs", {}))
    report = run_asked(serving.scene, rule, inputs, "api")
    serving.wake()
    return report.as_json()


@ROUTES.post("/rules/{rule:id}/release", **told(RELEASED))
def release_rule(rule: str, raw: ApproverBody, serving: Serving, caller: Caller) -> Json:
    """Release a rule that a person paused; or that a limit paused, for exactly the deletions that it stopped."""
    said(raw)
    where = serving.installation, serving.store
    released = governing.release_pause(*where, rule, caller)
    if released is None:
        released = governing.release_limit(*where, serving.scene.rulebook, rule, caller)
        serving.wake()
    return released.as_json()


@ROUTES.post("/rules/{rule:id}/pause", **told(PAUSED))
def pause_rule(rule: str, raw: OperatorBody, serving: Serving, caller: Caller) -> Json:
    """Keep a rule from reaching outside until it is released; selections and alerts go on."""
    reason = text(said(raw, "reason"), "reason", needed=True)
    governing.pause(serving.installation, serving.store, lambda: serving.scene.rulebook, rule, (reason, caller))
    return {"rule": rule, "paused": True}


@ROUTES.post("/rules/{rule:id}/promote", **told(PROMOTED))
def promote_rule(rule: str, raw: ApproverBody, serving: Serving, caller: Caller) -> Json:
    """Let a rule be live whose plan, named by its digest, you saw; with four eyes, once two people have said so."""
    found = said(raw, "plan", "reason")
    word = Word(text(found, "plan", needed=True), caller, text(found, "reason", needed=True))
    chosen = governing.named(serving.scene.rulebook, rule)
    is_promoted = promoting.asked(serving.installation, serving.store, serving.scene.rulebook, chosen, word)
    serving.wake()
    return {"rule": rule, "version": chosen.version, "promoted": is_promoted}


@ROUTES.post("/rules/{rule:id}/retire", **told(RETIRED))
def retire_rule(rule: str, raw: AdminBody, serving: Serving, caller: Caller) -> Json:
    """End a rule that is gone from the rulebook: its cases close, its selection empties, its alerts fall."""
    said(raw)
    governing.retire(serving.installation, serving.store, in_force(serving), rule, caller)
    return {"rule": rule, "state": registry.RETIRED}


@ROUTES.get("/rules/{rule:id}", dependencies=READ, **told(SHOWN_RULE))
def show_rule(rule: str, serving: Serving, lang: Lang = None) -> Json:
    """Show a rule: how it is, how many it matches, and, in a language, what it does in plain sentences."""
    scene, now = serving.scene, serving.installation.clock.now()
    with serving.store.database.reading() as connection:
        found = health_of(scene, connection, rule, now)
    spoken = next((one for one in (lang, *serving.installation.settings.languages) if one in LANGUAGES), LANGUAGES[0])
    return shown(found, describer_of(serving.installation, scene.rulebook, TONGUES[spoken]))


def in_force(serving: Service) -> Rulebook:
    """Return the rulebook in force; raises Declined where there is none: in an empty one every rule would be gone."""
    if not serving.has_rulebook:
        raise Declined(REFUSED, f"no rulebook is in force: mend the rule files first ({serving.broken})")
    return serving.scene.rulebook


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

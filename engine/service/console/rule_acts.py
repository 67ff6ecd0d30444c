"""Acts on a rule, each by a form of its page: it is run, paused, released, promoted, retired, or its tests are run."""

from fastapi import Request, Response

from engine.service import governing, promoting
from engine.service.asking import run_asked
from engine.service.console.health import health_of
from engine.service.console.pages import moved, pages
from engine.service.console.rendering import shown, to
from engine.service.console.sessions import Administering, Approving, ByWhom, Form, Operating
from engine.service.http.access import Serving
from engine.service.http.problems import HttpProblem
from engine.service.http.ruling import in_force
from engine.service.http.said import LONGEST_TEXT
from engine.service.planning import plan
from engine.service.promoting import Word

ROUTES = pages()
INPUT = "input."  # before the name of a field that holds one


@ROUTES.post("/rules/{rule:id}/run")
def run_now(rule: str, form: Operating, serving: Serving) -> Response:
    """Evaluate it now, with its inputs where it needs some."""
    inputs = {name.removeprefix(INPUT): text.strip() for name, text in form.fields if name.startswith(INPUT)}
    run_asked(serving.scene, rule, inputs, "console")
    serving.wake()
    return moved(to("rules", rule), "rule_run")


@ROUTES.post("/rules/{rule:id}/tests")
def run_tests(rule: str, _form: Operating, serving: Serving) -> Response:
    """Run its tests."""
    serving.trials.run(serving.installation, rule)
    return moved(f"{to('rules', rule)}#tests", "rule_tested")


@ROUTES.post("/rules/{rule:id}/pause")
def pause(rule: str, form: Operating, serving: Serving, visitor: ByWhom) -> Response:
    """Keep it from reaching outside."""
    word = reason_of(form), visitor.holder.name
    governing.pause(serving.installation, serving.store, lambda: serving.scene.rulebook, rule, word)
    return moved(to("rules", rule), "rule_paused")


@ROUTES.post("/rules/{rule:id}/release")
def release(rule: str, form: Approving, serving: Serving, visitor: ByWhom) -> Response:
    """Release what a person paused, or a limit: which of them is in the form, with the set that somebody looked at."""
    where, who = (serving.installation, serving.store), visitor.holder.name
    if form.text("by") == "limit":
        seen = form.text("set")
        if not seen:
            raise HttpProblem(422, "refused", "the set that is to be released is missing: load the page again")
        governing.release_limit(*where, serving.scene.rulebook, rule, who, seen)
    elif governing.release_pause(*where, rule, who) is None:
        raise HttpProblem(409, "declined", f"no person has paused `{rule}`")
    serving.wake()
    return moved(to("rules", rule), "rule_released")


@ROUTES.post("/rules/{rule:id}/plan")
def plan_rule(rule: str, request: Request, _form: Approving, serving: Serving) -> Response:
    """Show what it would do if it were promoted now; that is what somebody promotes."""
    chosen = governing.named(serving.scene.rulebook, rule)
    moment = serving.installation.moment()
    found = plan(serving.installation, serving.store, serving.scene.rulebook, moment, only=[chosen.id])
    with serving.store.database.reading() as connection:
        one = health_of(serving.scene, connection, rule, moment.now)
    planned = next((each for each in found.rules if each.found.rule == rule), None)
    return shown(request, "rule_plan.html", one=one, planned=planned, plan=found)


@ROUTES.post("/rules/{rule:id}/promote")
def promote(rule: str, form: Approving, serving: Serving, visitor: ByWhom) -> Response:
    """Let it be live, by the plan that somebody saw."""
    chosen = governing.named(serving.scene.rulebook, rule)
    word = Word(form.text("plan"), visitor.holder.name, reason_of(form))
    is_promoted = promoting.asked(serving.installation, serving.store, serving.scene.rulebook, chosen, word)
    serving.wake()
    return moved(to("rules", rule), "rule_promoted" if is_promoted else "rule_spoken_for")


@ROUTES.post("/rules/{rule:id}/retire")
def retire(rule: str, _form: Administering, serving: Serving, visitor: ByWhom) -> Response:
    """End one that is gone from the rulebook."""
    governing.retire(serving.installation, serving.store, in_force(serving), rule, visitor.holder.name)
    return moved(to("rules"), "rule_retired")


def reason_of(form: Form) -> str:
    """Return the reason of a form; raises HttpProblem where there is none."""
    reason = form.text("reason")
    if not 0 < len(reason) <= LONGEST_TEXT:
        raise HttpProblem(422, "refused", f"a reason of {LONGEST_TEXT:,} characters at most is needed")
    return reason

"""Acts upon a record: holds, what is permitted of a restricted one, keeping it from a deletion, lowering an alert."""

from collections.abc import Callable, Mapping

from fastapi import Request, Response

from engine.service import deciding, holding, restricting
from engine.service.console.pages import moved, pages
from engine.service.console.portrait import Whom
from engine.service.console.record import KINDS
from engine.service.console.rendering import to
from engine.service.console.sessions import ByWhom, Form, Operating
from engine.service.http.access import Serving
from engine.service.http.paging import LARGEST
from engine.service.http.problems import HttpProblem, not_held
from engine.service.recording import record_alert
from engine.service.restricting import Permit
from engine.service.serving import Service
from engine.store import alerts, deletions, holds, restrictions
from engine.store.database import Connection

ROUTES = pages()
Act = Callable[[Service, Whom, Form, str], str]


def _place(serving: Service, whom: Whom, form: Form, by: str) -> str:
    told = {name: form.text(name) for name in ("reason", "name", "owner", "review")}
    wanted = holding.HoldWanted(whom.id, entity=whom.entity, **told)
    holding.place(serving.installation, serving.store, wanted, by)
    serving.wake()
    return "hold_placed"


def _lift(serving: Service, whom: Whom, form: Form, by: str) -> str:
    hold = _number(form, "hold")
    with serving.store.database.reading() as connection:
        _check(holds.record_of(connection, hold) == _record(serving, connection, whom), f"no hold {hold} is on it")
    holding.lift(serving.installation, serving.store, hold, by)
    serving.wake()
    return "hold_lifted"


def _tell(serving: Service, whom: Whom, form: Form, by: str) -> str:
    has_ended = restricting.lift(
        serving.installation, serving.store, whom.id, form.text("told"), by=by, entity=whom.entity
    )
    serving.wake()
    return "restriction_ended" if has_ended else "restriction_told"


def _permit(serving: Service, whom: Whom, form: Form, by: str) -> str:
    wanted = Permit(form.text("use"), form.text("ground"), form.text("said"), by)
    restricting.permit(serving.installation, serving.store, whom.id, wanted, whom.entity)
    serving.wake()
    return "use_permitted"


def _withdraw(serving: Service, whom: Whom, form: Form, by: str) -> str:
    permission = _number(form, "permission")
    with serving.store.database.reading() as connection:
        its = restrictions.permissions_of(connection, *_record(serving, connection, whom))
        _check(permission in {one["id"] for one in its}, f"no permission {permission} stands for it")
    restricting.withdraw(serving.installation, serving.store, permission, by)
    serving.wake()
    return "permission_withdrawn"


def _keep(serving: Service, whom: Whom, form: Form, by: str) -> str:
    key, now = _number(form, "deletion"), serving.installation.clock.now()
    with serving.store.database.writing() as connection:
        one = deletions.by_key(connection, serving.store.tables, key)
        if one is None or (one.entity, one.contact) != (whom.entity, whom.id):
            raise HttpProblem(404, "unknown", f"no deletion {key} is planned of it")
        deciding.keep(serving.installation, connection, one, now, by)
    return "deletion_kept"


def _lower(serving: Service, whom: Whom, form: Form, by: str) -> str:
    alert = _number(form, "alert")
    with serving.store.database.writing() as connection:
        its = alerts.subject_of(connection, alert)
        is_its = its is not None and its[:2] == _record(serving, connection, whom)
        _check(
            is_its and alerts.lower(connection, alert, serving.installation.clock.now()), f"no alert {alert} is raised"
        )
        record_alert(serving.installation, serving.store, connection, alert, by)
    return "alert_lowered"


ACTS: Mapping[str, Act] = {
    "hold": _place,
    "lift-hold": _lift,
    "told": _tell,
    "permit": _permit,
    "withdraw": _withdraw,
    "keep": _keep,
    "lower": _lower,
}


def _acting(entity: str, plural: str) -> Callable[..., Response]:
    def act(request: Request, record: str, deed: str, serving: Serving, form: Operating, visitor: ByWhom) -> Response:
        """Carry out what a form of the page asks for, by the function that the API and the commands use."""
        if deed not in ACTS:
            raise HttpProblem(404, "unknown", "there is no such act")
        done = ACTS[deed](serving, Whom(entity, plural, record), form, visitor.holder.name)
        return moved(to(plural, record), done)

    return act


def _record(serving: Service, connection: Connection, whom: Whom) -> tuple[str, int]:
    key = serving.scene.records.key_of(connection, whom.entity, whom.id)
    if key is None:
        raise not_held(whom.entity)
    return whom.entity, key


def _number(form: Form, name: str) -> int:
    written = form.text(name)
    number = int(written) if written.isascii() and written.isdecimal() and len(written) < len(str(LARGEST)) else 0
    _check(number > 0, f"there is no {name} `{written[:20]}`")
    return number


def _check(is_so: bool, otherwise: str) -> None:
    if not is_so:
        raise HttpProblem(404, "unknown", otherwise)


for _entity, _plural in KINDS.items():
    ROUTES.add_api_route(f"/{_plural}/{{record:id}}/{{deed}}", _acting(_entity, _plural), methods=["POST"])

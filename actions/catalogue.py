"""The list of all actions. Adding one is a file beside this and one entry here."""

from actions.call_webhook import CallWebhook
from actions.create_task import CreateTask
from actions.keep_in_selection import KeepInSelection
from actions.notify import Notify
from actions.raise_alert import RaiseAlert
from actions.request_review import RequestReview
from actions.schedule_deletion import ScheduleDeletion
from actions.send_report import SendReport
from actions.set_field import SetField
from engine.language.rule import Call

ACTIONS: dict[str, type[Call]] = {
    one.verb: one
    for one in (
        *(KeepInSelection, RaiseAlert, RequestReview),
        *(Notify, SendReport, CreateTask, SetField, CallWebhook),
        ScheduleDeletion,
    )
}

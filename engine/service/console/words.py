"""Words of the console: what stages, states, reasons and kinds are called for operators, and what it says was done."""

from collections.abc import Mapping

from engine.service.report import words
from engine.service.report.words import Words
from engine.vocabulary.wording import bilingual

HEALTH: Words = {
    "live": bilingual(en="live", sv="i drift"),
    "watch": bilingual(en="watch", sv="bevakas"),
    "paused": bilingual(en="paused", sv="pausad"),
    "failing": bilingual(en="failing", sv="fallerar"),
    "stale": bilingual(en="stale", sv="inaktuell"),
    "off": bilingual(en="off", sv="av"),
    "gone": bilingual(en="gone", sv="borta"),
}
TRIGGERS: Words = {
    "command": bilingual(en="command", sv="kommando"),
    "api": bilingual(en="API", sv="API"),
    "console": bilingual(en="console", sv="konsolen"),
    "change": bilingual(en="change", sv="ändring"),
    "schedule": bilingual(en="schedule", sv="schema"),
    "time": bilingual(en="time", sv="tid"),
}
SCOPES: Words = {
    "read": bilingual(en="see", sv="se"),
    "operate": bilingual(en="operate", sv="sköta"),
    "approve": bilingual(en="approve", sv="godkänna"),
    "admin": bilingual(en="administer", sv="administrera"),
    "crm": bilingual(en="act as the CRM", sv="vara CRM-systemet"),
}
THEMES: Words = {
    "auto": bilingual(en="As the system", sv="Som systemet"),
    "light": bilingual(en="Light", sv="Ljust"),
    "dark": bilingual(en="Dark", sv="Mörkt"),
}
# By kind, as templates name them. Kinds whose words are those of the report have these.
KINDS: Mapping[str, Words] = {
    "health": HEALTH,
    "trigger": TRIGGERS,
    "scope": SCOPES,
    "theme": THEMES,
    "stage": words.STAGES,
    "case": words.CASES,
    "sent": words.SENT,
    "deletion": words.DELETION,
    "review": words.REVIEW,
    "reason": words.REASONS,
}
# What a page says after something was done; it is named in the address, so that loading it again does nothing twice.
DONE: Words = {
    "signed_out": bilingual(en="You are signed out.", sv="Du är utloggad."),
}

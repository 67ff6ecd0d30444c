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
MODES: Words = {
    "delta": bilingual(en="what changed", sv="det ändrade"),
    "full": bilingual(en="all records", sv="alla poster"),
    "audit": bilingual(en="audit", sv="kontroll"),
}
BASES: Words = {
    "delta": bilingual(en="those that can have become something else", sv="dem som kan ha blivit något annat"),
    "full": bilingual(en="all records", sv="alla poster"),
    "full: asked for": bilingual(en="all records: asked for", sv="alla poster: begärt"),
    "full: first evaluation": bilingual(en="all records: first evaluation", sv="alla poster: första prövningen"),
    "full: the rule has changed": bilingual(en="all records: the rule has changed", sv="alla poster: regeln är ändrad"),
    "full: too much has changed": bilingual(
        en="all records: too much has changed", sv="alla poster: för mycket har ändrats"
    ),
    "full: it depends on what it is asked or told": bilingual(
        en="all records: it depends on what it is asked or told",
        sv="alla poster: den beror på vad som frågas eller meddelas",
    ),
    "full: the change log does not reach back so far": bilingual(
        en="all records: the change log does not reach back so far",
        sv="alla poster: ändringsloggen når inte så långt bakåt",
    ),
    "full: a day or an instant has passed that concerns everybody": bilingual(
        en="all records: a day or an instant has passed that concerns everybody",
        sv="alla poster: en dag eller tidpunkt har passerat som gäller alla",
    ),
}
EFFECTS: Words = {
    **words.SENT,
    "schedule_deletion": bilingual(en="deletion", sv="radering"),
    "warn": bilingual(en="announcement of a deletion", sv="avisering av en radering"),
    "deletes": bilingual(en="deletion", sv="radering"),
    "confirm": bilingual(en="confirmation of a deletion", sv="bekräftelse på en radering"),
    "keep_in_selection": bilingual(en="selection", sv="urval"),
    "raise_alert": bilingual(en="alert", sv="varning"),
    "closing": bilingual(en="when it is no longer true", sv="när det inte längre är uppfyllt"),
    "late": bilingual(en="when the term has passed", sv="när fristen har gått ut"),
    "": bilingual(en="effect of another version", sv="verkan av en annan version"),
}
COLUMNS: Words = {
    "acted": bilingual(en="Acted", sv="Utförda"),
    "withheld": bilingual(en="Withheld", sv="Innehållna"),
    "failed": bilingual(en="Failed", sv="Misslyckade"),
    "parked": bilingual(en="Parked", sv="Åt sidan"),
    "waiting": bilingual(en="Waiting", sv="Väntande"),
}
DID: Words = {
    "moved": bilingual(en="moved somebody", sv="flyttade någon"),
    "failed": bilingual(en="a rule failed", sv="en regel fallerade"),
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
    "mode": MODES,
    "basis": BASES,
    "effect": EFFECTS,
    "column": COLUMNS,
    "did": DID,
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
    "counted": bilingual(en="The records were counted.", sv="Posterna är räknade."),
    "signed_out": bilingual(en="You are signed out.", sv="Du är utloggad."),
}

"""Words of the console: what stages, states, reasons and kinds are called for operators, and what it says was done."""

from collections.abc import Mapping

from actions.raise_alert import USES
from engine.language.kinds import WORDS as LEGAL
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
VERDICTS: Words = {
    "match": bilingual(en="match", sv="träff"),
    "no_match": bilingual(en="no match", sv="ingen träff"),
    "undecided": bilingual(en="undecided", sv="oavgjord"),
    "waiting": bilingual(en="true, not yet for long enough", sv="uppfylld, inte tillräckligt länge"),
    "not_evaluated": bilingual(en="not evaluated yet", sv="inte prövad ännu"),
}
TRUTHS: Words = {
    "true": bilingual(en="true", sv="uppfyllt"),
    "false": bilingual(en="false", sv="inte uppfyllt"),
    "unknown": bilingual(en="unknown", sv="okänt"),
}
SEVERITY: Words = {
    "info": bilingual(en="information", sv="upplysning"),
    "warning": bilingual(en="warning", sv="varning"),
    "blocking": bilingual(en="blocks", sv="spärrar"),
}
GROUNDS: Words = {
    "consent": bilingual(en="consent", sv="samtycke"),
    "legal_claims": bilingual(en="legal claims", sv="rättsliga anspråk"),
    "rights_of_others": bilingual(en="rights of others", sv="andras rättigheter"),
    "public_interest": bilingual(en="public interest", sv="allmänt intresse"),
}
PERMITTED: Words = {
    "deletion": bilingual(en="deletion", sv="radering"),
    "message": bilingual(en="messages", sv="meddelanden"),
    "export": bilingual(en="export", sv="export"),
    "selection": bilingual(en="selections", sv="urval"),
}
PAST: Words = {
    "case": bilingual(en="rule", sv="regel"),
    "selection": bilingual(en="selection", sv="urval"),
    "alert": bilingual(en="alert", sv="varning"),
    "message": bilingual(en="message", sv="meddelande"),
    "deletion": bilingual(en="deletion", sv="radering"),
    "review": bilingual(en="review", sv="granskning"),
    "hold": bilingual(en="hold", sv="spärr"),
    "restriction": bilingual(en="restriction", sv="begränsning"),
    "event": bilingual(en="event", sv="händelse"),
    "recipient": bilingual(en="recipient", sv="mottagare"),
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
    "verdict": VERDICTS,
    "truth": TRUTHS,
    "severity": SEVERITY,
    "blocked": USES,
    "use": PERMITTED,
    "ground": GROUNDS,
    "past": PAST,
    "told": words.TOLD,
    "standing": words.STANDING,
    "basis": LEGAL,
}
# What a page says after something was done; it is named in the address, so that loading it again does nothing twice.
DONE: Words = {
    "signed_out": bilingual(en="You are signed out.", sv="Du är utloggad."),
    "hold_placed": bilingual(en="The hold is placed.", sv="Spärren är lagd."),
    "hold_lifted": bilingual(en="The hold is lifted.", sv="Spärren är hävd."),
    "restriction_told": bilingual(
        en="It is recorded that the person was told. The restriction ends once the flag is no longer set in the CRM.",
        sv="Det är noterat att personen fick veta. Begränsningen upphör när flaggan inte är satt i CRM-systemet.",
    ),
    "restriction_ended": bilingual(en="The restriction has ended.", sv="Begränsningen har upphört."),
    "use_permitted": bilingual(en="The use is permitted.", sv="Användningen är tillåten."),
    "permission_withdrawn": bilingual(en="The permission is withdrawn.", sv="Tillåtelsen är återkallad."),
    "deletion_kept": bilingual(en="The deletion is cancelled.", sv="Raderingen är avbruten."),
    "alert_lowered": bilingual(en="The alert is lowered.", sv="Varningen är nedtagen."),
}

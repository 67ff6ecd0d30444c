"""Words of the console: what stages, states, reasons and kinds are called for operators, and what it says was done."""

from collections.abc import Mapping

from actions.raise_alert import USES
from engine.language.kinds import WORDS as LEGAL
from engine.service.console.chain_words import ACTS, FAULTS
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
QUEUE: Words = {
    "scheduled": bilingual(en="scheduled", sv="schemalagda"),
    "warned": bilingual(en="announced", sv="aviserade"),
    "due": bilingual(en="due", sv="står på tur"),
    "approved": bilingual(en="approved", sv="godkända"),
    "kept": bilingual(en="stopped, kept", sv="stoppade, behålls"),
    "held": bilingual(en="held", sv="hålls"),
    "ordered": bilingual(en="ordered", sv="beordrade"),
    "confirmed": bilingual(en="confirmed", sv="bekräftade"),
    "in_recycle_bin": bilingual(en="in the recycle bin", sv="i papperskorgen"),
    "erased": bilingual(en="erased", sv="raderade"),
    "cancelled": bilingual(en="cancelled", sv="avbrutna"),
    "refused": bilingual(en="refused by the CRM", sv="nekade av CRM"),
    "failed": bilingual(en="failed", sv="misslyckade"),
    "restored": bilingual(en="restored", sv="återställda"),
    "open": bilingual(en="open", sv="öppna"),
    "answered": bilingual(en="answered", sv="besvarade"),
    "void": bilingual(en="no longer needed", sv="behövs inte längre"),
    "unanswered": bilingual(en="nobody answered in time", sv="ingen svarade i tid"),
    "carry_out": bilingual(en="carry it out", sv="genomför"),
    "keep": bilingual(en="keep things as they are", sv="behåll som det är"),
}
CHANGES: Words = {
    "new": bilingual(en="new", sv="ny"),
    "changed": bilingual(en="changed", sv="ändrad"),
    "stage": bilingual(en="another stage", sv="annat läge"),
    "returned": bilingual(en="returned", sv="tillbaka"),
    "gone": bilingual(en="gone", sv="borta"),
    "same": bilingual(en="unchanged", sv="oförändrad"),
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
MESSAGES: Words = {
    **words.SENT,
    "parked": bilingual(en="parked", sv="åt sidan"),
    "told": bilingual(en="told", sv="underrättad"),
    "overtaken": bilingual(en="overtaken", sv="överspelat"),
    "settled": bilingual(en="settled", sv="ordnat"),
    "selection.joined": bilingual(en="told the CRM: joined a selection", sv="till CRM: kom med i ett urval"),
    "selection.left": bilingual(en="told the CRM: left a selection", sv="till CRM: lämnade ett urval"),
    "alert.raised": bilingual(en="told the CRM: alert raised", sv="till CRM: varning väckt"),
    "alert.lowered": bilingual(en="told the CRM: alert lowered", sv="till CRM: varning sänkt"),
}
NOTICES: Words = {
    "limit": bilingual(en="a limit stopped a rule", sv="en gräns stoppade en regel"),
    "held": bilingual(en="deletions are held", sv="raderingar hålls"),
    "approval": bilingual(en="an approval is asked for", sv="ett godkännande efterfrågas"),
    "review": bilingual(en="reviews wait", sv="granskningar väntar"),
    "hold_review": bilingual(en="a hold is to be looked at", sv="en spärr ska ses över"),
    "failed": bilingual(en="a deletion failed", sv="en radering misslyckades"),
    "recipient_not_told": bilingual(en="a recipient was not told", sv="en mottagare underrättades inte"),
    "recipient_gone": bilingual(en="a recipient takes no calls", sv="en mottagare tar inga anrop"),
    "recipient_unknown": bilingual(en="a recipient is not configured", sv="en mottagare är inte konfigurerad"),
}
TOLD: Words = {
    **words.TOLD,
    "partial_erasure": bilingual(en="erasure for some purposes", sv="radering för vissa ändamål"),
    "restriction_lifted": bilingual(en="end of a restriction", sv="slut på en begränsning"),
}
RECEIVER_REASONS: Words = {
    "GONE": bilingual(en="it takes no more calls", sv="den tar inga fler anrop"),
    "GONE, and others were replayed": bilingual(en="it took no calls then", sv="den tog inga anrop då"),
    "UNKNOWN_RECIPIENT": bilingual(en="it is not configured any more", sv="den är inte längre konfigurerad"),
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
    "mode": MODES,
    "basis": BASES,
    "effect": EFFECTS,
    "column": COLUMNS,
    "did": DID,
    "theme": THEMES,
    "change": CHANGES,
    "stage": words.STAGES,
    "case": words.CASES,
    "sent": words.SENT,
    "deletion": words.DELETION,
    "queue": QUEUE,
    "review": words.REVIEW,
    "reason": words.REASONS,
    "verdict": VERDICTS,
    "truth": TRUTHS,
    "severity": SEVERITY,
    "use": USES,
    "permitted": PERMITTED,
    "ground": GROUNDS,
    "past": PAST,
    "told": TOLD,
    "standing": words.STANDING,
    "legal_basis": LEGAL,
    "receiver_reason": RECEIVER_REASONS,
    "message": MESSAGES,
    "action": MESSAGES,
    "notice": NOTICES,
    "act": ACTS,
    "chain_fault": FAULTS,
}
# What a page says after something was done; it is named in the address, so that loading it again does nothing twice.
DONE: Words = {
    "counted": bilingual(en="The records were counted.", sv="Posterna är räknade."),
    "signed_out": bilingual(en="You are signed out.", sv="Du är utloggad."),
    "forecast_begun": bilingual(en="The forecast is being made.", sv="Prognosen tas fram."),
    "deletion_released": bilingual(en="The deletion goes on.", sv="Raderingen går vidare."),
    "deletion_kept": bilingual(en="The deletion is cancelled.", sv="Raderingen är avbruten."),
    "deletion_restored": bilingual(en="The contact is back.", sv="Kontakten är återställd."),
    "word_said": bilingual(en="Your word is noted; more are needed.", sv="Ditt godkännande är noterat; fler behövs."),
    "batch_approved": bilingual(en="Exactly this set is approved.", sv="Exakt den här mängden är godkänd."),
    "batch_kept": bilingual(en="They are kept.", sv="De behålls."),
    "review_answered": bilingual(en="The review is answered.", sv="Granskningen är besvarad."),
    "rule_run": bilingual(en="The rule was run.", sv="Regeln kördes."),
    "rule_tested": bilingual(en="Its tests were run.", sv="Dess tester kördes."),
    "rule_paused": bilingual(
        en="The rule is paused: nothing of it reaches outside until it is released.",
        sv="Regeln är pausad: inget av den når ut förrän den släpps.",
    ),
    "rule_released": bilingual(en="The rule is released.", sv="Regeln är släppt."),
    "rule_promoted": bilingual(
        en="The rule is live from the next run on.", sv="Regeln är i drift från och med nästa körning."
    ),
    "rule_spoken_for": bilingual(
        en="Your word is noted; another person has to say so, too.",
        sv="Ditt ord är noterat; ytterligare en person måste säga detsamma.",
    ),
    "rule_retired": bilingual(en="The rule is retired.", sv="Regeln är avslutad."),
    "hold_placed": bilingual(en="The hold is placed.", sv="Spärren är lagd."),
    "hold_lifted": bilingual(en="The hold is lifted.", sv="Spärren är hävd."),
    "restriction_told": bilingual(
        en="It is recorded that the person was told. The restriction ends once the flag is no longer set in the CRM.",
        sv="Det är noterat att personen fick veta. Begränsningen upphör när flaggan inte är satt i CRM-systemet.",
    ),
    "restriction_ended": bilingual(en="The restriction has ended.", sv="Begränsningen har upphört."),
    "use_permitted": bilingual(en="The use is permitted.", sv="Användningen är tillåten."),
    "permission_withdrawn": bilingual(en="The permission is withdrawn.", sv="Tillåtelsen är återkallad."),
    "alert_lowered": bilingual(en="The alert is lowered.", sv="Varningen är nedtagen."),
    "restriction_lifted": bilingual(en="The restriction has ended.", sv="Begränsningen har upphört."),
    "replayed": bilingual(en="They go out again with the next run.", sv="De går ut igen med nästa körning."),
    "settled": bilingual(en="They are settled.", sv="De är ordnade."),
}

"""Words of the console: what stages, states, reasons and kinds are called for operators, and what it says was done."""

from collections.abc import Mapping

from actions.raise_alert import USES
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
SEVERITIES: Words = {
    "info": bilingual(en="information", sv="upplysning"),
    "warning": bilingual(en="warning", sv="varning"),
    "blocking": bilingual(en="blocking", sv="spärrande"),
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
RESTRICTED_USES: Words = {
    "deletion": bilingual(en="deletion", sv="radering"),
    "message": bilingual(en="messages", sv="meddelanden"),
    "export": bilingual(en="export", sv="export"),
    "selection": bilingual(en="selections", sv="urval"),
}
GROUNDS: Words = {
    "consent": bilingual(en="consent", sv="samtycke"),
    "legal_claims": bilingual(en="legal claims", sv="rättsliga anspråk"),
    "rights_of_others": bilingual(en="rights of others", sv="andras rättigheter"),
    "public_interest": bilingual(en="public interest", sv="allmänt intresse"),
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
    "receiver_reason": RECEIVER_REASONS,
    "severity": SEVERITIES,
    "use": USES,
    "message": MESSAGES,
    "action": MESSAGES,
    "notice": NOTICES,
    "told": TOLD,
    "restricted_use": RESTRICTED_USES,
    "ground": GROUNDS,
    "act": ACTS,
    "chain_fault": FAULTS,
}
# What a page says after something was done; it is named in the address, so that loading it again does nothing twice.
DONE: Words = {
    "signed_out": bilingual(en="You are signed out.", sv="Du är utloggad."),
    "alert_lowered": bilingual(en="The alert is lowered.", sv="Varningen är sänkt."),
    "hold_placed": bilingual(en="The hold is placed.", sv="Spärren är lagd."),
    "hold_lifted": bilingual(en="The hold is lifted.", sv="Spärren är hävd."),
    "restriction_lifted": bilingual(en="The restriction has ended.", sv="Begränsningen har upphört."),
    "restriction_told": bilingual(
        en="Noted. The restriction ends as soon as the CRM sends the flag as not set.",
        sv="Antecknat. Begränsningen upphör när CRM-systemet inte längre har flaggan satt.",
    ),
    "use_permitted": bilingual(en="The use is permitted.", sv="Användningen är tillåten."),
    "permission_withdrawn": bilingual(en="The permission is withdrawn.", sv="Tillståndet är återkallat."),
    "replayed": bilingual(en="They go out again with the next run.", sv="De går ut igen med nästa körning."),
    "settled": bilingual(en="They are settled.", sv="De är ordnade."),
}

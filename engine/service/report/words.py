"""Words of the report: what states, reasons and kinds are called for the person whom they are about."""

from collections.abc import Mapping

from engine.vocabulary.wording import Wording, bilingual

Words = Mapping[str, Wording]

TYPES: Words = {
    "text": bilingual(en="text", sv="text"),
    "number": bilingual(en="number", sv="tal"),
    "money": bilingual(en="amount", sv="belopp"),
    "flag": bilingual(en="yes or no", sv="ja eller nej"),
    "date": bilingual(en="day", sv="dag"),
    "datetime": bilingual(en="time", sv="tidpunkt"),
    "list": bilingual(en="list", sv="lista"),
}
STANDING: Words = {
    "given": bilingual(en="valid", sv="gäller"),
    "withdrawn": bilingual(en="withdrawn", sv="återkallat"),
    "expired": bilingual(en="expired", sv="har upphört"),
    "never_given": bilingual(en="not yet valid", sv="gäller inte ännu"),
    "unclear": bilingual(en="unclear", sv="oklart"),
}
CASES: Words = {
    "open": bilingual(en="true now", sv="uppfylld nu"),
    "waiting": bilingual(
        en="true, waiting to have been so for long enough", sv="uppfylld, men inte tillräckligt länge"
    ),
    "undecided": bilingual(en="cannot be decided", sv="kan inte avgöras"),
    "opened": bilingual(en="became true", sv="blev uppfylld"),
    "closed": bilingual(en="stopped being true", sv="upphörde att vara uppfylld"),
    "joined": bilingual(en="joined", sv="kom med"),
    "left": bilingual(en="left", sv="togs bort"),
}
SENT: Words = {
    "pending": bilingual(en="waits", sv="väntar"),
    "done": bilingual(en="done", sv="utfört"),
    "withheld": bilingual(en="withheld", sv="hölls inne"),
    "parked": bilingual(en="failed, and set aside", sv="misslyckades och lades åt sidan"),
    "failed": bilingual(en="failed", sv="misslyckades"),
    "notify": bilingual(en="message", sv="meddelande"),
    "reminder": bilingual(en="reminder", sv="påminnelse"),
    "send_report": bilingual(en="report of personal data", sv="registerutdrag"),
    "create_task": bilingual(en="task in the CRM", sv="uppgift i CRM-systemet"),
    "set_field": bilingual(en="change of a value in the CRM", sv="ändring av en uppgift i CRM-systemet"),
    "call_webhook": bilingual(en="call to another system", sv="anrop till ett annat system"),
    "schedule_deletion": bilingual(en="message about a deletion", sv="meddelande om en radering"),
    "request_review": bilingual(en="request for a review", sv="begäran om granskning"),
}
DELETION: Words = {
    "scheduled": bilingual(en="scheduled", sv="schemalagd"),
    "warned": bilingual(en="announced", sv="aviserad"),
    "due": bilingual(en="due", sv="står på tur"),
    "approved": bilingual(en="approved", sv="godkänd"),
    "ordered": bilingual(en="ordered", sv="beordrad"),
    "confirmed": bilingual(en="confirmed", sv="bekräftad"),
    "in_recycle_bin": bilingual(
        en="carried out; the copy lies in the recycle bin", sv="utförd; kopian ligger i papperskorgen"
    ),
    "erased": bilingual(en="erased", sv="raderad"),
    "cancelled": bilingual(en="cancelled", sv="avbruten"),
    "kept": bilingual(en="stopped: the data is kept", sv="stoppad: uppgifterna behålls"),
    "held": bilingual(en="waits for a person's word", sv="väntar på en handläggares besked"),
    "refused": bilingual(en="refused by the CRM", sv="nekad av CRM-systemet"),
    "failed": bilingual(en="failed", sv="misslyckades"),
    "restored": bilingual(en="restored", sv="återställd"),
    "erase": bilingual(en="erase", sv="radera"),
    "anonymise": bilingual(en="anonymise", sv="anonymisera"),
}
REVIEW: Words = {
    "open": bilingual(en="waits for an answer", sv="väntar på svar"),
    "answered": bilingual(en="answered", sv="besvarad"),
    "void": bilingual(en="no longer needed", sv="behövs inte längre"),
}
TOLD: Words = {
    "erasure": bilingual(en="erasure", sv="radering"),
    "anonymisation": bilingual(en="anonymisation", sv="anonymisering"),
    "restriction": bilingual(en="restriction", sv="begränsning"),
    "rectification": bilingual(en="rectification", sv="rättelse"),
    "crm": bilingual(en="the CRM", sv="CRM-systemet"),
    "webhook": bilingual(en="another system", sv="ett annat system"),
    "channel": bilingual(en="a channel for colleagues", sv="en kanal för medarbetare"),
    "export": bilingual(en="export", sv="export"),
}
STAGES: Words = {
    "live": bilingual(en="takes effect", sv="har verkan"),
    "watch": bilingual(en="is evaluated, without effect", sv="prövas, utan verkan"),
}
REASONS: Words = {
    "NO_LONGER_TRUE": bilingual(en="it is no longer true", sv="det är inte längre uppfyllt"),
    "UNDECIDED": bilingual(en="it cannot be decided", sv="det kan inte avgöras"),
    "NEW_VERSION": bilingual(en="the rule was changed", sv="regeln ändrades"),
    "RULE_GONE": bilingual(en="the rule is gone or stopped", sv="regeln finns inte kvar eller är stoppad"),
    "RULE_CHANGED": bilingual(en="the rule was changed", sv="regeln ändrades"),
    "STALE": bilingual(en="something has changed since the decision", sv="något har ändrats sedan beslutet"),
    "GONE": bilingual(en="the record is gone", sv="posten finns inte kvar"),
    "MERGED": bilingual(en="the record was merged into another", sv="posten har slagits ihop med en annan"),
    "KEPT_BY_PERSON": bilingual(en="a person decided to keep it", sv="en handläggare beslutade att behålla den"),
    "RESTORED": bilingual(en="a person brought it back", sv="en handläggare tog tillbaka den"),
    "DISAGREEMENT": bilingual(en="the examinations differed", sv="prövningarna gav olika svar"),
    "WARNING_FAILED": bilingual(en="the announcement could not be delivered", sv="aviseringen kunde inte lämnas"),
    "WARNING_PENDING": bilingual(en="the announcement has not gone out", sv="aviseringen har inte gått ut"),
    "OUTCOME_UNKNOWN": bilingual(en="it is not known what came of it", sv="det är inte känt vad det ledde till"),
    "HOLD": bilingual(en="a hold is on it", sv="en spärr ligger på den"),
    "RESTRICTED": bilingual(en="the processing is restricted", sv="behandlingen är begränsad"),
    "OBJECTION_PENDING": bilingual(en="an objection or dispute is open", sv="en invändning eller tvist är öppen"),
    "HUMAN_REVIEW": bilingual(en="a person must decide", sv="en människa måste besluta"),
    "OTHER_BASIS": bilingual(en="there is another legal basis", sv="det finns en annan rättslig grund"),
    "IMPLAUSIBLE_DATE": bilingual(en="a date cannot be right", sv="ett datum kan inte stämma"),
    "LIMIT": bilingual(en="too many at once", sv="för många på en gång"),
    "FEED_STALE": bilingual(en="the supply of data seems broken", sv="tillförseln av uppgifter tycks ha brutits"),
    "INPUT_SUSPECT": bilingual(en="much of the data seems to be missing", sv="mycket av uppgifterna tycks saknas"),
    "CLOCK": bilingual(en="the clock of the service has jumped", sv="tjänstens klocka har hoppat"),
    "AWAITS_APPROVAL": bilingual(en="waits for an approval", sv="väntar på godkännande"),
    "NO_APPROVAL": bilingual(en="nobody has approved it", sv="ingen har godkänt den"),
    "GRACE": bilingual(en="the period of grace has not passed", sv="väntetiden har inte gått ut"),
    "CASE_CLOSED": bilingual(en="it was no longer true", sv="det var inte längre uppfyllt"),
    "CANCELLED": bilingual(en="the deletion was cancelled", sv="raderingen avbröts"),
    "DECEASED": bilingual(en="the person has died", sv="personen har avlidit"),
    "OBJECTS": bilingual(en="there is an objection", sv="det finns en invändning"),
    "NO_CONSENT": bilingual(en="there is no consent", sv="samtycke saknas"),
    "NO_ADDRESS": bilingual(en="there is no address", sv="adress saknas"),
    "NO_CRM": bilingual(en="no CRM is connected", sv="inget CRM-system är anslutet"),
    "NO_WEBHOOK": bilingual(en="the other system is not configured", sv="det andra systemet är inte konfigurerat"),
    "NO_VALUE": bilingual(en="there is no value", sv="värde saknas"),
}  # fmt: skip
RETENTION: Words = {
    "runs": bilingual(en="Runs of the rules", sv="Körningar av reglerna"),
    "inbox": bilingual(en="Events", sv="Händelser"),
    "messages": bilingual(en="Messages and calls", sv="Meddelanden och anrop"),
    "change_log": bilingual(en="What has changed and when", sv="Vad som har ändrats och när"),
}
RIGHTS = (
    bilingual(
        en="You can ask for wrong data to be corrected, and for data to be erased, or its processing restricted "
        "(GDPR Art. 16 to 18).",
        sv="Du kan begära att felaktiga uppgifter rättas, och att uppgifter raderas eller att behandlingen av dem "
        "begränsas (GDPR art. 16 till 18).",
    ),
    bilingual(
        en="You can object to the processing (Art. 21), and get the data in a form that machines read (Art. 20).",
        sv="Du kan invända mot behandlingen (art. 21) och få uppgifterna i maskinläsbar form (art. 20).",
    ),
    bilingual(
        en="You can ask for a person to look at an automated decision, say what you think, and contest it (Art. 22).",
        sv="Du kan begära att en människa granskar ett automatiserat beslut, yttra dig och bestrida det (art. 22).",
    ),
    bilingual(
        en="You can complain to the supervisory authority of the country in which you live or work (Art. 77).",
        sv="Du kan klaga hos tillsynsmyndigheten i landet där du bor eller arbetar (art. 77).",
    ),
)


def named(words: Words, code: str | None, *wanted: str) -> str:
    """Return what a code is called in the first wanted language; one that has no words here as it is, readable."""
    if not code:
        return ""
    found = words.get(code)
    if found is not None:
        return found.in_language(*wanted)
    return code.replace("_", " ").lower() if " " not in code else code

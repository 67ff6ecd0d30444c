"""Words of the audit chain: what each act is called, and what can be wrong with an entry."""

from engine.service.report.words import Words
from engine.vocabulary.wording import bilingual

ACTS: Words = {
    "alert.lowered": bilingual(en="alert lowered", sv="varning sänkt"),
    "contact.erased": bilingual(en="contact erased", sv="kontakt raderad"),
    "contact.merged": bilingual(en="contact merged", sv="kontakt sammanslagen"),
    "contact.purged": bilingual(en="contact purged from a backup", sv="kontakt rensad ur en säkerhetskopia"),
    "deletion.approved": bilingual(en="deletion approved", sv="radering godkänd"),
    "deletion.kept": bilingual(en="deletion stopped, data kept", sv="radering stoppad, uppgifter behålls"),
    "deletion.released": bilingual(en="deletion released", sv="radering frisläppt"),
    "deletion.restored": bilingual(en="contact restored", sv="kontakt återställd"),
    "feed.accepted": bilingual(en="feed accepted as it is", sv="tillförsel godtagen som den är"),
    "hold.lifted": bilingual(en="hold lifted", sv="spärr hävd"),
    "hold.placed": bilingual(en="hold placed", sv="spärr lagd"),
    "key.added": bilingual(en="key added", sv="nyckel tillagd"),
    "key.destroyed": bilingual(en="key destroyed", sv="nyckel förstörd"),
    "message.replayed": bilingual(en="message replayed", sv="meddelande skickat om"),
    "notice.replayed": bilingual(en="notice replayed", sv="underrättelse skickad om"),
    "plan.approved": bilingual(en="plan approved", sv="plan godkänd"),
    "purposes.erased": bilingual(en="data of some purposes erased", sv="uppgifter för vissa ändamål raderade"),
    "recipient.replayed": bilingual(en="word to a recipient replayed", sv="besked till en mottagare skickat om"),
    "recipient.settled": bilingual(en="recipient told otherwise", sv="mottagare underrättad på annat sätt"),
    "restriction.permission_withdrawn": bilingual(en="permission withdrawn", sv="tillstånd återkallat"),
    "restriction.permitted": bilingual(en="use permitted nevertheless", sv="användning tillåten ändå"),
    "restriction.told": bilingual(en="told that a restriction ends", sv="underrättad om att en begränsning upphör"),
    "review.answered": bilingual(en="review answered", sv="granskning besvarad"),
    "rule.activated": bilingual(en="rule in force", sv="regel gäller"),
    "rule.gone": bilingual(en="rule gone from its file", sv="regel borta ur sin fil"),
    "rule.paused": bilingual(en="rule paused", sv="regel pausad"),
    "rule.promoted": bilingual(en="rule promoted to live", sv="regel satt i drift"),
    "rule.released": bilingual(en="rule released", sv="regel frisläppt"),
    "rule.retired": bilingual(en="rule retired", sv="regel avvecklad"),
    "token.created": bilingual(en="token made", sv="token skapad"),
    "token.revoked": bilingual(en="token revoked", sv="token återkallad"),
}
FAULTS: Words = {
    "edited": bilingual(en="it is not what was written", sv="det är inte vad som skrevs"),
    "missing": bilingual(en="an entry is missing before it", sv="en post saknas före den"),
    "out_of_order": bilingual(en="it stands in another place than it was written", sv="den står på en annan plats"),
    "unknown_key": bilingual(en="its key is not in the ring", sv="dess nyckel finns inte i ringen"),
    "truncated": bilingual(en="the end is cut off", sv="slutet är avklippt"),
    "no_head": bilingual(en="no head is noted outside the database", sv="inget huvud är antecknat utanför databasen"),
}

#!/usr/bin/env bash
# The way of a CRM through the API, with curl: ANSGAR_URL and ANSGAR_TOKEN (scope crm) say where, ANSGAR_SELECTION which.
# It writes the contacts walk-1 to walk-3: take an installation for trying things out.
set -euo pipefail
: "${ANSGAR_URL:?such as http://127.0.0.1:8484}" "${ANSGAR_TOKEN:?made by: ansgar token create --scope crm --name our-crm}"
selection=${ANSGAR_SELECTION:-norwegians}
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT

call() { # METHOD PATH [what else curl takes]: prints the answer's body, then its status on a line of its own
  local method=$1 path=$2
  shift 2
  curl -sS -X "$method" -H "Authorization: Bearer $ANSGAR_TOKEN" -w '\n%{http_code}\n' "$@" "$ANSGAR_URL$path"
}
expect() { # STATUS METHOD PATH …: as `call`, and ends the walk where the status is another
  local wanted=$1 said
  shift
  said=$(call "$@")
  printf '%s %s: %s\n' "$1" "$2" "$said"
  [ "${said##*$'\n'}" = "$wanted" ] || { echo "expected $wanted" >&2; exit 1; }
}
header() { # NAME: that of the answer that was saved with `-D`
  awk -v name="$1:" 'tolower($1) == name { print $2 }' "$folder/headers" | tr -d '\r'
}
member() { # NAME: prints a member of the JSON object in `answer`
  python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1" <"$folder/answer"
}

echo "== is it there"
curl -sS --fail "$ANSGAR_URL/readyz" | python3 -m json.tool

echo "== all contacts, one a line"
printf '%s\n' '{"id": "walk-1", "country": "NO", "version": 1}' '{"id": "walk-2", "version": 1}' >"$folder/contacts.ndjson"
expect 200 POST /v1/contacts/import --data-binary "@$folder/contacts.ndjson"

echo "== one contact, and a change to exactly the state that was read"
expect 200 PUT /v1/contacts/walk-3 -d '{"country": "NO", "category": "Customer"}'
expect 200 GET /v1/contacts/walk-3 -D "$folder/headers"
etag=$(header etag)
expect 200 PATCH /v1/contacts/walk-3 -H "If-Match: $etag" -d '{"category": "Key account"}'
expect 412 PATCH /v1/contacts/walk-3 -H "If-Match: $etag" -d '{"category": "Lost"}'

echo "== events: one, a batch, and the same batch again"
one='{"specversion": "1.0", "source": "/walk", "id": "w-1", "type": "crm.contact.changed", "subject": "walk-2", "data": {"country": "NO", "version": 2}}'
consent='{"specversion": "1.0", "source": "/walk", "id": "w-2", "type": "crm.consent.given", "subject": "walk-2", "data": {"purpose": "marketing", "legal_basis": "consent", "at": "2026-03-01"}}'
expect 202 POST /v1/events -H "Content-Type: application/cloudevents+json" -d "$one"
expect 202 POST /v1/events -H "Content-Type: application/cloudevents-batch+json" -d "[$one, $consent]"
expect 202 POST /v1/events -H "Content-Type: application/cloudevents-batch+json" -d "[$one, $consent]"

echo "== a call that is carried out once for its key, and a key that was used for another"
key="walk-$(date +%s)-$$"
expect 202 POST /v1/events -H "Idempotency-Key: $key" -H "Content-Type: application/json" -d "[$one]"
expect 202 POST /v1/events -H "Idempotency-Key: $key" -H "Content-Type: application/json" -d "[$one]" -D "$folder/headers"
[ "$(header idempotency-replayed)" = true ]
expect 409 POST /v1/events -H "Idempotency-Key: $key" -H "Content-Type: application/json" -d "[$consent]"

echo "== the card, and the card again: 304 as long as it is the same"
for _ in 1 2 3 4 5; do # what was sent a moment ago is being judged: the card can change in between
  expect 200 GET /v1/contacts/walk-2/status -D "$folder/headers"
  again=$(call GET /v1/contacts/walk-2/status -H "If-None-Match: $(header etag)")
  [ "${again##*$'\n'}" = 304 ] && break
done
[ "${again##*$'\n'}" = 304 ]

echo "== before a mailing"
expect 200 POST /v1/decisions -d '{"use": "email", "purpose": "marketing", "contacts": ["walk-1", "walk-2", "nobody"]}'

echo "== the members of a selection, then who came and went since"
call GET "/v1/selections/$selection/members" | head -n 1 >"$folder/answer"
python3 -m json.tool "$folder/answer"
expect 200 GET "/v1/selections/$selection/changes?after=$(member cursor)"

echo "== what does not fit is a problem, and says which member and why"
expect 422 PUT /v1/contacts/walk-1 -d '{"contry": "NO"}'
expect 404 POST /v1/orders/deletion-999999999/result -d '{"result": "deleted"}'

echo "== and away with them"
for id in walk-1 walk-2 walk-3; do
  expect 200 DELETE "/v1/contacts/$id"
done

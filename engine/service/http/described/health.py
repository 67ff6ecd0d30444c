"""Shapes of health and metrics."""

from engine.service.http.described.shapes import FLAG, TEXT, TEXT_PLAIN, Described, answer, or_null, said

ALIVE = Described(answer("Alive", {"status": "alive"}, {"status": {"const": "alive"}}))
READY = Described(
    answer(
        "Ready",
        {
            "status": "ready",
            "rulebook": "c048f2aa9d767b2b",
            "broken": None,
            "third_opinion": True,
            "detail": None,
        },
        {
            "status": {"const": "ready"},
            "rulebook": said(or_null(TEXT), "The digest of the rules that hold."),
            "broken": said(or_null(TEXT), "What is wrong with a newer rulebook, by place."),
            "third_opinion": FLAG,
            "detail": or_null(TEXT),
        },
    ),
    problems=(503,),
)
METRICS = Described(
    {
        "title": "Metrics",
        "type": "string",
        "description": "The text format of Prometheus.",
        "examples": ["# TYPE ansgar_ready gauge\nansgar_ready 1.0\n"],
    },
    answered_as=TEXT_PLAIN,
)

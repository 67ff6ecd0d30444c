"""The shape of a verdict's reasons: a tree of criteria, each with what was found and what it came to."""

from engine.service.http.described.shapes import TEXT, Schema, answer, listed, one_of, said

AS_TREE: Schema = {
    "words": "all of these",
    "truth": "true",
    "place": "rules.yaml:11:9",
    "parts": [{"words": "field country is NO", "truth": "true", "actual": "NO", "place": "rules.yaml:11:11"}],
}
TREE = answer(
    "Criterion",
    AS_TREE,
    {
        "words": TEXT,
        "truth": one_of("true", "false", "unknown"),
        "actual": TEXT,
        "bounds": TEXT,
        "place": said(TEXT, "Where it stands: file:line:column."),
        "flips_at": said({"type": "string", "format": "date-time"}, "When time alone makes it something else."),
        "flips_to": one_of("true", "false", "unknown"),
        "parts": listed({"$ref": "#/components/schemas/Criterion"}),
    },
    optional=("actual", "bounds", "place", "flips_at", "flips_to", "parts"),
)

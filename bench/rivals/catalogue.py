"""The catalogue of rivals: what each is called, the module that feeds it, and the package that it needs."""

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

MISSING = "not installed: pip install 'ansgar[bench]'"


@dataclass(frozen=True, slots=True)
class Rival:
    """An engine that is fed contact by contact; `prepare` names the function of the module that begins."""

    name: str
    module: str
    distribution: str
    imported: str
    prepare: str = "prepared"

    @property
    def is_there(self) -> bool:
        """True where its package is installed."""
        return find_spec(self.imported) is not None

    @property
    def title(self) -> str:
        """The name with the version that was measured."""
        try:
            return f"{self.name} {version(self.distribution)}"
        except PackageNotFoundError:
            return self.name


PER_CONTACT = (
    Rival("zen-engine", "bench.rivals.zen", "zen-engine", "zen"),
    Rival("rule-engine", "bench.rivals.rule_engine", "rule-engine", "rule_engine"),
    Rival("json-logic", "bench.rivals.json_logic", "json-logic-qubit", "json_logic"),
    Rival("durable-rules Host", "bench.rivals.durable_host", "durable-rules", "durable"),
    Rival(
        "durable-rules (one session)",
        "bench.rivals.durable_host",
        "durable-rules",
        "durable",
        "prepared_in_one_session",
    ),
)
DUCKDB = Rival("DuckDB", "bench.rivals.duck", "duckdb", "duckdb")

"""Measures for tests: the text that a Prometheus server would be given, read by the official parser."""

from prometheus_client.parser import text_string_to_metric_families

from engine.service.serving import Service


class Measures:
    """All that a text of metrics says."""

    def __init__(self, text: str) -> None:
        self.families = list(text_string_to_metric_families(text))

    def __call__(self, name: str, **labels: str) -> float | None:
        """Return the value of a series, by its name without prefix and its labels; None where there is none."""
        found = [
            sample.value
            for family in self.families
            for sample in family.samples
            if sample.name == f"ansgar_{name}" and sample.labels == labels
        ]
        assert len(found) <= 1
        return found[0] if found else None

    def names(self) -> set[str]:
        """Return all names that queries can use, also of what has not happened yet."""
        kinds = {"histogram": ("_bucket", "_sum", "_count"), "counter": ("_total",)}
        return {one.name + end for one in self.families for end in kinds.get(one.type, ("",))}


def measured(service: Service) -> Measures:
    """Return what a service would be told to show now."""
    return Measures(service.metrics.text().decode())

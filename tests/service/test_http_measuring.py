"""The route of metrics: who may ask, what is answered, and in which form."""

from pathlib import Path

import pytest

from engine.service.metrics import CONTENT_TYPE
from tests.doors import Api
from tests.installations import Place
from tests.measures import Measures


@pytest.mark.parametrize(
    ("scopes", "status"), [(("read",), 200), (("admin",), 200), (("crm",), 403), (("operate", "approve"), 403)]
)
def test_s3_metrics_are_for_those_who_may_read(tmp_path: Path, scopes: tuple[str, ...], status: int) -> None:
    """A Prometheus server has a token of its own."""
    assert Api(Place(tmp_path)).caller("prometheus", *scopes).get("/metrics").status_code == status


def test_s3_without_a_token_nothing_is_shown(tmp_path: Path) -> None:
    """How many are deleted is nobody else's business."""
    found = Api(Place(tmp_path)).anybody().get("/metrics")

    assert (found.status_code, "ansgar_" in found.text) == (401, False)


def test_the_text_is_what_a_prometheus_server_reads(tmp_path: Path) -> None:
    """Its type says so, the official parser takes all of it, and it ends as the format wants."""
    found = Api(Place(tmp_path)).caller("prometheus", "read").get("/metrics")

    assert (found.status_code, found.headers["content-type"]) == (200, CONTENT_TYPE)
    assert found.headers["content-type"].startswith("text/plain; version=")
    assert Measures(found.text)("build_info", version="0.1.0") == 1
    assert found.text.endswith("\n")


def test_l11_nothing_is_told_while_a_restored_store_is_purged(tmp_path: Path) -> None:
    """As every other call, it is answered 503 until whoever was erased is gone."""
    api = Api(Place(tmp_path))
    api.service.purging = True

    assert api.caller("prometheus", "read").get("/metrics").status_code == 503

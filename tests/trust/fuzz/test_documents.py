"""What schemathesis makes of the document of the native API: no mistake of ours, no status that is not described."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.searching import examples
from tests.trust.fuzz.running import Ground, ask, judge
from tests.trust.fuzz.values import JSON, Case, plussed, quoted

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """A town that random requests are sent to."""
    found = Ground(tmp_path_factory.mktemp("documents"))
    yield found
    found.close()


def test_the_native_document(ground: Ground) -> None:
    """Every operation, as its document describes it, is answered with a status that the document names, by anybody."""
    schemathesis = pytest.importorskip("schemathesis", reason="the group of packages `fuzz` is not installed")
    document = ground.loop.run_until_complete(ground.town.alice.ok("GET", "/api/v1/openapi.json"))
    schema = schemathesis.openapi.from_dict(document)
    operations = [one.ok() for one in schema.get_all_operations()]

    @settings(max_examples=examples(40, 120), suppress_health_check=list(HealthCheck), deadline=None)
    @given(data=st.data())
    def tried(data: st.DataObject) -> None:
        operation = data.draw(st.sampled_from(operations))
        case = data.draw(operation.as_strategy())
        told = _sent(ground, data.draw(st.sampled_from(("alice", "root", "nobody"))), operation, case)
        described = set(document["paths"][operation.path][operation.method.lower()]["responses"])
        assert {str(told), "default", f"{told // 100}XX"} & described, (operation.label, told)

    tried()


def _sent(ground: Ground, who: str, operation: Any, case: Any) -> int:
    path = operation.path
    for name, value in (case.path_parameters or {}).items():
        path = path.replace("{" + name + "}", quoted(str(value)) or "x")
    query = "&".join(f"{plussed(name)}={plussed(str(value))}" for name, value in (case.query or {}).items())
    text = case.body if isinstance(case.body, dict | list | str | int) else {}
    draw = Case(operation.method.upper(), path, query, (JSON,), json.dumps(text).encode(), who)
    told = ground.loop.run_until_complete(ask(ground.town.app, draw, ground.town.tokens.get(who)))
    judge(draw, told)
    return told.status

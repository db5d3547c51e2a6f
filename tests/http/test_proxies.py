"""What proxies say of a caller is believed of trusted ones alone; the machine's own page is for the machine."""

import pytest
from starlette.responses import PlainTextResponse, Response
from tests.http.faces import app, client, face

from commonhold.http.app import App
from commonhold.http.face import Call

SAID = {"x-forwarded-for": "203.0.113.9, 10.0.0.2", "x-forwarded-proto": "https", "x-forwarded-host": "pub.example"}


async def who(call: Call) -> Response:
    """Say where the caller is, and where we are."""
    return PlainTextResponse(f"{call.actor.address} {call.base} {call.secure}")


def asked(**settings: object) -> App:
    """An app that says who asks."""
    return app(face("api", "/api", routes={"/api/x": who}), **settings)


@pytest.mark.parametrize(
    ("peer", "headers", "said"),
    [
        ("10.0.0.1", SAID, "203.0.113.9 https://pub.example True"),
        ("10.0.0.1", {**SAID, "x-forwarded-for": "10.0.0.3"}, "10.0.0.3 https://pub.example True"),
        ("10.0.0.1", {"x-forwarded-for": "1.2.3.4, nonsense"}, "10.0.0.1 http://files.example False"),
        ("10.0.0.1", {"x-forwarded-for": "evil, 203.0.113.9"}, "203.0.113.9 http://files.example False"),
        ("10.0.0.1", {"x-forwarded-proto": "gopher"}, "10.0.0.1 http://files.example False"),
        ("192.0.2.7", SAID, "192.0.2.7 http://files.example False"),
    ],
)
async def test_trusted_proxies_are_believed(peer: str, headers: dict[str, str], said: str) -> None:
    """The nearest address that is no trusted proxy is the caller's; what strangers claim changes nothing."""
    async with client(asked(trusted_proxies=("10.0.0.0/8",)), peer) as http:
        assert (await http.get("/api/x", headers=headers)).text == said


async def test_the_public_address_is_a_setting() -> None:
    """A base URL that is set goes before what a request says."""
    async with client(asked(base_url="https://share.example/")) as http:
        assert (await http.get("/api/x")).text == "192.0.2.7 https://share.example True"


@pytest.mark.parametrize(
    ("peer", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("192.0.2.7", {}, 401),
        ("127.0.0.1", {"x-forwarded-for": "127.0.0.1"}, 401),
        ("127.0.0.1", {"forwarded": "for=1.2.3.4"}, 401),
    ],
)
async def test_metrics_are_for_the_machine_and_its_administrators(
    peer: str, headers: dict[str, str], status: int
) -> None:
    """Measurements are told on the machine itself, and not to whom a proxy on it passes on."""
    async with client(asked(), peer) as http:
        await http.get("/api/x")
        reply = await http.get("/metrics", headers=headers)
    assert reply.status_code == status
    if status == 200:
        assert 'commonhold_requests_total{face="api",method="GET",route="/api/x",status="200"} 1.0' in reply.text


async def test_health_is_public() -> None:
    """Anybody may ask whether the process lives and is ready."""
    async with client(asked()) as http:
        assert [(await http.get(path)).status_code for path in ("/healthz", "/readyz")] == [200, 200]

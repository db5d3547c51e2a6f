"""``commonhold webhook``: registered, listed and removed by the command line."""

from collections.abc import Callable

from tests.cli.running import Ran

Cli = Callable[..., Ran]
URL = "https://hooks.example.org/in"


def test_a_webhook_comes_and_goes(town: Cli) -> None:
    """The secret is printed alone when a webhook is added; listings never show it; a removed one is gone."""
    made = town("webhook", "add", URL, "--org", "Main", "--kind", "share.made")
    assert made.code == 0, made.err
    secret = made.out.strip()
    listed = town("webhook", "list", "--org", "Main", "--json")
    assert secret not in listed.out
    (hook,) = listed.json
    assert (hook["url"], hook["kinds"], hook["enabled"]) == (URL, ["share.made"], True)
    assert town("webhook", "secret", hook["uid"]).out.strip() != secret
    assert town("webhook", "enable", hook["uid"]).code == 0
    assert town("webhook", "deliveries", hook["uid"], "--json").json == []
    assert "unknown_delivery" in town("webhook", "redeliver", hook["uid"], "1").err
    assert URL in town("webhook", "list", "--org", "Main").out
    assert town("webhook", "remove", hook["uid"]).code == 0
    assert town("webhook", "list", "--org", "Main", "--json").json == []


def test_targets_inside_are_refused(town: Cli) -> None:
    """An address of this machine is refused when it is added, in one sentence."""
    refused = town("webhook", "add", "https://127.0.0.1/", "--org", "Main")
    assert (refused.code, "bad_target" in refused.err) == (1, True)

"""Where webhooks may go: pure decisions about URLs and addresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonhold.core.problems import Problem
from commonhold.core.webhooks.targets import is_inside, refuse_target, target_fits

INSIDE = [
    "127.0.0.1", "127.8.9.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.100.100.200",
    "168.63.129.16", "0.0.0.0", "224.0.0.1", "239.1.2.3", "255.255.255.255", "240.0.0.1", "192.0.2.1",
    "198.18.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fd00:ec2::254", "fec0::1", "ff02::1",
    "::ffff:10.0.0.1", "::ffff:127.0.0.1", "::7f00:1", "64:ff9b::7f00:1", "64:ff9b:1::a00:1", "2002:7f00:1::",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1", "nonsense",
]  # fmt: skip
OUTSIDE = ["93.184.216.34", "1.1.1.1", "8.8.8.8", "2606:4700:4700::1111", "2a00:1450:4001:80e::200e", "::ffff:8.8.8.8"]


@pytest.mark.parametrize("address", INSIDE)
def test_inside(address: str) -> None:
    """Addresses of this machine, of networks, of clouds' own services, of many, and what hides one are inside."""
    assert is_inside(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_outside(address: str) -> None:
    """Public addresses are outside, also where they are written as another kind of address."""
    assert not is_inside(address)


@given(st.ip_addresses(v=4))
def test_mapped_addresses_are_those_that_they_map(address: object) -> None:
    """An IPv4 address is inside or not, however it is written."""
    assert is_inside(str(address)) == is_inside(f"::ffff:{address}")


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/", "ftp://example.org/", "example.org", "", "https://", "https:///x", "https://[::1]/",
        "https://127.0.0.1/", "https://localhost/", "https://a.localhost/", "https://user:pw@example.org/",
        "https://example.org/#part", "https://example.org:99999/", "https://example.org:0/", "https://exa mple.org/",
        "https://example.org/\n", "https://[::1", "https://ex\u00e4mple.org/", "https://a\\b.org/",
        "https://example.org/" + "x" * 2_048, "javascript:alert(1)", "https://@example.org/",
    ],
)  # fmt: skip
def test_urls_that_no_webhook_has(url: str) -> None:
    """Other schemes, names and passwords, fragments, addresses inside, and what cannot be read are refused."""
    with pytest.raises(Problem) as refused:
        refuse_target(url, inside=False)
    assert refused.value == Problem("bad_target", field="url")


@pytest.mark.parametrize("url", ["https://example.org", "https://example.org:8443/in?key=1", "https://8.8.8.8/"])
def test_urls_that_fit(url: str) -> None:
    """An https address outside is fine, with any port, path and query."""
    refuse_target(url, inside=False)


@given(st.text(), st.booleans())
def test_any_text_is_answered(url: str, inside: bool) -> None:
    """Whatever is given, it fits or is refused."""
    assert target_fits(url, inside=inside) in (True, False)

"""Which addresses are public, what an operator lets through, and which URLs are refused before anything is looked up."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from django.test import override_settings

import outbound
from outbound import checks
from outbound.addresses import is_public
from outbound.allowing import allowed

_FORBIDDEN = """
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 100.127.255.255 127.0.0.1 127.255.255.254 168.63.129.16
169.254.169.254 169.254.0.1 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.192 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1
198.19.255.255 198.51.100.7 203.0.113.7 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
:: ::1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::127.0.0.1 64:ff9b::7f00:1 64:ff9b::808:808 64:ff9b:1::1 100::1 2001::1
2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:db8::1 2002:7f00:1::1 3fff::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1 febf::1 fec0::1
ff02::1 ff0e::1 4000::1
"""
FORBIDDEN = _FORBIDDEN.split()
_PUBLIC = "1.1.1.1 8.8.8.8 100.63.255.255 100.128.0.1 172.15.0.1 172.32.0.1 192.167.0.1 223.255.255.254 2606:4700::1111 2a00::1"
PUBLIC = _PUBLIC.split()


@pytest.mark.parametrize("address", FORBIDDEN)
def test_an_address_outside_the_public_internet_is_known(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_the_public_internet_is_known(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize("address", FORBIDDEN)
def test_a_url_of_a_forbidden_address_is_refused(address: str) -> None:
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(outbound.Refused):
        outbound.check(f"https://{host}/")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.1/",
        "http://127.0.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0x7f.0x0.0x0.0x1/",
        "http://0177.0.0.1/",
        "http://017700000001/",
        "http://0/",
        "http://127.0.0.1./",
        "http://127。0。0。1/",
        "http://①②⑦.⓪.⓪.①/",
        "http://[::ffff:7f00:1]/",
        "http://[::1%25lo]/",
    ],
)
def test_no_spelling_of_a_forbidden_address_passes(url: str) -> None:
    with pytest.raises(outbound.Refused):
        outbound.check(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org",
        "//example.org/",
        "ftp://example.org/",
        "file:///etc/passwd",
        "gopher://example.org/",
        "javascript:alert(1)",
        "http://",
        "http:///path",
        "http://./",
        "http://user@example.org/",
        "http://user:secret@example.org/",
        "http://@example.org/",
        "http://example.org@127.0.0.1/",
        "http://example.org\\@127.0.0.1/",
        "http://example.org /",
        "http://example.org/\r\nX-Header: 1",
        "http://example.org:0/",
        "http://example.org:22/",
        "http://example.org:25/",
        "http://example.org:99999/",
        "http://exa mple.org/",
        "http://[::1/",
        "http://example.org/" + "a" * 8_000,
    ],
)
def test_what_is_no_plain_web_address_is_refused(url: str) -> None:
    with pytest.raises(outbound.Refused):
        outbound.check(url)


@pytest.mark.parametrize(
    "url", ["https://example.org/a?b=c#d", "http://example.org:8080/", "https://bücher.example/", "https://1.1.1.1/"]
)
def test_a_plain_web_address_passes(url: str) -> None:
    outbound.check(url)


def test_a_refusal_tells_neither_password_nor_path() -> None:
    with pytest.raises(outbound.Refused) as refused:
        outbound.check("http://user:secret@127.0.0.1/hidden?key=hidden")
    assert "secret" not in refused.value.message
    assert "hidden" not in refused.value.message


def test_what_is_allowed_is_let_through_and_no_more() -> None:
    entries = ["Hooks.internal", "db.internal:8443", "10.0.0.0/8", "192.168.1.5", "127.0.0.1:8000", "[::1]:8000", "fd00::/8"]
    for url in (
        "http://hooks.internal./",
        "https://db.internal:8443/",
        "http://10.9.8.7:22/",
        "http://192.168.1.5/",
        "http://127.0.0.1:8000/",
        "http://[::1]:8000/",
        "http://[fd12::1]/",
    ):
        outbound.check(url, allow=entries)
    for url in (
        "http://192.168.1.6/",
        "http://127.0.0.1:8001/",
        "http://[::1]/",
        "https://db.internal:25/",
        "http://[fe80::1]/",
    ):
        with pytest.raises(outbound.Refused):
            outbound.check(url, allow=entries)


@override_settings(OUTBOUND_ALLOW=["127.0.0.1:8000"])
def test_the_setting_allows() -> None:
    outbound.check("http://127.0.0.1:8000/")
    with pytest.raises(outbound.Refused):
        outbound.check("http://127.0.0.1:8000/", allow=())


@pytest.mark.parametrize("entry", ["http://example.org", "a b", "10.0.0.0/99", "host:99999", "user@host", "[::1", ""])
def test_an_entry_that_names_nothing_fails_at_start(entry: str) -> None:
    with pytest.raises(ValueError, match="is no host"):
        allowed([entry])
    with override_settings(OUTBOUND_ALLOW=["example.org", entry]):
        assert [found.id for found in checks.allowed_can_be_read()] == ["outbound.E001"]

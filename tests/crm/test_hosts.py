"""Hosts: calls reach the configured addresses, and no inner one that nobody configured, however it is written."""

import pytest

from engine.crm.hosts import addresses
from engine.vocabulary.outcome import TemporaryFailure


def name(*found: str, is_internal: bool = False) -> list[str]:
    """Return the addresses that a name may be called at which leads to the given ones."""
    return addresses("crm.example", is_internal=is_internal, resolve=lambda _: list(found))


@pytest.mark.parametrize("host", ["127.0.0.1", "10.1.2.3", "::1", "169.254.1.1", "localhost", "93.184.216.34"])
def test_s7_an_address_that_is_written_out_is_configured(host: str) -> None:
    """Whoever writes an address into the configuration means it."""
    assert [host] == addresses(host, is_internal=False)


@pytest.mark.parametrize(
    "inner",
    [
        *(
            "127.0.0.1",
            "10.0.0.1",
            "192.168.1.1",
            "100.64.0.1",
            "::1",
            "fd00::1",
            "::ffff:10.0.0.1",
            "2002:0a00:0001::",
        ),
        *("64:ff9b::10.0.0.1", "::ffff:0:10.0.0.1", "::127.0.0.1", "fec0::1"),
    ],
)
def test_s7_a_name_leads_into_an_inner_network_only_where_that_is_configured(inner: str) -> None:
    """IPv4 in the clothes of IPv6 is seen for what it is."""
    with pytest.raises(TemporaryFailure, match="internal: true"):
        name(inner)
    assert [inner] == name(inner, is_internal=True)


@pytest.mark.parametrize(
    "never",
    [
        *("169.254.169.254", "fe80::1", "fe80::1%eth0", "::ffff:169.254.169.254", "::", "224.0.0.1"),
        *("64:ff9b::169.254.169.254", "::169.254.169.254", "2002:a9fe:a9fe::", "::ffff:0.0.0.0", "nonsense"),
    ],
)
def test_s7_a_name_never_leads_to_a_link_local_address(never: str) -> None:
    """Not even with `internal: true`: that is where clouds keep their credentials."""
    with pytest.raises(TemporaryFailure):
        name(never, is_internal=True)


@pytest.mark.parametrize("host", ["2130706433", "127.1", "0x7f.0.0.1", "0x7f000001", "017700000001", "0177.0.0.1"])
def test_s7_an_odd_way_of_writing_an_address_is_a_name_that_leads_there(host: str) -> None:
    """What the system reads as 127.0.0.1 is treated as that."""
    with pytest.raises(TemporaryFailure, match="inner address"):
        addresses(host, is_internal=False)


def test_s7_of_several_addresses_only_the_allowed_are_called() -> None:
    """A name with one foot in an inner network is called at the other."""
    assert name("10.0.0.1", "93.184.216.34", "2606:2800:220:1::1") == ["93.184.216.34", "2606:2800:220:1::1"]


@pytest.mark.parametrize("outer", ["64:ff9b::93.184.216.34", "::ffff:93.184.216.34", "2002:5db8:d822::"])
def test_s7_what_stands_for_an_outer_address_is_called(outer: str) -> None:
    """A network that has IPv6 alone reaches IPv4 so."""
    assert name(outer) == [outer]


def test_s7_a_name_that_leads_nowhere_may_lead_somewhere_later() -> None:
    """The name service may be away for a while."""
    with pytest.raises(TemporaryFailure, match="leads nowhere") as caught:
        addresses("nowhere.invalid", is_internal=False)

    assert caught.value.is_down

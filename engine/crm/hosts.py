"""Hosts: the addresses that an outgoing call may connect to. A name is resolved once, and what was checked is called.

So neither a name that turns to an inner address between check and call (DNS rebinding) nor an odd way of writing one
(`2130706433`, `127.1`, `::ffff:127.0.0.1`, `64:ff9b::7f00:1`) leads a call to where nobody configured it to go.
"""

import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from engine.vocabulary.outcome import TemporaryFailure

LOCALHOST = "localhost"  # always this machine (RFC 6761, 6.3), so who writes it means it
# IPv6 that ends in an IPv4 address: translated (RFC 6052, RFC 2765), and as it once was written (RFC 4291, 2.5.5.1).
WITH_IPV4 = tuple(map(IPv6Network, ("64:ff9b::/96", "::ffff:0:0:0/96", "::/96")))

Resolve = Callable[[str], list[str]]


def resolve(host: str) -> list[str]:
    """Return the addresses of a name, each once, as the system knows them; raises OSError where it knows none."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def addresses(host: str, *, is_internal: bool, resolve: Resolve = resolve) -> list[str]:
    """Return the addresses to call for a configured host; raises TemporaryFailure where none may be called.

    An address that is written out is configured. A name may lead to an address of an inner network only where the
    configuration says so, and never to a link-local one, where clouds keep their credentials.
    """
    if host == LOCALHOST or _is_literal(host):
        return [host]
    try:
        found = resolve(host)
    except (OSError, UnicodeError):
        raise TemporaryFailure("its name leads nowhere", is_down=True) from None
    allowed = [one for one in found if _may_be_called(one, is_internal=is_internal)]
    if not allowed:
        raise TemporaryFailure("its name leads to an inner address; where that is meant, write `internal: true`")
    return allowed


def _is_literal(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _may_be_called(address: str, *, is_internal: bool) -> bool:
    try:
        written = ip_address(address.split("%", maxsplit=1)[0])
    except ValueError:
        return False
    found = _unwrapped(written)
    if found.is_link_local or found.is_multicast or written.is_unspecified or found.is_unspecified:
        return False
    is_site = isinstance(found, IPv6Address) and found.is_site_local
    return is_internal or (found.is_global and not is_site)


def _unwrapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address that an IPv6 one stands for, if it does (also RFC 4291, 2.5.5.2, and RFC 3056)."""
    if not isinstance(address, IPv6Address) or address.is_loopback:
        return address
    if any(address in network for network in WITH_IPV4):
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or address

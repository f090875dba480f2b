"""Which IP addresses are of the public internet: pure.

The lists of Python's `ipaddress` differ between its releases, and it calls addresses public that lead to private ones by
another spelling. So: of IPv6 nothing but global unicast (2000::/3), less what is carved out of it, of IPv4 nothing reserved.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_GLOBAL_UNICAST = IPv6Network(
    "2000::/3"
)  # leaves out ::1, mapped (::ffff:0:0/96), NAT64 (64:ff9b::/96), fc00::, fe80::, ff00::
_NOT_PUBLIC: list[Network] = [
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # carriers' NAT, and a metadata service
        "127.0.0.0/8",
        "168.63.129.16/32",  # a cloud's own service, by a public number
        "169.254.0.0/16",  # link-local, where most metadata services are
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",  # relays to 6to4
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
        "2001::/23",  # protocols, Teredo among them: an IPv4 address stands in it
        "2001:db8::/32",
        "2002::/16",  # 6to4: likewise
        "3fff::/20",
    )
]


def is_public(address: Address) -> bool:
    """Tell whether the address is global unicast."""
    if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
        return False
    return not any(address in network for network in _NOT_PUBLIC)


def literal(host: str) -> Address | None:
    """Return the address that the host is written as, None for a name."""
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        return None

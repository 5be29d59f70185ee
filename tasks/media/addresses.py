"""Which addresses are open to the public. Everything that is not clearly so is private."""

import ipaddress

# IANA's special-purpose registries, the shared addresses of providers, what carries an IPv4 address inside an IPv6 one,
# and Azure's metadata service, which stands at a public address. Written out, since Python's `is_global` of 3.11
# says yes to several of them.
_PRIVATE = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "2001::/23",  # Teredo, ORCHID, benchmarks
        "2001:db8::/32",
        "2002::/16",  # 6to4
        "3fff::/20",
    )
)
# Nothing else of IPv6 is handed out: not ::, fc00::, fe80::, fec0::, 64:ff9b::.
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")


def is_public(text: str) -> bool:
    """Whether anybody on the internet could reach this numeric address; no for what is no address at all."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if address.version == 6 and (address not in _GLOBAL_UNICAST or address.scope_id):
        return False
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    return not any(address in network for network in _PRIVATE if network.version == address.version)

"""Network of a client: the unit for limits per client."""

import ipaddress


def network_of(address: str) -> str:
    """An IPv4 address itself; the /64 network of an IPv6 address, all of which one client has.

    Text that is no IP address is returned unchanged.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return address
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)  # the /64 of mapped addresses contains all of IPv4
    return str(ipaddress.ip_network((int(parsed), 64), strict=False))

# SPDX-License-Identifier: ISC
"""Writes a country database in MaxMind's format (MMDB 2.0): networks of IPv4 and IPv6, each with its country's code."""
import ipaddress

METADATA_BEGINS = b"\xab\xcd\xefMaxMind.com"
TEXT, UINT16, UINT32, MAP, UINT64, ARRAY = 2, 5, 6, 7, 9, 11


def field(kind, size, content=b""):
    assert size < 29
    return (bytes([kind << 5 | size]) if kind < 8 else bytes([size, kind - 7])) + content


def encode(value):
    if isinstance(value, str):
        return field(TEXT, len(value), value.encode())
    if isinstance(value, list):
        return field(ARRAY, len(value), b"".join(encode(item) for item in value))
    if isinstance(value, dict):
        return field(MAP, len(value), b"".join(encode(name) + encode(item) for name, item in value.items()))
    kind, number = value
    content = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return field(kind, len(content), content)


def bits(network):
    """Of its place in the tree, where IPv4 lies in ::/96."""
    network = ipaddress.ip_network(network)
    number, length = int(network.network_address), network.prefixlen + (96 if network.version == 4 else 0)
    return [number >> 127 - i & 1 for i in range(length)]


def write(path, networks):
    """`networks` maps a network to its record, such as {"country": {"iso_code": "AT"}}; a text is short for that."""
    tree, data, places = [[None, None]], b"", {}
    for network, record in networks.items():
        record = encode({"country": {"iso_code": record}} if isinstance(record, str) else record)
        if record not in places:
            places[record] = len(data)
            data += record
        *above, last = bits(network)
        node = 0
        for bit in above:
            if tree[node][bit] is None:
                tree.append([None, None])
                tree[node][bit] = len(tree) - 1
            node = tree[node][bit]
        tree[node][last] = ("data", places[record])

    def pointer(entry):
        if entry is None:
            return len(tree)
        return len(tree) + 16 + entry[1] if isinstance(entry, tuple) else entry

    nodes = b"".join(pointer(entry).to_bytes(4, "big") for node in tree for entry in node)
    metadata = encode(
        {
            "node_count": (UINT32, len(tree)),
            "record_size": (UINT16, 32),
            "ip_version": (UINT16, 6),
            "database_type": "Test-Country",
            "languages": ["en"],
            "binary_format_major_version": (UINT16, 2),
            "binary_format_minor_version": (UINT16, 0),
            "build_epoch": (UINT64, 1_700_000_000),
            "description": {"en": "test"},
        }
    )
    new = path.with_suffix(".new")
    new.write_bytes(nodes + bytes(16) + data + METADATA_BEGINS + metadata)
    new.chmod(0o644)
    new.rename(path)

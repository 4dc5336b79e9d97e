"""Attacks over the network, all to sockets of the test's own."""

from __future__ import annotations

from tests.gates.sandbox.attacks.model import Attack, unfiltered, unsandboxed, with_more
from tests.gates.sandbox.attacks.probes import was_heard

ATTACKS = [
    Attack(
        "tcp to the host",
        "connect to a server on the host's loopback",
        'def attack():\n    return socket.create_connection(("127.0.0.1", W["tcp"]), 2).fileno()\n',
        unsandboxed,
    ),
    Attack(
        "udp to the host",
        "send a datagram out",
        """
def attack():
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"hello", ("127.0.0.1", W["udp"]))
""",
        unsandboxed,
        succeeded=was_heard,
    ),
    Attack(
        "abstract socket",
        "connect to a Unix socket that has no file, as D-Bus and X11 have",
        """
def attack():
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(chr(0) + W["abstract"])
    return "connected"
""",
        with_more("--share-net"),
    ),
    Attack(
        "name look-up",
        "send a name to a name server, which is a way to send a secret out",
        """
def attack():
    query = bytes.fromhex("000101000001000000000000 06") + b"secret" + bytes([7]) + b"example" + bytes([0, 0, 1, 0, 1])
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(query, ("127.0.0.1", W["udp"]))
    try:
        return socket.getaddrinfo("secret.invalid", 80)
    except socket.gaierror:
        return None
""",
        unsandboxed,
        succeeded=was_heard,
    ),
    Attack(
        "interfaces",
        "find a network interface other than its own loopback",
        """
def attack():
    names = [word for word in read("/proc/net/dev").decode().split() if word.endswith(":")]
    return [name for name in names if name != "lo:"]
""",
        with_more("--share-net"),
    ),
    Attack(
        "other socket families",
        "use a family that no network namespace holds, such as AF_VSOCK, which reaches the hypervisor",
        """
def attack():
    try:
        socket.socket(17, socket.SOCK_RAW)
    except OSError as error:
        return error.errno != errno.EAFNOSUPPORT
    return True
""",
        unfiltered,
    ),
]

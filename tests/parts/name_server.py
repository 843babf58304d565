"""A small authoritative name server (RFC 1035) on UDP: A, PTR, MX and TXT from a dictionary. What is not there is denied
with a SOA record, so that the denial is cached (RFC 2308 §3)."""
import socket
import struct
import threading

TYPES = {"A": 1, "PTR": 12, "MX": 15, "TXT": 16}
SOA, TTL_SECONDS = 6, 300


class NameServer(threading.Thread):
    """`records`: {("name.test", "TXT"): ["value", …]}; an MX value is "10 host"."""

    def __init__(self, address, records):
        super().__init__(daemon=True)
        self.records = {(name.lower(), TYPES[kind]): [rdata(kind, value) for value in values] for (name, kind), values in records.items()}
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(address)
        self.queries = 0
        self.start()

    def run(self):
        while True:
            query, peer = self.socket.recvfrom(4096)
            self.queries += 1
            name, end = read_name(query, 12)
            (kind,) = struct.unpack_from("!H", query, end)
            answers = self.records.get((name, kind), [])
            known = answers or any(owner == name for owner, _ in self.records)
            flags = 0x8400 | (struct.unpack_from("!H", query, 2)[0] & 0x0100) | (0 if known else 3)
            reply = query[:2] + struct.pack("!HHHHH", flags, 1, len(answers), 0 if answers else 1, 0) + query[12:end + 4]
            for data in answers:
                reply += struct.pack("!HHHIH", 0xC00C, kind, 1, TTL_SECONDS, len(data)) + data
            if not answers:
                data = b"\0\0" + struct.pack("!IIIII", 1, 3600, 600, 86400, TTL_SECONDS)
                reply += b"\0" + struct.pack("!HHIH", SOA, 1, TTL_SECONDS, len(data)) + data
            self.socket.sendto(reply, peer)


def rdata(kind, value):
    if kind == "A":
        return socket.inet_aton(value)
    if kind == "TXT":
        octets = value.encode()
        return b"".join(bytes([len(chunk)]) + chunk for chunk in (octets[i:i + 255] for i in range(0, len(octets), 255)))
    if kind == "MX":
        preference, host = value.split()
        return struct.pack("!H", int(preference)) + name_octets(host)
    return name_octets(value)


def name_octets(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.rstrip(".").split(".")) + b"\0"


def read_name(message, at):
    labels = []
    while message[at]:
        labels.append(message[at + 1:at + 1 + message[at]].decode("ascii", "replace").lower())
        at += message[at] + 1
    return ".".join(labels), at + 1


def reverse(address):
    return ".".join(reversed(address.split("."))) + ".in-addr.arpa"

#!/usr/bin/env python3
"""Write the seeds of the savefile fuzzer: small captures of each form, and each damaged in one way.

    make_seeds.py [FOLDER]      tests/fuzz/corpus/savefile by default

The seeds are committed; this says how they came about, and makes them anew when a form is added.
"""
import gzip
import pathlib
import struct
import sys

SYN = bytes.fromhex("020000000001020000000002080045000028000140004006b67cc0000201c0000202c000005000000001000000005002200000000000")


def pcap(order, magic, link=1, packets=(SYN, SYN)):
    out = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, link)
    for number, packet in enumerate(packets):
        out += struct.pack(order + "IIII", 1_700_000_000 + number, 5, len(packet), len(packet)) + packet
    return out


def block(order, kind, body):
    body += bytes(-len(body) % 4)
    length = len(body) + 12
    return struct.pack(order + "II", kind, length) + body + struct.pack(order + "I", length)


def option(order, code, value):
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def section(order):
    return block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))


def interface(order, link=1, resolution=None, name=None):
    body = struct.pack(order + "HHI", link, 0, 0)
    body += option(order, 2, name) if name else b""
    body += option(order, 9, bytes([resolution])) if resolution is not None else b""
    return block(order, 1, body + (option(order, 0, b"") if name or resolution is not None else b""))


def enhanced(order, number, packet=SYN):
    return block(order, 6, struct.pack(order + "IIIII", number, 0x60A, 0x1234, len(packet), len(packet)) + packet)


def pcapng(order):
    return (section(order) + interface(order, name=b"eth0") + interface(order, 101, 9) + interface(order, 113, 0x94)
            + enhanced(order, 0) + enhanced(order, 1, SYN[14:]) + enhanced(order, 2)
            + block(order, 3, struct.pack(order + "I", len(SYN)) + SYN)  # simple packet
            + block(order, 2, struct.pack(order + "HHIIII", 0, 1, 0x60A, 9, len(SYN), len(SYN)) + SYN)  # obsolete packet
            + block(order, 5, struct.pack(order + "III", 0, 0x60A, 9) + option(order, 5, struct.pack(order + "Q", 7)))
            + block(order, 0xBAD, b"not known") + section(order) + interface(order) + enhanced(order, 0))


def seeds():
    for order, name in (("<", "le"), (">", "be")):
        yield f"pcap-{name}-us", pcap(order, 0xA1B2C3D4)
        yield f"pcap-{name}-ns", pcap(order, 0xA1B23C4D)
        yield f"pcapng-{name}", pcapng(order)
    yield "pcap-raw", pcap("<", 0xA1B2C3D4, 101, [SYN[14:]])
    yield "pcap-unknown-link", pcap("<", 0xA1B2C3D4, 147)
    yield "pcap-modified", pcap("<", 0xA1B2CD34)
    yield "pcap-no-packets", pcap("<", 0xA1B2C3D4, packets=())
    yield "pcap-cut-header", pcap("<", 0xA1B2C3D4)[:20]
    yield "pcap-cut-record", pcap("<", 0xA1B2C3D4)[:-60]
    yield "pcap-cut-packet", pcap("<", 0xA1B2C3D4)[:-7]
    yield "pcap-huge-record", pcap("<", 0xA1B2C3D4) + struct.pack("<IIII", 1, 2, 0x7FFFFFFF, 0x7FFFFFFF) + SYN
    yield "pcap-caplen-over-wirelen", pcap("<", 0xA1B2C3D4) + struct.pack("<IIII", 1, 2, len(SYN), 3) + SYN
    whole = pcapng("<")
    yield "pcapng-cut", whole[:-5]
    yield "pcapng-wrong-trailer", whole[:-4] + b"\xff\xff\xff\xff"
    yield "pcapng-no-interface", section("<") + enhanced("<", 0)
    yield "pcapng-short-block", section("<") + struct.pack("<III", 6, 8, 8)
    yield "pcapng-odd-resolution", section("<") + interface("<", resolution=0xFF) + enhanced("<", 0)
    yield "pcapng-section-then-other-order", pcapng("<") + pcapng(">")
    yield "gz", gzip.compress(pcap("<", 0xA1B2C3D4), mtime=0)
    yield "gz-cut", gzip.compress(pcap("<", 0xA1B2C3D4), mtime=0)[:-12]
    yield "text", b"#fields\tts\tuid\n"
    yield "one-byte", b"\xd4"


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent / "corpus" / "savefile")
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in seeds():
        (folder / name).write_bytes(data)


if __name__ == "__main__":
    main()

"""Frames that no device of the kernel sends: each function encapsulates its argument."""
import socket
import struct

SYN, ACK, PSH = 0x02, 0x10, 0x08
ETH = b"\x02\x00\x00\x00\x00\x01" + b"\x02\x00\x00\x00\x00\x02"
SRC4, DST4 = socket.inet_aton("192.0.2.1"), socket.inet_aton("198.51.100.7")
SRC6, DST6 = socket.inet_pton(socket.AF_INET6, "2001:db8::1"), socket.inet_pton(socket.AF_INET6, "2001:db8::7")


def tcp(port, flags, payload=b""):
    return struct.pack("!HHIIBBHHH", port, 80, 1000, 0, 0x50, flags, 1000, 0, 0) + payload


def udp(port, inside):
    return struct.pack("!HHHH", 50000, port, 8 + len(inside), 0) + inside


def checksum(header):
    total = sum(struct.unpack(f"!{len(header) // 2}H", header))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ip4(protocol, inside):
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(inside), 1, 0, 64, protocol, 0, SRC4, DST4)
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + inside


def ip6(next_header, inside):
    return struct.pack("!IHBB16s16s", 0x60000000, len(inside), next_header, 64, SRC6, DST6) + inside


def extension(next_header, inside):
    return bytes([next_header, 0]) + bytes([1, 4, 0, 0, 0, 0]) + inside


def ethernet(ether_type, inside):
    return ETH + struct.pack("!H", ether_type) + inside


def tag(tpid, vlan, ether_type, inside):
    """Returns the bytes from the EtherType of the tag on."""
    return tpid, struct.pack("!HH", vlan, ether_type) + inside


def pppoe(protocol, inside):
    return struct.pack("!BBHHH", 0x11, 0, 1, 2 + len(inside), protocol) + inside


def arms(flags, payload=b""):
    """Returns (name, port of the TCP segment inside, frame, whether it is a tunnel) for each encapsulation."""
    port = 20000
    table = []

    def add(name, build, tunnel=False):
        nonlocal port
        port += 1
        table.append((name, port, build(tcp(port, flags, payload)), tunnel))

    add("IPv4", lambda t: ethernet(0x0800, ip4(6, t)))
    add("IPv6", lambda t: ethernet(0x86DD, ip6(6, t)))
    add("IPv6, hop-by-hop and destination options",
        lambda t: ethernet(0x86DD, ip6(0, extension(60, extension(6, t)))))
    add("VLAN", lambda t: ethernet(*tag(0x8100, 7, 0x0800, ip4(6, t))))
    add("VLAN, IPv6", lambda t: ethernet(*tag(0x8100, 7, 0x86DD, ip6(6, t))))
    add("QinQ", lambda t: ethernet(*tag(0x88A8, 7, *tag(0x8100, 8, 0x0800, ip4(6, t)))))
    add("QinQ, IPv6", lambda t: ethernet(*tag(0x88A8, 7, *tag(0x8100, 8, 0x86DD, ip6(6, t)))))
    add("PPPoE", lambda t: ethernet(0x8864, pppoe(0x21, ip4(6, t))))
    add("PPPoE, IPv6, in a VLAN", lambda t: ethernet(*tag(0x8100, 9, 0x8864, pppoe(0x57, ip6(6, t)))))
    add("IP in IP", lambda t: ethernet(0x0800, ip4(4, ip4(6, t))), tunnel=True)
    add("6in4", lambda t: ethernet(0x0800, ip4(41, ip6(6, t))), tunnel=True)
    add("GRE", lambda t: ethernet(0x0800, ip4(47, struct.pack("!HH", 0, 0x0800) + ip4(6, t))), tunnel=True)
    add("GRE over IPv6", lambda t: ethernet(0x86DD, ip6(47, struct.pack("!HH", 0, 0x86DD) + ip6(6, t))), tunnel=True)
    add("VXLAN", lambda t: ethernet(0x0800, ip4(17, udp(4789, struct.pack("!II", 0x08000000, 5 << 8) +
                                                        ethernet(0x0800, ip4(6, t))))), tunnel=True)
    add("Geneve in a VLAN", lambda t: ethernet(*tag(0x8100, 7, 0x0800, ip4(17, udp(6081, struct.pack(
        "!HHI", 0, 0x0800, 5 << 8) + ip4(6, t))))), tunnel=True)
    add("MPLS", lambda t: ethernet(0x8847, struct.pack("!I", 16 << 12 | 0x100 | 64) + ip4(6, t)), tunnel=True)
    return table


def icmp_about(port):
    """Returns an ICMP error, host unreachable, that quotes 28 bytes of a SYN from `port`."""
    quoted = ip4(6, tcp(port, SYN))[:28]
    return ethernet(0x0800, ip4(1, struct.pack("!BBHI", 3, 1, 0, 0) + quoted))


def icmp6_about(port):
    quoted = ip6(6, tcp(port, SYN))[:60]
    return ethernet(0x86DD, ip6(58, struct.pack("!BBHI", 1, 3, 0, 0) + quoted))

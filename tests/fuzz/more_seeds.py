#!/usr/bin/env python3
"""Write the seeds of the other fuzzers: small valid inputs of each form.

    more_seeds.py [FOLDER]      tests/fuzz/corpus by default

make_seeds.py writes those of the savefile fuzzer. Captures come from pcaps/ and from make_seeds.py.
"""
import bz2
import gzip
import lzma
import pathlib
import struct
import sys

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from make_seeds import SYN, option, pcap, pcapng  # noqa: E402

PCAPS = HERE.parents[1] / "pcaps"
SMALL = 1700  # captures above this size are no seeds


def name_bytes(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def reply(query, kind, answers):
    head = struct.pack(">HHHHHH", 1, 0x8180, 1, len(answers), 0, 0)
    question = name_bytes(query) + struct.pack(">HH", kind, 1)
    return head + question + b"".join(b"\xc0\x0c" + struct.pack(">HHIH", k, 1, ttl, len(data)) + data for k, ttl, data in answers)


def dns():
    yield "ptr", reply("1.2.0.192.in-addr.arpa", 12, [(12, 300, name_bytes("host.example.org"))])
    yield "ptr-behind-cname", reply("1.2.0.192.in-addr.arpa", 12, [(5, 9, name_bytes("a.b")), (12, 1, b"\x01h\xc0\x0c")])
    yield "a", reply("host.example.org", 1, [(1, 60, bytes([192, 0, 2, n])) for n in range(3)])
    yield "aaaa", reply("host.example.org", 28, [(28, 60, bytes.fromhex("20010db8") + bytes(12))])
    yield "loop", reply("x", 12, [(12, 1, b"\xc0\x0c"), (12, 1, b"\xc0\x2a")])
    yield "none", reply("x", 12, [])


def mmdb_value(value):
    if isinstance(value, str):
        data = value.encode()
        return (bytes([2 << 5 | len(data)]) if len(data) < 29 else bytes([2 << 5 | 29, len(data) - 29])) + data
    if isinstance(value, tuple):  # a number of 16 or 64 bits; the latter type follows in a byte of its own
        number, bits = value
        data = number.to_bytes((number.bit_length() + 7) // 8, "big")
        return (bytes([5 << 5 | len(data)]) if bits == 16 else bytes([len(data), 2])) + data
    if isinstance(value, int):
        data = value.to_bytes((value.bit_length() + 7) // 8, "big")
        return bytes([6 << 5 | len(data)]) + data
    if isinstance(value, list):
        return bytes([len(value), 4]) + b"".join(map(mmdb_value, value))
    return bytes([7 << 5 | len(value)]) + b"".join(mmdb_value(k) + mmdb_value(v) for k, v in value.items())


def mmdb(record, kind, bits=24):
    nodes = 1
    data = mmdb_value(record)
    at = nodes + 16
    pair = at.to_bytes(bits // 8, "big") + nodes.to_bytes(bits // 8, "big")
    meta = {"binary_format_major_version": (2, 16), "binary_format_minor_version": (0, 16), "build_epoch": (1_700_000_000, 64), "database_type": kind,
            "description": {"en": "x"}, "ip_version": (4, 16), "languages": ["en"], "node_count": nodes, "record_size": (bits, 16)}
    return pair + bytes(16) + data + b"\xab\xcd\xefMaxMind.com" + mmdb_value(meta)


def databases():
    yield "country", b"\0" + mmdb({"country": {"iso_code": "AU"}}, "GeoLite2-Country")
    yield "network", b"\0" + mmdb({"autonomous_system_number": 64500, "autonomous_system_organization": "Example"}, "DBIP-ASN", 32)
    yield "flat", b"\2" + mmdb({"country_code": "NZ", "asn": "AS64500", "as_name": "x"}, "ipinfo")


def ranges():
    yield "countries", b"\0" + b"192.0.2.0,192.0.2.255,AU\n2001:db8::,2001:db8::ffff,NZ\n"
    yield "networks", b"\2" + b'# x\r\nstart,end,asn,name\r\n192.0.2.0,192.0.2.255,64500,"Example, ""Inc"""\r\n'
    yield "integers", b"\0" + b"\xef\xbb\xbf3221225984\t3221226239\t64500\tAU\tExample\n"
    yield "quoted", b"\1" + b'"0","16777215","-","-"\n"16777216","16777471","AU","Australia"\n'
    yield "blocks", b"\0" + b'"0","281470681743359","-","-"\n"1","2","192.0.2.0/24","64500","x"\n'
    yield "gz", b"\0" + gzip.compress(b"192.0.2.0,192.0.2.255,AU\n", mtime=0)


def rules():
    yield "exe", b"[firefox]\nexe: /usr/bin/firefox\nuser = alice\nremote_ports: 53, 80, 443\n%%/usr/bin/firefox\n-x\nalice\n"
    yield "regular", b"[re]\ncmdline: ^a(b|c)*d$\ncmdline_is_re: true\n%%\nabcd\n"
    yield "hosts", b"# x\n[h]\nremote_hosts: host.example.org, 198.51.100.2\n[i]\nremote_ips: 198.51.100.0/24\nstates: ESTABLISHED\n"
    yield "local", b"[l]\nlocal_hosts: 192.0.2.1\nlocal_ports: 40000\npid: 7\n; end\n"


def addresses():
    yield "blocks", b"192.0.2.0/24\n198.51.100.7  # one\n\n2001:db8::/32\n::1\n"
    yield "touching", b"0.0.0.0/1\n128.0.0.0/1\n10.0.0.0/8\n10.1.0.0/16\n255.255.255.255\n::/0\nffff::/16\n"


def command_lines():
    yield "read", b"-r\nx.pcap\n--view\ntimeline\n-t\n1m\n--width\n80"
    yield "live", b"-i\neth0\n-p\n-s\n128\n-w\nx.pcapng\n-C\n10M\n-W\n3\ntcp\nport\n80"
    yield "filters", b"--show\nport:443 -state:half_open\n--local-net\n10.0.0.0/8\n--port\n80,443\n--dns-server\n[2001:db8::53]:53"
    yield "times", b"--after\n2026-03-01T14:30:00Z\n--before\n1900000000.5\n--linger\n1h2m\n--save-threshold\n50"
    yield "outputs", b"--log\nx\n--log-format\njson\n-o\nx.html\n--events\n-\n--log-file\ny\n-F\n/dev/null"


def netlink():
    addresses = bytes([192, 0, 2, 1]) + bytes(12) + bytes([198, 51, 100, 2]) + bytes(12)
    body = struct.pack("<BBBB", 2, 1, 0, 0) + struct.pack(">HH", 40000, 443) + addresses + struct.pack("<III", 0, 1, 0) + bytes(8) + struct.pack("<II", 1000, 7)
    for name, info in (("full", 240), ("short", 100), ("none", None)):
        attributes = struct.pack("<HH", 4 + info, 2) + bytes(info) if info is not None else b""
        message = body + attributes
        one = struct.pack("<IHHII", 16 + len(message), 20, 2, 0, 0) + message
        yield name, one + one + struct.pack("<IHHII", 20, 3, 2, 0, 0) + bytes(4)


def socket_records():
    def record(cookie, old, new, path=True):
        ends = bytes(10) + b"\xff\xff" + bytes([192, 0, 2, 1]) + bytes(10) + b"\xff\xff" + bytes([198, 51, 100, 2])
        text = b"/bin/x\0-y\0"
        data = struct.pack("<QQIIIHH", 10**9, cookie, 1, 7, 1000, 40000, 443) + ends + struct.pack("<BBHH", old, new, len(text), 2 if path else 0)
        data += b"curl".ljust(16, b"\0")
        if path:
            data += b"".join(part.ljust(64, b"\0") for part in (b"curl", b"bin", *[b""] * 14)) + text
        return struct.pack("<H", len(data)) + data
    yield "connect", record(1, 7, 2) + record(1, 2, 1, False) + record(1, 1, 7)
    yield "listen", record(2, 7, 10) + record(2, 10, 7) + b"\2\0xx"


def expressions():
    for name, text in (("ports", "tcp port 80 or portrange 1000-2000"), ("hosts", "src net 192.0.2.0/24 and not host 2001:db8::1"),
                       ("bytes", "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0 and ip[8] < 5"), ("tunnels", "vlan 5 and mpls and (ether host 02:00:00:00:00:01)"),
                       ("name", "host example.org"), ("wlan", "wlan type mgt subtype beacon")):
        yield name, text.encode()


def pcapng_options():
    for order, name in (("<", "le"), (">", "be")):
        interface = option(order, 2, b"eth0") + option(order, 9, b"\x89") + option(order, 14, struct.pack(order + "q", -1)) + option(order, 0, b"")
        yield f"interface-{name}", struct.pack(">Q", 10**18) + interface
        counts = option(order, 4, struct.pack(order + "Q", 9)) + option(order, 5, struct.pack(order + "Q", 7)) + option(order, 7, struct.pack(order + "Q", 3))
        yield f"statistics-{name}", struct.pack(">Q", 0) + counts


def compressed():
    plain = pcap("<", 0xA1B2C3D4)
    forms = {"gz": gzip.compress(plain, mtime=0), "xz": lzma.compress(plain, preset=0), "bz2": bz2.compress(plain, 1)}
    for name in ("zst", "lz4"):
        forms[name] = next(PCAPS.glob(f"*.{name}")).read_bytes()
    for name, data in forms.items():
        yield name, data
        yield name + "-twice", data + data
        yield name + "-cut", data[: len(data) // 2]


def merged():
    one, two = pcap("<", 0xA1B2C3D4), pcapng("<")
    for name, parts in (("two", [one, two]), ("three", [two, one, pcap(">", 0xA1B23C4D)]), ("equal", [one, one])):
        yield name, bytes([len(parts) - 1]) + b"".join(struct.pack("<H", len(p)) + p for p in parts[:-1]) + parts[-1]


def runs():
    captures = sorted(p for p in PCAPS.glob("*.pcap*") if p.stat().st_size <= SMALL)
    for number, path in enumerate(captures):
        choices = bytes([number % 8 | (number % 5 == 0) << 7, number % 3 | number % 5 << 4, (number * 37) & 0xBF, (number * 29) & 0x7F])
        yield path.stem, choices + path.read_bytes()
    yield "syn", bytes(4) + pcap("<", 0xA1B2C3D4, packets=(SYN,))


def windows():
    def segment(side, flags, seq, ack, payload, window, scale=0):
        return bytes([1, 0, side, flags, 1, seq, 1, ack, payload, window & 255, window >> 8, scale])
    hello = segment(0, 2, 0, 0, 0, 65535, 7) + segment(1, 0x12, 0, 1, 0, 65535, 7) + segment(0, 0x10, 1, 1, 0, 512)
    yield "conversation", hello + segment(0, 0x18, 1, 1, 50, 512) + segment(1, 0x10, 1, 51, 0, 512) + segment(0, 0x11, 51, 1, 0, 512)
    yield "midstream", segment(0, 0x18, 1, 1, 50, 512) + segment(1, 0x18, 1, 51, 20, 512) + segment(0, 4, 51, 21, 0, 0)


def messages():
    def part(text):
        return struct.pack("<H", len(text.encode())) + text.encode()
    hostile = "<!channel> *b* [x](http://e) <script>&\"\r\nBcc: e@e\u202e\x1b[2J"
    texts = [part("00ab"), part("new_port"), part("192.0.2.1"), part("192.0.2.1:22 is open")]
    yield "parts", bytes([0, 1, 3, 1]) + b"".join(texts) + part("was") + part("closed") + part("a line")
    yield "hostile", bytes([0, 2, 0, 2]) + part(hostile) * 4 + part(hostile) * 4 + part(hostile * 9) * 20
    packed = ["00ab", "change", "new_port", "192.0.2.1", "a title", "1700000000000000000", "0", "1", "was", "closed", "a line"]
    yield "packed", b"\x01" + b"".join(f"{len(text)}:{text}".encode() for text in packed)


def connection_logs():
    names = "ts id.orig_h id.orig_p id.resp_h id.resp_p proto duration orig_bytes conn_state history orig_name resp_cc tunnel".split()
    row = ["1.5", "192.0.2.1", "40000", "2001:db8::7", "443", "tcp", "0.25", "7", "SF", "ShADadFf", "a\\x09b", "NZ", "vxlan:7"]
    other = ["2", "192.0.2.1", "1", "192.0.2.2", "53", "udp", "-", "-", "S0", "-", "-", "-", "-"]
    head = "#separator \\x09\n#unset_field\t-\n#path\tconn\n#fields\t" + "\t".join(names) + "\n"
    tsv = (head + "\t".join(row) + "\n" + "\t".join(other) + "\ndamaged\n#close\t2026\n").encode()
    yield "tsv", tsv
    yield "tsv-gz", gzip.compress(tsv, mtime=0)
    yield "csv", (",".join(names) + "\r\n" + ",".join(row) + "\r\n" + ",".join(['"2"', *row[1:]]) + "\r\n").encode()
    member = {key: value for key, value in zip(names, row)}
    line = ",".join(f'"{key}":' + (value if key in ("ts", "duration", "id.orig_p", "id.resp_p", "orig_bytes") else f'"{value}"')
                    for key, value in member.items())
    yield "json", ("{" + line + ',"tunnel_parents":["x"]}\n{"ts":"2026-03-01T14:30:00.5Z",' + line[line.index(",") + 1:] + "}\n").encode()


def spool_sum(data):
    """The checksum of a spool file (src/store/spool.cc)."""
    a, b, ones = 0x9E3779B97F4A7C15, 0xD1B54A32D192ED03, 2**64 - 1
    total = len(data)
    for at in range(0, len(data), 16):
        first, second = struct.unpack("<QQ", data[at:at + 16].ljust(16, b"\0"))
        product = (total ^ first ^ a) * (second ^ b)
        total = ((product & ones ^ product >> 64) + total) & ones
    return total


def spool_file(batch, table="connections", blocks=b"blocks", stream=7, day=20000, name=None, cut=None):
    head = f"synfin-spool 2 {table} {day} {stream} {batch} 3 1772300000000000000 443 192.0.2.1 {spool_sum(blocks)} {len(blocks)}\n"
    return (name or f"{batch:020}.{table}").encode() + b"\n" + (head.encode() + blocks)[:cut]


def spool():
    compressed = bytes(16) + b"\x82" + struct.pack("<II", 9 + 11, 32) + b"\x1fa\x01\x00\x07Paaaaa"
    whole = [spool_file(n, blocks=compressed) for n in range(1, 5)]
    note = b"inflight\n7 1 3 connections 20000\n"
    folders = {
        "empty": [], "whole": whole, "unit": [note, *whole], "confirmed": [note, *whole[1:]], "first-damaged": [note, spool_file(1, cut=-1), *whole[1:]],
        "middle-damaged": [note, whole[0], spool_file(2, cut=60), *whole[2:]], "cut": [spool_file(9, cut=n) for n in (0,)] + [spool_file(10, cut=40), spool_file(11)],
        "tables": [spool_file(n, table) for n, table in enumerate(("gaps", "runs", "counters", "changes", "open_connections"), 1)],
        "foreign": [b"lock\n", b"shard\n2\n", b"spare\nx", b"new.00000000000000000005.runs\nx", b"notes.txt\nhello", spool_file(6, name="6.connections")],
        "folder": [b"00000000000000000001.connections/\n", b"inflight/\n", whole[1]], "other-number": [spool_file(5, name="00000000000000000004.connections"), whole[0]],
        "other-stream": [note, spool_file(1, stream=8), spool_file(2, day=20001)], "damaged-before": [b"00000000000000000001.connections.damaged\nx", whole[1]],
        "long-header": [b"00000000000000000001.connections\nsynfin-spool " + b"2" * 600 + b"\n"], "huge": [b"00000000000000000001.runs\n"
            b"synfin-spool 2 runs 0 1 1 1 0 0 :: 0 18446744073709551615\nx"], "note-garbage": [b"inflight\n" + b"9" * 200, *whole],
        "note-backwards": [b"inflight\n7 3 1 connections 20000\n", *whole], "twins": [spool_file(1), spool_file(1, "gaps")],
    }
    for name, files in folders.items():
        yield name, b"".join(struct.pack("<H", len(file)) + file for file in files)

def states():
    """Ports and changes as a state file holds them (src/inventory/state_pack.cc)."""
    ports = [
        bytes.fromhex(
            "010186a001010000008080fbfd9a8adf983100000000"),
        bytes.fromhex(
            "0102863202050000809dfdd4c382df983180a8b3e990a6270002020109024d724d72277611bd80020300000080bcd98dcb82df983100000100"),
        bytes.fromhex(
            "0102866a0205000080ed86f8dba8869931000001010107014d72277611bd80c00c020500008095ddb1e3a8869931000001010107014d72ecffc81f"),
        bytes.fromhex(
            "0104862c2405010080fda3eea582df983180f38d9492a62780f38d9492a62703010107014d72277611bd80740205000080a5faa7ad82df983180d8a1"
            "db8aa5270002020109024d724d72277611bd80d6052305010080cdd0e1b482df9831809fb9e890a627809fb9e890a62703020211024d724d72277611"
            "bd277611bdecffc81f80aa7702050000809dda84cda8869931000001010107014d72277611bd"),
    ]
    changes = bytes.fromhex(
        "010004a085acc9ffd8d4bde40180fda3eea582df983104c63364070000000003862c02010086a00102010086f6060202000800000006000000000000"
        "0000000000000000000000000488aedaaf91f1a3bf13809dfdd4c382df983104c6336408000000000186320201000800000006000000000000000000"
        "00000000000000000100a4e1b4ede0e185cd8201809dda84cda886993104c633640786a07e02010001000080b4891304c000020100")
    for number, blob in enumerate(ports):
        yield f"ports-{number}", b"\0" + blob
    yield "changes", b"\1" + changes


def json_reports():
    times = '"first_seen":"2026-03-01T14:30:00.000000Z","last_seen":"2026-03-01T14:31:00Z"'
    edge = ('{"orig":"192.0.2.%d","resp":"198.51.100.7","port":443,"attempts":%d,"established":%d,"failed":%d,'
            '"synack_rtt_ms":{"p50":1.5,"p99":2,"samples":9},"bytes":640,' + times + '}')
    edges = [edge % (n, 20 * n, 10 * n, 10 * n) for n in range(1, 4)]
    causes = ['{"cause":"filtered","orig":"192.0.2.%d","resp":"198.51.100.7","port":443,"attempts":%d}' % (n, n) for n in range(1, 3)]
    lists = ('"services":[{"ip":"198.51.100.7","port":443,"attempts":9,"refused":1}],"hosts":[{"ip":"192.0.2.1","as_originator":7,"as_responder":0}],'
             '"approximations":{"services":true},"failures":[' + ",".join(causes) + '],"failing":[{"orig":"192.0.2.3","resp":"198.51.100.7","port":443,'
             '"failed":3,"outcome":"unanswered"}]')
    head = ('{"synfin":{},"capture":{"first_packet":"2026-03-01T14:30:00.000000Z","last_packet":"2026-03-01T15:30:00Z"},'
            '"connections":{"total":%d},"approximate":false,"floods":[%s],' + lists + ',"edges":[')
    yield "few", (head % (120, "") + ",".join(edges) + "]}").encode()
    yield "flood", (head % (10**6, '{"port":1}') + edges[0] + "]}\n").encode()
    yield "none", b'{"synfin":{},"edges":[]}'
    yield "deep", b"[" * 66


def watch_lists():
    yield "each", b"# hosts\n192.0.2.80 80,443 # web\n192.0.2.0/24\t22\n2001:db8::25 25,465 , 8000 - 8080\n* 1-3\n::/0\n"
    yield "twice", b"192.0.2.1 1\n192.0.2.1 2,1\n192.0.2.1\n"
    yield "wrong", b"192.0.2.1 80-70\n"


def helper_questions():
    """Kinds of questions: src/sandbox/message.h."""
    def ask(kind, number, *paths):
        texts = [path.encode() for path in (*paths, "", "")[:2]]
        return bytes([kind, number]) + b"".join(struct.pack("<H", len(text)) + text for text in texts)
    temporary = "@/out/.report.txt.0123456789abcdef"
    yield "report", ask(3, 0, "@/out/report.txt") + ask(4, 1, temporary) + ask(6, 0, temporary, "@/out/report.txt")
    yield "removed", ask(4, 1, temporary) + ask(7, 0, temporary) + ask(5, 1, "@/out/report.txt")
    yield "inputs", ask(1, 0, "@/in") + ask(1, 0, "@/in/a.pcap") + ask(2, 0, "@/single.pcap") + ask(1, 0, "@/in/../others/secret")
    yield "patterns", ask(4, 0, "@/out/conn.1.log") + ask(4, 1, "@/out/w-2026March.pcap1") + ask(4, 1, "@/out/w-2026March.pcap")
    yield "links", ask(4, 1, "@/out/conn.hard.log") + ask(4, 1, "@/out/conn.link.log") + ask(4, 0, "@/out/linked/conn.1.log") + ask(5, 1, "@/out/conn.link.log")
    yield "foreign", ask(6, 0, "@/out/foreign.txt", "@/out/report.txt") + ask(7, 0, "@/out/foreign.txt") + ask(8, 3)


TARGETS = {
    "dns_reply": dns, "mmdb": databases, "range_file": ranges, "rules": rules, "address_file": addresses, "command_line": command_lines,
    "socket_message": netlink, "socket_record": socket_records, "bpf_expression": expressions, "pcapng_options": pcapng_options,
    "decompress": compressed, "merged_source": merged, "message": messages, "run": runs, "window": windows,
    "conn_log": connection_logs, "spool": spool, "state_pack": states, "json_report": json_reports, "watch_list": watch_lists,
    "file_service": helper_questions,
}


def main():
    top = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "corpus"
    for target, make in TARGETS.items():
        folder = top / target
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in make():
            (folder / name).write_bytes(data)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""The HTML report in headless Chromium.

    run.py SYNFIN [CASE...]
    run.py --list

Writes reports of captures from pcaps/, opens them from disk and uses them as a person does. In every case the page may log nothing and request
nothing but itself. Exits 0 if all cases pass, 1 if one fails, 77 if the browser is absent. The case "axe" needs axe.min.js of the npm package
axe-core: SYNFIN_AXE names it, or tools/install-packages has put it into build/axe-core.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import browser

ROOT = pathlib.Path(__file__).resolve().parents[2]
WIDE, NARROW, PAPER = 1280, 360, 718
HOSTILE = "</script><script>window.hacked=1</script><img src=x onerror=window.hacked=1>\u2028'\"&amp;"
TEXT = "document.getElementById('page').innerText"
EVERY_PAGE = ("", "#host/198.51.100.80", "#service/198.51.100.80%3A80")


class Skipped(Exception):
    pass


def expect(truth, sentence):
    if not truth:
        raise AssertionError(sentence)


class Reports:
    """Reports in a folder of their own."""

    def __init__(self, synfin, folder):
        self.synfin, self.folder, self.pages = synfin, pathlib.Path(folder), 0

    def of(self, capture, change=None):
        """The URL of a report of a capture. `change` may edit the JSON report and what the page embeds beside it."""
        self.pages += 1
        path = self.folder / f"report{self.pages}.html"
        subprocess.run([self.synfin, "-r", str(capture), "--view", "none", "--no-geoip", "--utc", "--report", str(path)], check=True)
        if change:
            text = path.read_text()
            report, more = (json.loads(re.search(rf'id="{name}">(.*?)</script>', text, re.S)[1]) for name in ("report", "more"))
            change(report, more)
            for name, data in (("report", report), ("more", more)):
                embedded = json.dumps(data).replace("<", "\\u003c")
                text = re.sub(rf'(id="{name}">).*?(</script>)', lambda m: m[1] + embedded + m[2], text, count=1, flags=re.S)
            path.write_text(text)
        return path.as_uri()

    def sample(self, change=None):
        return self.of(ROOT / "pcaps" / "sample.pcap", change)


def column(tab, table, index):
    """The texts of a column of the rows that are shown."""
    return tab.run(f"[...document.querySelectorAll('#table-{table} tbody tr')].map((r) => r.cells[{index}].innerText)")


def case_sort_and_filter(tab, reports):
    tab.open(reports.sample())
    head = "document.querySelectorAll('#table-services th button')[2]"
    expect(tab.run(f"{head}.innerText").startswith("Attempts"), "the third column of services is Attempts")
    numbers = lambda: [int(n.replace(",", "")) for n in column(tab, "services", 2)]
    tab.run(f"{head}.click()")
    expect(numbers() == sorted(numbers(), reverse=True) and numbers()[0] > 1, f"most attempts first: {numbers()}")
    expect(tab.run(f"{head}.parentNode.getAttribute('aria-sort')") == "descending", "the head says how the table is sorted")
    tab.run(f"{head}.click()")
    expect(numbers() == sorted(numbers()), f"fewest attempts first: {numbers()}")
    tab.run("[...document.querySelectorAll('#table-services button')].find((b) => b.innerText.startsWith('Show all')).click()")
    expect(len(numbers()) == 130, "all rows are shown")
    tab.run("const f = document.querySelector('#table-services input'); f.value = 'postgresql 198.51'; f.dispatchEvent(new Event('input'))")
    expect(set(column(tab, "services", 1)) == {"5432 postgresql"}, f"rows match the filter: {column(tab, 'services', 1)}")
    tab.run("Object.defineProperty(navigator, 'clipboard', {value: {writeText: async (t) => { window.copied = t; }}})")
    tab.run("document.querySelector('#table-services .copy').click()")
    tab.wait_for("window.copied")
    lines = tab.run("window.copied").split("\r\n")
    expect(lines[0].startswith("ip,port,attempts,success_rate") and lines[1].startswith("198.51.100.54,5432,"), f"copied as CSV: {lines}")


def case_links(tab, reports):
    tab.open(reports.sample())
    tab.run("document.querySelector('#table-services a[href=\"#host/198.51.100.80\"]').click()")
    tab.wait_for("document.querySelector('main h1').innerText === '198.51.100.80'")
    expect("198.51.100.80" in tab.run("document.title"), "the title names the host")
    expect("443 https" in column(tab, "services-of-198-51-100-80", 0), "the host's services")
    tab.run("[...document.querySelectorAll('main a')].find((a) => a.innerText === '443 https').click()")
    tab.wait_for("document.querySelector('main h1').innerText === '198.51.100.80:443'")
    expect("Handshake times" in tab.run(TEXT), "handshakes")
    tab.wait_for("document.querySelectorAll('#service-handshakes svg rect').length > 0")  # drawn after the text
    tab.run("history.go(-2)")
    tab.wait_for("document.querySelector('#services') !== null")
    tab.run("location.hash = '#host/203.0.113.250'")  # an address that does not occur
    tab.wait_for("document.querySelector('main h1').innerText === '203.0.113.250'")
    tab.run("location.hash = '#host/%E0%A4%A'")  # no UTF-8
    tab.wait_for("document.querySelector('#services') !== null")
    tab.run("document.querySelector('nav a[href=\"#ledger\"]').click()")
    tab.settle()
    expect(abs(tab.run("document.getElementById('ledger').getBoundingClientRect().top")) < 900, "the section is in view")


def case_bars(tab, reports):
    tab.open(reports.sample())
    tab.settle()
    tab.run("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })")
    tab.settle()
    began = column(tab, "timeline", 0)
    expect(len(began) > 8 and len(set(began)) == len(began), f"bars shorter than a second have times of their own: {len(began)} rows, {len(set(began))} times, {began[:9]}")


def case_brush(tab, reports):
    def thin(_report, more):
        """As of a long capture, of which the page contains a part."""
        for bucket in more["sample"]["buckets"]:
            for stratum in bucket:
                more["sample"]["total"] += stratum[1]
                stratum[1] *= 2

    for change in (None, thin):
        tab.open(reports.sample(change))
        tab.settle()
        before = tab.run("document.querySelector('#services .shown').innerText")
        box = tab.run("(() => { const b = document.querySelector('#time .surface'); b.scrollIntoView({block: 'center'});"
                      " const r = b.getBoundingClientRect(); return [r.left, r.top, r.width, r.height]; })()")
        y = box[1] + box[3] / 2
        tab.drag((box[0] + box[2] * 0.1, y), (box[0] + box[2] * 0.5, y))
        after = tab.run("document.querySelector('#services .shown').innerText")
        expect(after != before, f"the brush filters services: {before}, {after}")
        note = tab.run("document.querySelector('#services .note').innerText")
        expect(("estimated" in note) == (change is not None), f"the page says how exact the figures are: {note}")
        selected = int(re.search(r"([\d,]+) connection", tab.run("document.querySelector('.brush').innerText"))[1].replace(",", ""))
        shown = sum(int(n.replace(",", "")) for n in tab.run("[...document.querySelectorAll('.legend b')].map((b) => b.innerText)"))
        expect(0 < selected == shown, f"the legend counts the selection: {selected}, {shown}")
        tab.run("[...document.querySelectorAll('.brush button')].find((b) => b.innerText === 'Show all').click()")
        expect(tab.run("document.querySelector('#services .shown').innerText") == before, "all are shown again")
        tab.run("const s = document.querySelectorAll('.brush input')[1]; s.value = 20; s.dispatchEvent(new Event('change'))")
        expect(tab.run("document.querySelector('#services .shown').innerText") != before, "the sliders select, too")


def case_brush_places(tab, reports):
    """Countries, networks and handshake times are those of the selected interval."""
    def place(report, more):
        for n, row in enumerate(more["addresses"]):
            row[1:] = [("DE", "JP")[n % 2], n % 2]
        more["networks"] = [[64500, "Example One"], [64501, "Example Two"]]
        total = {"hosts": 1, "connections": 999, "failed": 0, "bytes_sent": 1, "bytes_received": 1}
        report["countries"] = [{"country": "DE", **total}]
        report["networks"] = [{"asn": 64500, "as_org": "Example One", **total}]

    number = lambda text: int(text.replace(",", "").split()[0])
    tab.open(reports.sample(place))
    tab.settle()
    expect(column(tab, "countries", 2) == ["999"], "the whole time is that of the report")
    whole = column(tab, "handshakes-services", 2)
    tab.run("const s = document.querySelectorAll('.brush input')[1]; s.value = 20; s.dispatchEvent(new Event('change'))")
    selected = number(re.search(r": ([\d,]+ connection)", tab.run("document.querySelector('.brush').innerText"))[1])
    places = dict(zip(column(tab, "countries", 0), map(number, column(tab, "countries", 2))))
    expect(sum(places.values()) == 2 * selected and set(places) <= {"DE", "JP"}, f"both ends of {selected} connections: {places}")
    expect(set(column(tab, "networks", 1)) <= {"Example One", "Example Two"} and column(tab, "networks", 0)[0].startswith("AS6450"), "networks")
    part = column(tab, "handshakes-services", 2)
    expect(part and sum(map(number, part)) < sum(map(number, whole)), f"fewer handshakes: {part} {whole}")
    expect("Selected interval only" in tab.run("document.querySelector('#handshakes .note').innerText"), "the basis of handshake times")
    expect("Selected interval only" in tab.run("document.querySelector('#places .note').innerText"), "the basis of places")


def case_lifelines(tab, reports):
    tab.open(reports.sample())
    tab.settle()
    bars = lambda: tab.run("document.querySelectorAll('#lifelines [data-at]').length")
    expect(bars() >= 204, f"each connection has a bar: {bars()}")
    box = tab.run("(() => { const b = document.querySelector('.lifelines'); b.scrollIntoView({block: 'center'});"
                  " const r = b.getBoundingClientRect(); return [r.left, r.top, r.width, r.height]; })()")
    all_bars = bars()
    tab.drag((box[0] + 50, box[1] + 10), (box[0] + 150, box[1] + 10))
    expect(0 < bars() < all_bars, f"dragging zooms: {bars()} of {all_bars}")
    tab.run("[...document.querySelectorAll('.zoom button')].find((b) => b.innerText === 'All').click()")
    expect(bars() == all_bars, "all bars again")
    at = tab.run("(() => { const r = document.querySelector('#lifelines [data-at]').getBoundingClientRect(); return [r.left + 1, r.top + 2]; })()")
    tab.mouse("mouseMoved", *at)
    tab.settle()
    expect("→" in tab.run("document.querySelector('.tooltip').innerText"), "a bar that is pointed at is described")
    tab.run("document.querySelector('.lifelines').focus()")
    tab.key("ArrowRight", 39)
    first = tab.run("document.querySelector('.tooltip').innerText")
    tab.key("ArrowRight", 39)
    expect(tab.run("document.querySelector('.tooltip').innerText") != first, "arrow keys go from bar to bar")
    expect(tab.run("document.querySelectorAll('.lifelines .active').length") == 1, "one bar is marked")


def case_theme(tab, reports):
    url = reports.sample()
    background = lambda: sum(map(int, re.findall(r"\d+", tab.run("getComputedStyle(document.body).backgroundColor"))[:3]))
    tab.open(url)
    expect(background() > 700, "light")
    tab.media(scheme="dark")
    expect(background() < 100, "dark, as the system prefers")
    tab.run("document.querySelector('.theme').click()")
    expect(background() > 700, "light by the switch")
    tab.open(url)
    expect(background() > 700, "the switch is remembered")
    tab.run("document.querySelector('.theme').click()")
    expect(background() < 100, "dark by the switch")
    tab.media("print", "dark")
    expect(background() > 700, "paper is light")
    tab.run("localStorage.clear()")


def case_sizes(tab, reports):
    for url in (reports.sample(), reports.of(ROOT / "pcaps" / "ipv6.pcap")):
        for page in EVERY_PAGE:
            for width, media in ((NARROW, ""), (PAPER, "print"), (WIDE, "")):
                tab.size(width, mobile=width == NARROW)
                tab.media(media)
                tab.open(url + page)
                tab.settle()
                wide = tab.run("document.documentElement.scrollWidth")
                if not page:
                    expect("Connections" in tab.run("document.querySelector('.figures').innerText") and
                           tab.run("document.querySelector('.figures dd').getBoundingClientRect().width") > 8, "the totals are shown")
                expect(wide <= width, f"{page or 'the report'} is {wide} pixels wide on {width}")
    tab.size(WIDE)
    tab.media("print")
    expect(tab.run("getComputedStyle(document.querySelector('nav')).display") == "none", "no navigation on paper")
    pages = tab.pdf().count(b"/Type /Page\n") + tab.pdf().count(b"/Type /Page ")
    expect(tab.pdf().startswith(b"%PDF") and pages < 12, f"it prints on {pages} pages")


def explain(report):
    """Adds failures by cause, who hangs up, and handshake times."""
    at, later = report["capture"]["first_packet"], report["capture"]["last_packet"]
    edge = report["edges"][0]
    service = {"resp": edge["resp"], "port": edge["port"], "name": "http"}
    report["connections"]["by_cause"] = {"filtered": 214, "refused": 3}
    report["failures"] = [{"cause": "filtered", "confidence": "high", "orig": edge["orig"], "clients": clients, **service, "attempts": 214, "of": 214,
                           "first": at, "last": later, "evidence": "3 SYN retries without an answer", "other_ports_answering": [22, 443],
                           "icmp_sender": "192.0.2.254"} for clients in range(1, 12)]
    rtt = {"p50": 1.5, "p90": 2, "p99": 3}
    row = {"connections": 9, "samples": 9, "syn_retries": 1, "retransmitting": 1, "synack_rtt_ms": rtt,
           "windows": [{"start": f"2026-11-21T13:06:{second}.000000Z", "samples": 4, **rtt, "p50": second - 44} for second in range(45, 60)],
           "shift": {"at": at, "before_ms": 1, "after_ms": 9, "chance": 1e-9}}
    report["handshakes"] = {"window_seconds": 5, "services": [{**service, **row}], "networks": [{"network": "198.51.100.0/24", **row}]}
    report["hangups"] = {"closers": [{**service, "ended": 9, "fin_by_orig": 4, "fin_by_resp": 3, "rst_by_orig": 1, "rst_by_resp": 1, "open": 0}],
                         "idle_timers": [{**service, "seconds": 300, "plus_minus_seconds": 1, "resets": 63, "first": at, "last": at}],
                         "idle_resets": 63, "idle_unknown": 0,
                         "port_pressure": [{"orig": edge["orig"], **service, "per_minute": 30000, "minute": at, "reused": 5, "exhausted": True}]}


def case_causes(tab, reports):
    tab.open(reports.sample(lambda report, _: explain(report)))
    tab.settle()
    text = re.sub(r"\s+", " ", tab.run(TEXT))
    for sentence in ("192.0.2.10 → 198.51.100.80:80: 214 attempts, all silently dropped, from", "8 clients → 198.51.100.80:80",
                     "3 SYN retries without an answer; ICMP from 192.0.2.254; the host answers on 22 ssh, 443 https; confidence: high",
                     "63 connections to 198.51.100.80:80 were reset after 300 s ± 1 s of silence", "opened 30,000 connections",
                     "the median was 1 ms before and 9 ms after", "Handshake times"):
        expect(sentence in text, f"not shown: {sentence}")
    expect(tab.run("document.querySelectorAll('#handshakes polyline').length") == 2, "medians over time")
    expect(column(tab, "closers", 2) == ["9"], "closers are those of the report")


def case_losses(tab, reports):
    def lose(kernel, ring):
        return lambda report, _: report["capture"]["packets"].update({"dropped_kernel": kernel, "dropped_ring": ring})
    for kernel, ring, sentences in ((3, 0, ["3 packets of"]), (0, 7, ["7 events other than records were dropped"]),
                                    (3, 1, ["3 packets of", "1 event other than records was dropped"])):
        tab.open(reports.sample(lose(kernel, ring)))
        tab.settle()
        text = re.sub(r"\s+", " ", tab.run(TEXT))
        for sentence in sentences:
            expect(sentence in text, f"not shown: {sentence}")
        expect(("dropped before synfin saw them" in text) == (kernel > 0), "an event is no packet")
        expect("dropped by the ring" not in text, "the ledger has packets only")


def spoil(value):
    """Replaces every text of a report that is no address, time or key of the page."""
    if isinstance(value, dict):
        return {key: spoil(item) if key not in ("outcome", "conn_state", "ip", "orig", "resp", "first_packet", "last_packet", "mode") else item
                for key, item in value.items()}
    if isinstance(value, list):
        return [spoil(item) for item in value]
    return HOSTILE if isinstance(value, str) and not re.match(r"\d{4}-\d\d-\d\dT", value) else value


def case_hostile(tab, reports):
    def change(report, more):
        for key in ("services", "edges", "hosts", "failing"):
            for row in report[key]:
                for prefix in ("", "orig_", "resp_"):
                    row.update({f"{prefix}hostname": "x", f"{prefix}as_org": "x", f"{prefix}country": "x", f"{prefix}asn": 7})
        explain(report)
        report["processes"] = [{"user": "x", "exe": "x", "connections": 3}]
        report["changes"] = [{"what": "x", "host": "192.0.2.1"}]
        report["capture"].update({"gaps": ["x"], "damage": ["x"], "remarks": ["x"], "filter": "x"})
        report["attributions"] = ["x"]
        report["timelines of x"] = [{"x": "x"}]
        report.update({key: spoil(value) for key, value in report.items()})
        more["ports"] = {str(port): HOSTILE for port in (22, 25, 80, 443, 5432)}
        more["networks"] = [[7, HOSTILE]]

    hostile = reports.folder / "<img src=x onerror=window.hacked=1>.pcap"
    hostile.write_bytes((ROOT / "pcaps" / "sample.pcap").read_bytes())
    for url in (reports.of(hostile), reports.sample(change)):
        for page in EVERY_PAGE:
            tab.open(url + page)
            tab.run("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
            tab.run("document.querySelectorAll('.lifelines').forEach((l) => l.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight'})))")
            tab.settle()
            expect(tab.run("window.hacked") is None, "a name ran as a script")
            expect(tab.run("document.images.length + document.scripts.length") == 3, "a name became an element")
            expect("onerror" in tab.run(TEXT), "the name is shown as text")


def case_live(tab, reports):
    def change(_report, more):
        more["refresh_seconds"] = 1

    tab.open(reports.sample())
    expect(not tab.run("document.querySelector('.live')"), "a finished report does not refresh")
    tab.open(reports.sample(change))
    loads = tab.loads
    tab.run("const f = document.querySelector('#table-services input'); f.value = 'https'; f.dispatchEvent(new Event('input'))")
    tab.run("document.querySelectorAll('#table-services th button')[2].click(); window.scrollTo(0, 700)")
    tab.run("const s = document.querySelectorAll('.brush input')[1]; s.value = 50; s.dispatchEvent(new Event('change'))")
    tab.run("document.querySelector('#lifelines details').open = true")
    tab.settle()
    before = tab.run("scrollY")
    expect(before > 500, "scrolled")
    tab.wait_for(lambda: tab.loads > loads)
    tab.settle()
    expect(tab.run("document.querySelector('#table-services input').value") == "https", "the filter is kept")
    expect(tab.run("document.querySelectorAll('#table-services th')[2].getAttribute('aria-sort')") == "descending", "the order is kept")
    expect("All" not in tab.run("document.querySelector('.brush').innerText.split('\\n')[0]"), "the selection is kept")
    expect(tab.run("document.querySelector('#lifelines details').open"), "what was open is open")
    expect(abs(tab.run("scrollY") - before) < 3, f"the place is kept: {before}, {tab.run('scrollY')}")
    tab.run("document.querySelector('.pause').click()")
    loads = tab.loads
    tab.run("new Promise((done) => setTimeout(done, 4500))")
    expect(tab.loads == loads and tab.run("document.querySelector('.pause').innerText") == "Resume", "it can be paused")


def case_axe(tab, reports):
    script = os.environ.get("SYNFIN_AXE") or ROOT / "build" / "axe-core" / "axe.min.js"
    if not pathlib.Path(script).is_file():
        raise Skipped(f"{script} does not exist: tools/install-packages test fetches it if npm is installed")
    tab.call("Page.setBypassCSP", enabled=True)  # axe comes from outside the page
    url = reports.sample()
    for scheme in ("light", "dark"):
        tab.media(scheme=scheme)
        for page in EVERY_PAGE:
            tab.open(url + page)
            tab.run("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
            tab.settle()
            tab.run(pathlib.Path(script).read_text() + ";0")
            found = tab.run("axe.run(document, {resultTypes: ['violations']}).then((r) => JSON.stringify(r.violations.map((v) =>"
                            " [v.id, v.help, v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160) + ' ' + n.any.map((a) => a.message))])))")
            expect(found == "[]", f"axe on {page or 'the report'} ({scheme}): {found}")


CASES = {name[5:]: case for name, case in globals().items() if name.startswith("case_")}


def run(name, chromium, reports):
    tab = chromium.tab()
    tab.size(WIDE)
    tab.media()
    CASES[name](tab, reports)
    expect(not tab.errors, f"the page logs: {tab.errors[:3]}")
    foreign = [url for url in tab.requests if not url.startswith(reports.folder.as_uri()) and not url.startswith(("data:", "about:"))]
    expect(not foreign, f"requests leave the page: {foreign[:3]}")


def main():
    if sys.argv[1:] == ["--list"]:
        print("\n".join(CASES))
        return 0
    if reason := browser.missing():
        print(f"skipped: {reason}")
        return 77
    names = sys.argv[2:] or list(CASES)
    failed, skipped = 0, 0
    with browser.Browser() as chromium, tempfile.TemporaryDirectory() as folder:
        reports = Reports(sys.argv[1], folder)
        for name in names:
            try:
                run(name, chromium, reports)
                print(f"{name}: passed")
            except Skipped as reason:
                skipped += 1
                print(f"{name}: skipped: {reason}")
            except AssertionError as error:
                failed += 1
                print(f"{name}: {error}")
    return 1 if failed else 77 if skipped == len(names) else 0


if __name__ == "__main__":
    sys.exit(main())

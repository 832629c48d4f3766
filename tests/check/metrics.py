#!/usr/bin/env python3
"""Prometheus scrapes a run, promtool accepts the text, and the dashboard shows nothing that is not served.

    metrics.py SYNFIN ROOT

The run reads packets from a pipe that stays open. Skipped (77) without prometheus and promtool. Exits 1 with each fault.
"""
import json
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

SKIPPED = 77
MAX_BYTES = 64 << 10
OPEN = {"Accept": "application/openmetrics-text;version=1.0.0"}


def wait_for(what, name, seconds=40):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        result = what()
        if result:
            return result
        time.sleep(0.1)
    raise SystemExit(f"{name} did not happen within {seconds} s")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def get(url, headers={}):
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=20) as reply:
        return reply.read().decode(), reply.headers["Content-Type"]


def fetched(url):
    try:
        return get(url)
    except (urllib.error.URLError, ConnectionError):
        return None


class Run:
    """synfin on a pipe that has delivered a capture."""

    def __init__(self, synfin, capture, folder):
        self.errors = folder / "errors"
        with self.errors.open("w") as errors:
            self.process = subprocess.Popen(
                [synfin, "-r", "-", "--view", "none", "-n", "--no-geoip", "--metrics", "0", "--syn-timeout", "1s", "-v"],
                stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=errors)
        self.process.stdin.write(capture.read_bytes())
        self.process.stdin.flush()
        found = wait_for(lambda: re.search(r"http://\S+/metrics", self.errors.read_text()), "the endpoint")
        self.url = found[0]

    def end(self):
        self.process.stdin.close()
        status = self.process.wait(30)
        return [] if status == 0 else [f"synfin ended with {status}: {self.errors.read_text()}"]


def samples(text):
    return {m[1]: float(m[2]) for m in re.finditer(r"^([a-z]\S*(?:\{.*\})?) (\S+)$", text, re.M)}


def check_text(url):
    """promtool's opinion, the sum of the ledger, the size and the time of a scrape."""
    text, kind = get(url)
    linted = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
    if linted.returncode != 0 or linted.stderr:
        yield f"promtool check metrics: {linted.stderr or linted.stdout}"
    if not kind.startswith("text/plain; version=0.0.4"):
        yield f"the type is {kind}"
    found = samples(text)
    ledger = sum(v for k, v in found.items() if k.startswith("synfin_packets_total{"))
    if not 0 < ledger == found["synfin_packets_received_total"]:
        yield f"the ledger does not balance: {ledger} of {found['synfin_packets_received_total']}"
    opened, kind = get(url, OPEN)
    if not opened.endswith("# EOF\n") or "openmetrics" not in kind:
        yield f"no OpenMetrics on request, but {kind}"
    if len(opened) > MAX_BYTES:
        yield f"a scrape has {len(opened)} bytes"
    times = []
    for _ in range(20):
        begun = time.perf_counter()
        get(url, OPEN)
        times.append(time.perf_counter() - begun)
    print(f"a scrape: {len(opened)} bytes, {sorted(times)[len(times) // 2] * 1000:.2f} ms (median of {len(times)})")


def check_scrape(url, folder):
    """What Prometheus has stored of the run."""
    target = urllib.parse.urlparse(url).netloc
    config = folder / "prometheus.yml"
    config.write_text(f"scrape_configs:\n  - job_name: synfin\n    scrape_interval: 1s\n    static_configs:\n      - targets: ['{target}']\n")
    port = free_port()
    server = subprocess.Popen(["prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}", f"--web.listen-address=127.0.0.1:{port}"],
                              stdout=subprocess.DEVNULL, stderr=(folder / "prometheus.log").open("w"))
    try:
        def result(query):
            reply = fetched(f"http://127.0.0.1:{port}/api/v1/query?" + urllib.parse.urlencode({"query": query}))
            return json.loads(reply[0])["data"]["result"] if reply else []
        wait_for(lambda: any(r["value"][1] == "1" for r in result("up")), "a scrape by Prometheus")
        text = get(url)[0]
        for name in ("synfin_attempts_total", 'synfin_connections_total{outcome="closed"}', "synfin_handshake_seconds_count"):
            stored = [float(r["value"][1]) for r in result(name)]
            if stored != [samples(text)[name]]:
                yield f"{name}: Prometheus has {stored}, synfin {samples(text)[name]}"
    finally:
        server.terminate()
        server.wait(30)


def check_dashboard(url, root):
    """Every name of a metric in the dashboard is one that is served, and every family served is shown."""
    served = set(re.findall(r"^# TYPE (\S+)", get(url)[0], re.M))
    dashboard = json.loads((root / "tools" / "grafana" / "synfin-metrics.json").read_text())
    shown = set()
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            names = re.findall(r"\b(?:synfin|process)_\w+", target["expr"])
            if not names:
                yield f"{panel['title']}: {target['expr']} names no metric"
            shown |= {re.sub(r"_(?:bucket|sum|count)$", "", name) for name in names}
    yield from (f"the dashboard shows {name}, which is not served" for name in sorted(shown - served))
    yield from (f"the dashboard does not show {name}" for name in sorted(served - shown))


def main():
    synfin, root = sys.argv[1], pathlib.Path(sys.argv[2])
    if not shutil.which("prometheus") or not shutil.which("promtool"):
        print("skipped: prometheus is not installed")
        return SKIPPED
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        run = Run(synfin, root / "pcaps" / "normal-close.pcap", folder)
        wait_for(lambda: samples(get(run.url)[0])["synfin_packets_received_total"] > 0, "the first packet")
        faults = [*check_text(run.url), *check_scrape(run.url, folder), *check_dashboard(run.url, root)]
        faults += run.end()
    print("\n".join(faults) or "the metrics are served")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

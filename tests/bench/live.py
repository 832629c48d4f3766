"""Measures losses and processor time of live capture through a veth pair between two network namespaces.

    steps   tcpreplay of 1 M short connections at fixed rates, then as fast as possible, compared with tcpdump
    iperf3  a transfer at full speed and at a tenth of it beside 1000 short connections, with control packets and with all;
            then both modes at once, which must agree about the bytes of each connection
    churn   many connections for minutes: the resident set must not grow
"""
import json
import os
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "live"))
from lab import Lab, V4, missing, read_log, sh, wait_for  # noqa: E402

RATES = (50_000, 100_000, 200_000, 400_000, 0)
TICKS = os.sysconf("SC_CLK_TCK")


def usage(pid):
    """Returns the user and system seconds of a process."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) / TICKS, int(fields[12]) / TICKS


def resident_kib(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1])


class Watched:
    """A capturing program. After stop(), its processor time and packet counts are known."""

    def __init__(self, command, ready):
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.words = []
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        wait_for(lambda: any(ready in word for word in self.words) or self.process.poll() is not None, ready)

    def read(self):
        self.words.extend(iter(self.process.stderr.readline, ""))

    def stop(self):
        time.sleep(0.7)
        self.user, self.system = usage(self.process.pid)
        self.process.send_signal(signal.SIGINT)
        self.process.wait(60)
        self.reader.join(10)
        self.captured = self.number("captured")
        self.received = self.number("received by filter")
        self.dropped = self.number("dropped by kernel")
        return self

    def number(self, what):
        found = re.search(rf"(\d+) packets? {what}", "".join(self.words))
        if not found:
            raise RuntimeError("".join(self.words))
        return int(found[1])


def synfin(lab, *options):
    command = lab.left.command(lab.synfin, "-i", "va", "-Z", "root", "--view", "none", "--no-geoip", *options)
    return Watched(command, "listening on")


def kernel_filter(lab):
    """Returns a filter for tcpdump that equals synfin's: SYN, FIN or RST over IPv4 and IPv6."""
    return "tcp[13] & 7 != 0 or (ip6 and ip6[6] = 6 and ip6[53] & 7 != 0)"


def tcpdump(lab):
    # -Z root: otherwise tcpdump changes the owner of its output, /dev/null.
    return Watched(lab.left.command("tcpdump", "-i", "va", "-n", "-B", "8192", "-Z", "root", "-w", "/dev/null", kernel_filter(lab)), "listening on")


def replay(lab, capture, rate, limit):
    pace = [f"--pps={rate}"] if rate else ["--topspeed"]
    said = sh(*lab.right.command("tcpreplay", "-q", "-K", "-i", "vb", f"--limit={limit}", *pace, str(capture)))
    sent = int(re.search(r"Actual: (\d+) packets", said)[1])
    seconds = float(re.search(r"sent in ([\d.]+) seconds", said)[1])
    return sent, seconds


def steps(lab, capture, rounds, seconds):
    for rate in RATES:
        limit = int(min((rate or 400_000) * seconds, 2**31))
        rows = []
        for _ in range(rounds):
            dump = tcpdump(lab)
            sent, _ = replay(lab, capture, rate, limit)
            dump.stop()
            ours = synfin(lab)
            sent, took = replay(lab, capture, rate, limit)
            ours.stop()
            rows.append({"pps": sent / took, "tcpdump_dropped": dump.dropped, "dropped": ours.dropped, "captured": ours.captured,
                         "user_us": ours.user / max(1, ours.captured) * 1e6, "system_us": ours.system / max(1, ours.captured) * 1e6,
                         "cpu": (ours.user + ours.system) / took})
        row = {key: statistics.median(r[key] for r in rows) for key in rows[0]}
        row["rate"] = rate or "top"
        row["lost_alone"] = sum(r["dropped"] > 0 and r["tcpdump_dropped"] == 0 for r in rows)
        yield row


def beside(lab, count):
    """Makes `count` short connections; the caller spreads them over time."""
    with lab.serving(V4["right"]) as listener:
        for number in range(count):
            lab.exchange(listener, 100, 500)
            yield number


def traffic(lab, seconds, rate, connections):
    """Runs iperf3 at `rate` bits/s (0: full speed) beside short connections; returns bits/s and seconds."""
    server = subprocess.Popen(lab.right.command("iperf3", "-s", "-1"), stdout=subprocess.DEVNULL)
    wait_for(lambda: ":5201" in sh(*lab.right.command("ss", "-tln")), "iperf3")
    began = time.monotonic()
    limit = ["-b", str(rate)] if rate else []
    client = subprocess.Popen(lab.left.command("iperf3", "-J", "-c", V4["right"], "-t", str(seconds), *limit), stdout=subprocess.PIPE, text=True)
    for number in beside(lab, connections):
        pause = began + seconds * number / connections - time.monotonic()
        time.sleep(max(0, pause))
    report = json.loads(client.communicate()[0])
    took = time.monotonic() - began
    server.wait(10)
    return report["end"]["sum_sent"]["bits_per_second"], took


def logging(lab, mode):
    """Starts synfin with a log, and with a large buffer if it captures all packets."""
    log = lab.folder / f"transfer-{mode}.json"
    options = ["-B", "65536"] if mode == "all" else []
    return synfin(lab, "--packets", mode, "--log", str(log), "--log-format", "json", *options), log


def transfer(lab, seconds, rate, mode, connections):
    """Returns the share of a core that synfin used during that traffic."""
    ours, log = logging(lab, mode)
    before = sum(usage(ours.process.pid))
    speed, took = traffic(lab, seconds, rate, connections)
    used = (sum(usage(ours.process.pid)) - before) / took
    ours.stop()
    return used, speed, read_log(log), ours


def agreement(lab, seconds, connections):
    """Compares the bytes of finished connections between both modes on the same traffic; control packets yield them modulo 2^32."""
    runs = [logging(lab, mode) for mode in ("control", "all")]
    traffic(lab, seconds, 0, connections)
    for ours, _ in runs:
        ours.stop()
    ends = ("id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p")
    control, every = ({tuple(r[end] for end in ends): r for r in read_log(log)} for _, log in runs)
    finished = {key: r for key, r in every.items() if r["outcome"] in ("closed", "reset")}
    sizes = ("orig_bytes", "resp_bytes")
    large = [key for key, r in finished.items() if max(r[size] for size in sizes) >= 2**32]
    return {"finished": len(finished), "large": len(large),
            "equal": sum(key in control and all(control[key][size] == r[size] % 2**32 for size in sizes) for key, r in finished.items()),
            "modulo": sum(key in control and control[key]["bytes_basis"] == "modulo" for key in large), "dropped": runs[1][0].dropped}


def iperf3(lab, rounds, seconds, connections):
    rows = []
    for _ in range(rounds):
        full, speed, control_log, ours = transfer(lab, seconds, 0, "control", connections)
        tenth, _, _, _ = transfer(lab, seconds, int(speed / 10), "control", connections)
        every, _, all_log, all_run = transfer(lab, seconds, 0, "all", connections)
        rows.append({"gbit": speed / 1e9, "control_full": full, "control_tenth": tenth, "all_full": every,
                     "control_dropped": ours.dropped, "all_dropped": all_run.dropped,
                     "short": sum(r["orig_bytes"] == 100 and r["resp_bytes"] == 500 for r in control_log)})
    row = {key: statistics.median(r[key] for r in rows) for key in rows[0]}
    row["difference"] = abs(row["control_full"] - row["control_tenth"])
    row["all_over_control"] = row["all_full"] / max(row["control_full"], 1e-9)
    return row


def churn(lab, seconds, per_second=500):
    """Opens and closes connections; returns the resident set after each tenth of the time."""
    ours = synfin(lab, "--log", "/dev/null")
    sizes, began, number = [], time.monotonic(), 0
    with lab.serving(V4["right"]) as listener:
        while (now := time.monotonic() - began) < seconds:
            if len(sizes) <= now * 10 / seconds:
                sizes.append(resident_kib(ours.process.pid))
            lab.exchange(listener, 10, 10)
            number += 1
            time.sleep(max(0, began + number / per_second - time.monotonic()))
    sizes.append(resident_kib(ours.process.pid))
    ours.stop()
    return {"connections": number, "resident_kib": sizes}


def print_steps(rows):
    """Prints each step as it ends, and returns all."""
    print(f"{'rate':>8} {'sent/s':>9} {'captured':>9} {'dropped':>8} {'tcpdump':>8} {'user us':>8} {'system us':>10} {'cpu':>6}  rounds with losses of synfin only", flush=True)
    done = []
    for r in rows:
        done.append(r)
        print(f"{r['rate']:>8} {r['pps']:9.0f} {r['captured']:9.0f} {r['dropped']:8.0f} {r['tcpdump_dropped']:8.0f} {r['user_us']:8.3f} "
              f"{r['system_us']:10.3f} {r['cpu']:6.1%}  {r['lost_alone']}", flush=True)
    return done


def main(options, capture):
    reason = missing() or next((f"{tool} is not installed" for tool in ("tcpreplay", "tcpdump", "iperf3") if not shutil.which(tool)), None)
    if reason:
        print(f"skipped: {reason}")
        return 77
    found = {}
    parts = options.live_parts.split(",")
    with Lab(options.synfin) as lab:
        if "steps" in parts:
            found["steps"] = print_steps(steps(lab, capture, options.live_rounds, options.live_seconds))
        if "iperf3" in parts:
            row = found["iperf3"] = iperf3(lab, options.live_transfers, options.live_seconds, 1000)
            print(f"iperf3 {row['gbit']:.1f} Gbit/s: control packets {row['control_full']:.2%} of a core at full speed, "
                  f"{row['control_tenth']:.2%} at a tenth, difference {row['difference']:.2%}; all packets {row['all_full']:.2%}, "
                  f"{row['all_over_control']:.0f} times as much; {row['short']:.0f} short connections with their bytes", flush=True)
            both = found["agreement"] = agreement(lab, options.live_seconds, 1000)
            print(f"both modes at once: {both['equal']} of {both['finished']} finished connections with the same bytes, {both['large']} of them above "
                  f"4 GiB, {both['modulo']} of these marked as modulo; all packets lost {both['dropped']}", flush=True)
        if "churn" in parts:
            row = found["churn"] = churn(lab, options.live_churn)
            print(f"churn: {row['connections']} connections, resident KiB {row['resident_kib']}")
    if options.json:
        options.json.write_text(json.dumps(found, indent=2) + "\n")
    steps_bad = any(r["lost_alone"] or r["user_us"] >= 1 for r in found.get("steps", ()))
    transfer_bad = "iperf3" in found and (found["iperf3"]["control_full"] >= 0.01 or found["iperf3"]["difference"] >= 0.005)
    both = found.get("agreement")
    differs = both and (both["equal"] != both["finished"] or both["modulo"] != both["large"])
    return 1 if steps_bad or transfer_bad or differs else 0

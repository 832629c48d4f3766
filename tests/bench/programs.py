"""Runs the measured programs: generated captures, timed runs, other programs, instruction counts."""
import json
import pathlib
import re
import shutil
import subprocess
import tempfile


class Programs:
    """The built programs and the folders of captures and outputs."""

    def __init__(self, synfin, programs, work):
        self.synfin = str(pathlib.Path(synfin).resolve())
        self.folder = pathlib.Path(programs).resolve()
        self.work = pathlib.Path(work).resolve()
        self.out = self.work / "out"
        self.out.mkdir(parents=True, exist_ok=True)

    def capture(self, profile, scale=1.0, seed=1):
        """Returns the path of a capture, which is generated unless an earlier run of the same generator left it."""
        generator = self.folder / "generate"
        path = self.work / f"{profile}-{scale:g}-{seed}.pcap"
        truth = pathlib.Path(f"{path}.truth.json")
        if not truth.exists() or truth.stat().st_mtime < generator.stat().st_mtime:
            truth.unlink(missing_ok=True)
            subprocess.run([str(generator), profile, str(path), "--scale", str(scale), "--seed", str(seed)], check=True)
        return path

    def loop(self, capture):
        return [str(self.folder / "pcap_loop"), str(capture)]

    def analysis(self, capture, outputs, extra=()):
        """Returns synfin's command line for the `outputs` report and log, and their files."""
        report, log = self.out / "report.json", self.out / "conn.log"
        command = [self.synfin, "-r", str(capture), "--view", "none", "--no-geoip"]
        if "report" in outputs:
            command += ["--report", str(report)]
        if "log" in outputs:
            command += ["--log", str(log), "--log-format", "zeek"]
        return [*command, *extra], report, log if "log" in outputs else None

    def measure(self, command, limit_s=600):
        """Runs `command`; returns seconds, processor seconds, peak KiB, exit code and whether it exceeded the limit."""
        with tempfile.NamedTemporaryFile() as result:
            subprocess.run([str(self.folder / "measure"), result.name, str(limit_s), *command], check=True,
                           stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            return json.loads(pathlib.Path(result.name).read_text())

    def instructions(self, command):
        """Returns the number of instructions that `command` executes, counted by callgrind."""
        ran = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *command],
                             capture_output=True, text=True, stdin=subprocess.DEVNULL)
        found = re.search(r"Collected\s*:\s*(\d+)", ran.stderr)
        if ran.returncode != 0 or not found:
            raise RuntimeError(f"valgrind ended with {ran.returncode}: {ran.stderr[-500:]}")
        return int(found[1])


def truth_of(capture):
    return json.loads(pathlib.Path(f"{capture}.truth.json").read_text())


def warm(capture):
    """Reads the file once, so that it is in the page cache for every run."""
    with open(capture, "rb", buffering=0) as file:
        while file.read(1 << 20):
            pass


def peers(capture, out):
    """Returns the other programs that are installed, each as (name, command)."""
    file = str(capture)
    known = [
        ("tcpdump -w /dev/null", ["tcpdump", "-n", "-Z", "root", "-r", file, "-w", "/dev/null"]),
        ("softflowd", ["softflowd", "-d", "-r", file, "-p", str(out / "softflowd.pid"), "-c", str(out / "softflowd.ctl")]),
        ("nfpcapd", ["nfpcapd", "-r", file, "-w", str(out)]),
        ("argus", ["argus", "-r", file, "-w", "/dev/null"]),
        ("suricata, no rules", ["suricata", "-r", file, "-l", str(out), "-k", "none", "-S", "/dev/null"]),
        ("ndpiReader", ["ndpiReader", "-i", file, "-q"]),
        ("tcptrace", ["tcptrace", "-n", file]),
        ("prads", ["prads", "-r", file, "-l", "/dev/null"]),
        ("tshark -z conv,tcp", ["tshark", "-n", "-q", "-r", file, "-z", "conv,tcp"]),
    ]
    return [(name, command) for name, command in known if shutil.which(command[0])]

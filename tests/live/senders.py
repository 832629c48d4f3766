"""Rights of the processes and threads that send: to a store, to brokers, to channels of notifications, to Prometheus and to DNS. And
what root reads while the run starts. Cases for run.py, as those of cases.py."""
import pathlib
import re

from cases import Skipped, case
from lab import sh, wait_for
from sandbox import FILES, NONE, PROCESSES, SAMPLE, check_confined, check_parser, children, helpers_of, is_instrumented, status_of

SENDERS = 3  # for the store, for brokers, for notifications


def write_private(path, text):
    path.write_text(text)
    path.chmod(0o600)
    return str(path)


def options_of(lab):
    """Every sender, each with a server that does not exist, and the files that only root may read."""
    state = lab.folder / "state"
    state.mkdir()
    state.chmod(0o777)
    hook = write_private(lab.folder / "hook.secret", "signs\n")
    password = write_private(lab.folder / "store.secret", "opens\n")
    authority = write_private(lab.folder / "authority.secret", "no certificate\n")
    config = write_private(lab.folder / "senders.conf", "[notify]\nname = lab\n\n[notify.hook]\nkind = webhook\nurl = https://127.0.0.1:1/x\n"
                           f"secret-file = {hook}\nca-file = {authority}\n\n[clickhouse]\nuser = sensor\npassword-file = {password}\n")
    kafka = write_private(lab.folder / "kafka.conf", "message.timeout.ms = 1000\n")
    watched = write_private(lab.folder / "watched.txt", "203.0.113.0/24\n10.9.0.0/24\n")
    rules = write_private(lab.folder / "rules.ini", "[a]\nremote_ips: 203.0.113.1\n")
    places = write_private(lab.folder / "places.csv", "192.0.2.0,192.0.2.255,AU\n")
    return ["--config", config, "--geoip", places, "--store", "clickhouse://127.0.0.1:1/synfin", "--spool", str(lab.folder / "spool"), "--publish", "kafka://127.0.0.1:1/t",
            "--publish-config", kafka, "--state", str(state / "net.db"), "--watch-file", watched, "--rules", rules, "--metrics", "127.0.0.1:0",
            "--resolve-names", "--dns-server", "127.0.0.1:1", "--dns-wait", "100ms"]


def check_sender(synfin, pid):
    """Each thread of it is without rights and inside a filter."""
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        status = status_of(task)
        assert set(status["Uid"].split()) == {"65534"}, (task, status["Uid"])
        assert status["CapEff"] == status["CapPrm"] == status["CapInh"] == NONE, (task, status)
        check_confined(synfin, status)


@case
def rights_of_senders(lab):
    """Live as root with every sender and --process: only the helpers for files and processes keep capabilities."""
    with lab.listen(["-i", "va", "--view", "none", "-v", "--process", *options_of(lab)], user="nobody") as run:
        assert run.process.poll() is None, run.errors
        with lab.serving("10.9.0.2") as listener:
            lab.exchange(listener, 1, 1)
        threads = check_parser(lab.synfin, run.process.pid)
        assert threads >= 5, f"{threads} threads"  # packets, output, names, state, metrics
        rights = {child: int(status_of(f"/proc/{child}")["CapEff"], 16) for child in children(run.process.pid)}
        senders = [child for child, held in rights.items() if held == 0]
        assert len(senders) == SENDERS and len(rights) == SENDERS + 2, (rights, run.errors)
        for child in senders:
            check_sender(lab.synfin, child)
        for child, held in rights.items():
            assert held & ~(FILES | PROCESSES) == 0, (child, hex(held))
            check_confined(lab.synfin, status_of(f"/proc/{child}"))
    assert "cannot" not in run.errors.replace("cannot be reached", ""), run.errors
    for child in rights:
        assert not pathlib.Path(f"/proc/{child}").exists(), "a process outlives its run"


@case
def files_of_senders(lab):
    """Reading a capture as root with every sender: what only root may read is opened by root and read by the user of -Z."""
    trace = lab.folder / "trace"
    if is_instrumented(lab.synfin):
        raise Skipped("an instrumented build can't run under strace: its search for leaks traces the process, too")
    capture = lab.folder / "a.pcap"
    capture.write_bytes(SAMPLE.read_bytes())
    capture.chmod(0o600)
    sh("strace", "-f", "-y", "-e", "trace=openat,read,pread64,mmap,setresuid,prctl", "-o", str(trace), lab.synfin, "-r", str(capture), "--view", "none",
       "-Z", "nobody", *options_of(lab), check=False)
    lines = trace.read_text().splitlines()
    dropped = {}
    for number, line in enumerate(lines):
        if re.search(r"setresuid(\(([1-9]\d*), \2, \2\)| resumed>\)) *= 0", line):
            dropped[line.split()[0]] = number
    # The parser, and who reads the configuration file, and in it the lines of the store and of notifications. Without -Z, these
    # would become the user synfin, if there is one.
    assert len(dropped) == 2 + SENDERS + 2, dropped
    wanted = re.compile(r"\b(?:read|pread64|mmap)\(.*</[^>]*/synfin-live-[^>]*/([^/>]*\.(?:pcap|conf|txt|ini|csv|db|secret))>")
    read = [(number, line.split()[0], match.group(1)) for number, line in enumerate(lines) if (match := wanted.search(line))]
    parser = lines[0].split()[0]
    helpers = helpers_of(lines, parser) - dropped.keys()
    # All others are threads, which the parser starts after it has dropped its rights.
    by_root = {name for number, pid, name in read if pid in helpers or number < dropped.get(pid, dropped[parser])}
    assert not by_root, by_root
    assert {"senders.conf", "hook.secret", "store.secret", "authority.secret", "kafka.conf", "a.pcap", "watched.txt", "rules.ini", "places.csv", "net.db"} <= {name for _, _, name in read}, read

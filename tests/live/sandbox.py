"""Rights of a run's processes and threads: capabilities, seccomp, no_new_privs, what is opened by whom, and what the helpers do
for a user without rights. Cases for run.py, as those of cases.py."""
import functools
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

from cases import Skipped, case
from lab import read_log, sh, wait_for

NONE = "0000000000000000"
SAMPLE = pathlib.Path(__file__).resolve().parents[2] / "pcaps" / "sample.pcap"


def status_of(path):
    lines = pathlib.Path(path, "status").read_text().splitlines()
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


@functools.cache
def is_instrumented(synfin):
    """Such a build, for example with AddressSanitizer, drops its rights as always, but enters no sandbox."""
    said = subprocess.run([synfin, "-r", str(SAMPLE), "--view", "none", "-v"], capture_output=True, text=True).stderr
    return "this build is instrumented" in said


def children(pid):
    return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def check_confined(synfin, status):
    if not is_instrumented(synfin):
        assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2", status


def check_parser(synfin, pid, uid=65534):
    """Each thread of the parser is without rights and inside a filter."""
    tasks = list(pathlib.Path(f"/proc/{pid}/task").iterdir())
    for task in tasks:
        status = status_of(task)
        assert set(status["Uid"].split()) == {str(uid)}, status["Uid"]
        assert status["CapEff"] == status["CapPrm"] == status["CapInh"] == NONE, (task, status)
        check_confined(synfin, status)
    return len(tasks)


def check_helper(synfin, pid, allowed):
    status = status_of(f"/proc/{pid}")
    assert int(status["CapEff"], 16) & ~allowed == 0, (pid, status["CapEff"])
    check_confined(synfin, status)
    assert len(os.listdir(f"/proc/{pid}/fd")) <= 12, os.listdir(f"/proc/{pid}/fd")


FILES = 1 << 13 | 1 << 2 | 1 << 1 | 1 << 3 | 1 << 0  # net_raw, dac_read_search, dac_override, fowner, chown
PROCESSES = 1 << 19 | 1 << 2  # sys_ptrace, dac_read_search


@case
def rights(lab):
    """Live as root: no thread of the parser has a capability, with and without --process, also while it reopens an interface."""
    for more in ([], ["--process"]):
        with lab.listen(["-i", "va", "--view", "none", "-v", *more], user="nobody") as run:
            assert check_parser(lab.synfin, run.process.pid) >= 3
            helpers = children(run.process.pid)
            assert len(helpers) == (2 if more else 1), helpers
            check_helper(lab.synfin, min(helpers), FILES)
            if more:
                check_helper(lab.synfin, max(helpers), PROCESSES)
            lab.left.ip("link", "del", "va")
            wait_for(lambda: "va is gone" in run.errors, "word of it")
            lab.connect()
            wait_for(lambda: "va is back" in run.errors, "the interface to be opened again")
            check_parser(lab.synfin, run.process.pid)
            with lab.serving("10.9.0.2") as listener:
                lab.exchange(listener, 1, 1)
        assert run.exit_code == 0 and len(run.records) >= 1, run.errors
        for helper in helpers:
            assert not pathlib.Path(f"/proc/{helper}").exists(), "a helper outlives its run"


@case
def rights_by_setcap(lab):
    """An ordinary user with file capabilities: the parser keeps none of them, and reopening works."""
    if not shutil.which("setcap") or not shutil.which("setpriv"):
        raise Skipped("setcap or setpriv is not installed")
    lab.folder.chmod(0o777)
    program = lab.folder / "synfin"
    shutil.copy(lab.synfin, program)
    program.chmod(0o755)
    if subprocess.run(["setcap", "cap_net_raw=ep", str(program)], capture_output=True).returncode != 0:
        raise Skipped("file capabilities are not supported here")
    log = lab.folder / "setcap.json"
    with (lab.folder / "setcap-errors").open("w+") as errors:
        run = subprocess.Popen(lab.left.command("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", str(program), "-i", "va",
                                                "-v", "--view", "none", "--log", str(log), "--log-format", "json"), stderr=errors)
        said = lambda: pathlib.Path(errors.name).read_text()
        try:
            wait_for(lambda: "listening on" in said() or run.poll() is not None, "synfin to listen")
            assert run.poll() is None, said()
            check_parser(lab.synfin, run.pid)
            check_helper(lab.synfin, children(run.pid)[0], 1 << 13)
            lab.left.ip("link", "del", "va")
            wait_for(lambda: "va is gone" in said(), "word of it")
            lab.connect()
            wait_for(lambda: "va is back" in said(), "the interface to be opened again")
            run.send_signal(signal.SIGINT)
            assert run.wait(20) == 0, said()
        finally:
            run.kill()
            run.wait()


@case
def rights_of_a_reader(lab):
    """Reading files as root: a folder, filter files and rules that only root may read are read without rights."""
    folder = lab.folder / "captures"
    folder.mkdir(mode=0o700)
    for name in ("a.pcap", "b.pcap"):
        shutil.copy(SAMPLE, folder / name)
        (folder / name).chmod(0o600)
    listed = lab.folder / "listed.txt"
    listed.write_text("192.0.2.1\n")
    listed.chmod(0o600)
    expression = lab.folder / "expression"
    expression.write_text("tcp")
    expression.chmod(0o600)
    lab.folder.chmod(0o700)
    log = lab.folder / "read.json"
    options = ["-r", str(folder), "--view", "none", "--log", str(log), "--log-format", "json", "-Z", "nobody", "--filter-file",
               str(listed), "-F", str(expression), "-v", "--sandbox", "strict"]
    sh(lab.synfin, *options)
    assert read_log(log)
    trace = lab.folder / "trace"
    if is_instrumented(lab.synfin):
        raise Skipped("an instrumented build can't run under strace: its search for leaks traces the process, too")
    sh("strace", "-f", "-y", "-e", "trace=openat,read,pread64,mmap,setresuid,prctl", "-o", str(trace), lab.synfin, *options)
    lines = trace.read_text().splitlines()
    parser = lines[0].split()[0]
    last = max(i for i, line in enumerate(lines) if line.startswith(parser) and "setresuid(" in line)
    wanted = re.compile(r"\b(read|pread64|mmap)\(.*(a\.pcap|b\.pcap|listed\.txt|expression)")
    reads = [i for i, line in enumerate(lines) if wanted.search(line)]
    assert reads and min(reads) > last, lines[min(reads)]
    assert all(lines[i].split()[0] != helper for i in reads for helper in helpers_of(lines, parser)), "a helper has parsed"


def helpers_of(lines, parser):
    """Processes (not threads) that the traced parser forked: only they want a signal when their parent dies."""
    return {line.split()[0] for line in lines if "PR_SET_PDEATHSIG" in line and line.split()[0] != parser}


@case
def rights_of_an_inventory(lab):
    """`synfin inventory` as root: it becomes the owner of the state file, which reads it without rights, and still replaces a file of root."""
    theirs = lab.folder / "state"
    theirs.mkdir()
    os.chown(theirs, 65534, 65534)
    state = theirs / "net.db"
    sh(lab.synfin, "-r", str(SAMPLE), "--view", "none", "-Z", "nobody", "--state", str(state))
    assert state.stat().st_uid == 65534, "the state file belongs to root"
    lab.folder.chmod(0o755)
    report = lab.folder / "report.csv"
    report.write_text("old")
    options = [lab.synfin, "inventory", "--state", str(state), "--format", "csv", "-o", str(report)]
    sh(*options)
    assert report.read_text().startswith("ip,port") and report.stat().st_uid == 0, report.read_text()[:80]
    assert {path.stat().st_uid for path in theirs.iterdir()} == {65534}, "the writer could not use a file of SQLite that root owns"
    if is_instrumented(lab.synfin):
        raise Skipped("an instrumented build can't run under strace: its search for leaks traces the process, too")
    trace = lab.folder / "trace"
    sh("strace", "-f", "-y", "-e", "trace=openat,read,pread64,mmap,setresuid,capset", "-o", str(trace), *options)
    lines = trace.read_text().splitlines()
    parser = lines[0].split()[0]
    last = max(i for i, line in enumerate(lines) if line.startswith(parser) and ("setresuid(65534" in line or "capset(" in line))
    reads = [i for i, line in enumerate(lines) if re.search(r"\b(read|pread64|mmap)\(.*net\.db", line)]
    assert reads and min(reads) > last, lines[min(reads)]
    os.chown(state, 0, 0)
    sh(*options)  # root stays root for its own file, without capabilities


@case
def root_owned_folder(lab):
    """-C, -G, SIGHUP and replaced reports work in a folder where only root may create files."""
    folder = lab.folder / "logs"
    folder.mkdir(mode=0o755)
    report = folder / "report.csv"
    report.mkdir()
    for name in ("netstat.csv", "notes.csv"):
        (report / name).write_text("of an earlier time")
    packets = folder / "packets.pcapng"
    with lab.listen(["-i", "va", "--view", "none", "--events", str(folder / "events.json"), "-o", str(report), "-w", str(packets), "-G", "1",
                     "--linger", "0s"], user="nobody") as run:
        assert "cannot" not in run.errors, run.errors
        with lab.serving("10.9.0.2") as listener:
            for _ in range(3):
                lab.exchange(listener, 1, 1)
                time.sleep(1.2)
            (folder / "events.json").rename(folder / "events.1")
            run.signal(signal.SIGHUP)
            wait_for(lambda: (folder / "events.json").exists(), "the file to be opened again")
            lab.exchange(listener, 1, 1)
            time.sleep(1)
    assert run.exit_code == 0, run.errors
    names = sorted(path.name for path in folder.iterdir())
    assert sum(name.startswith("packets.pcapng") for name in names) >= 3, names
    assert (report / "capture.csv").stat().st_size > 0 and (folder / "events.json").stat().st_size > 0, names
    assert not [name for name in names if name.startswith(".")], names
    tables = sorted(path.name for path in report.iterdir())
    assert "services.csv" in tables and "notes.csv" in tables and "netstat.csv" not in tables, tables
    assert not [name for name in tables if name.startswith(".")], tables


@case
def dead_helper(lab):
    """If the helper is killed, the run says so, continues and ends well."""
    with lab.listen(["-i", "va", "--view", "none", "--process"], user="nobody") as run:
        for helper in children(run.process.pid):
            os.kill(helper, signal.SIGKILL)
        with lab.serving("10.9.0.2") as listener:
            lab.exchange(listener, 1, 1)
        wait_for(lambda: run.signal(signal.SIGHUP) or "has ended, so the run continues" in run.errors, "word of it")
    assert run.exit_code == 0, run.errors
    assert len(run.records) >= 1, run.errors


@case
def killed_run(lab):
    """If the run is killed, its helpers end at once."""
    with lab.listen(["-i", "va", "--view", "none", "--process"], user="nobody") as run:
        helpers = children(run.process.pid)
        assert len(helpers) == 2, helpers
        run.process.kill()
        run.process.wait(5)
        wait_for(lambda: not any(pathlib.Path(f"/proc/{helper}").exists() for helper in helpers), "the helpers to end", 2)


@case
def strict(lab):
    """Everything works with --sandbox strict, where an unexpected system call ends the process."""
    if is_instrumented(lab.synfin):
        raise Skipped("an instrumented build enters no sandbox")
    folder = lab.folder / "strict"
    folder.mkdir()
    with lab.listen(["-i", "va", "-i", "lo", "--process", "--cmdline", "--sandbox", "strict", "-v", "--view", "netstat", "--every", "1s",
                     "-o", str(folder / "r.html"), "--events", str(folder / "e.json"), "-w", str(folder / "w"), "-C", "1M"],
                    user="nobody") as run:
        with lab.serving("10.9.0.2") as listener:
            for _ in range(5):
                lab.exchange(listener, 100, 100)
        run.signal(signal.SIGHUP)
        run.signal(signal.SIGUSR1)
        time.sleep(2.5)
    assert run.exit_code == 0, run.errors
    assert "seccomp limits" in run.errors, run.errors
    assert "Landlock" in run.errors, run.errors
    assert len(run.records) >= 5, run.errors


@case
def other_tools(lab):
    """A tool that runs the program inside itself, and a user namespace with root only: a sentence, not a crash."""
    command = [lab.synfin, "-q", "-r", str(SAMPLE), "--view", "none"]
    if shutil.which("unshare"):
        ran = subprocess.run(["unshare", "-Ur", *command], capture_output=True, text=True)
        if "unshare" not in ran.stderr:  # user namespaces may be forbidden
            assert ran.returncode == 1 and "-Z root" in ran.stderr, ran
            assert subprocess.run(["unshare", "-Ur", *command, "-Z", "root"], capture_output=True).returncode == 0
    if not shutil.which("valgrind") or is_instrumented(lab.synfin):
        raise Skipped("valgrind is not installed, or the build is instrumented")
    command.remove("-q")
    tool = ["valgrind", "-q", "--tool=none", "--vgdb=no"]
    ran = subprocess.run([*tool, *command], capture_output=True, text=True)
    assert ran.returncode == 0 and ran.stderr.count("no sandbox, because") == 1, ran
    ran = subprocess.run([*tool, *command, "--sandbox", "strict"], capture_output=True, text=True)
    assert ran.returncode == 1 and "--sandbox strict: no sandbox, because" in ran.stderr, ran
    with lab.listen(["-i", "va", "--view", "none", "--process"], user="nobody", under=tool) as run:
        with lab.serving("10.9.0.2") as listener:
            lab.exchange(listener, 1, 1)
    assert run.exit_code == 0 and len(run.records) >= 1, run.errors

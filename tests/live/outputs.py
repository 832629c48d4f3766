"""The cases of run.py about outputs: each record is in exactly one file, or counted as lost while a disk was full."""
import collections
import contextlib
import fcntl
import json
import os
import pathlib
import re
import signal
import subprocess
import termios
import time

from cases import case
from lab import V4, read_log, sh, wait_for

CAPTURE = pathlib.Path(__file__).parents[2] / "pcaps" / "sample.pcap"
PIECES = 60
PAUSE = 0.02


def counted(files):
    """How often each record is in the files. The uid depends on the run."""
    return collections.Counter(json.dumps({k: v for k, v in r.items() if k != "uid"}, sort_keys=True) for f in files for r in read_log(f))


def handles_sighup(process):
    """False until synfin has begun; a process ends by a SIGHUP that it does not handle."""
    caught = re.search(r"SigCgt:\s*(\w+)", pathlib.Path(f"/proc/{process.pid}/status").read_text())
    return int(caught[1], 16) & 1 << (signal.SIGHUP - 1)


def fed(lab, options, user, between):
    """Feeds the capture to synfin through a pipe in PIECES, and calls `between` with the process and the number of each piece.
    Returns exit status and diagnostics."""
    capture = CAPTURE.read_bytes()
    size = len(capture) // PIECES + 1
    run = subprocess.Popen([lab.synfin, "-r", "-", "--view", "none", "-Z", user, "--linger", "0s", *options], stdin=subprocess.PIPE,
                           stderr=subprocess.PIPE)
    wait_for(lambda: handles_sighup(run), "synfin to begin")
    for number in range(PIECES):
        run.stdin.write(capture[number * size : (number + 1) * size])
        run.stdin.flush()
        time.sleep(PAUSE)
        between(run, number)
    run.stdin.close()
    errors = run.stderr.read().decode()
    return run.wait(20), errors


def whole(lab, name="whole"):
    """The log and the events of a run without disturbance."""
    log, events = lab.folder / f"{name}.log", lab.folder / f"{name}.events"
    sh(lab.synfin, "-r", str(CAPTURE), "--view", "none", "-Z", "root", "--linger", "0s", "--log", str(log), "--log-format", "json",
       "--events", str(events))
    return log, events


@case
def nothing_is_lost(lab):
    """Log, events and packets stay complete with -C, -G and a SIGHUP after each piece, before which the files are moved."""
    log, events = (counted([file]) for file in whole(lab))
    for user in ("root", "nobody"):
        for options in ([], ["-C", "4k"], ["-G", "1"], ["-C", "4k", "-G", "1"]):
            folder = lab.folder / f"{user}{''.join(options)}"
            folder.mkdir()
            folder.chmod(0o777)
            outputs = ["--log", str(folder / "log"), "--log-format", "json", "--events", str(folder / "events"), "-w", str(folder / "packets")]

            def move(run, number):
                for name in ("log", "events", "packets"):
                    if (folder / name).exists():
                        (folder / name).rename(folder / f"{name}.moved{number}")
                run.send_signal(signal.SIGHUP)

            status, errors = fed(lab, [*outputs, *options], user, move)
            assert status == 0, errors
            assert counted(folder.glob("log*")) == log, f"{user} {options}: the log differs"
            assert counted(folder.glob("events*")) == events, f"{user} {options}: the events differ"
            parts = [word for part in sorted(folder.glob("packets*")) if part.stat().st_size for word in ("-r", str(part))]
            again = folder / "again"
            sh(lab.synfin, *parts, "--view", "none", "-Z", "root", "--linger", "0s", "--log", str(again), "--log-format", "json")
            assert counted([again]) == log, f"{user} {options}: the packets give other records"


@case
def full_disk(lab):
    """A disk that is freed again costs nothing; of one that stays full, the bytes that are missing are counted."""
    reference = whole(lab)[0]
    size = reference.stat().st_size
    for user in ("root", "nobody"):
        for freed in (True, False):
            for options in ([], ["-C", "20k"], ["-l"]):
                disk = lab.folder / "disk"
                disk.mkdir(exist_ok=True)
                sh("mount", "-t", "tmpfs", "-o", "size=1m,mode=777", "tmpfs", str(disk))
                try:
                    filler = disk / "filler"
                    filler.write_bytes(b"x" * 1_020_000)

                    def free(_run, number):
                        if freed and number == PIECES // 2:
                            filler.unlink()

                    status, errors = fed(lab, ["--log", str(disk / "log"), "--log-format", "json", *options], user, free)
                    logs = list(disk.glob("log*"))
                    written = sum(log.stat().st_size for log in logs)
                    what = f"{user} {options}, freed {freed}: {errors}"
                    if freed:
                        assert status == 0 and counted(logs) == counted([reference]), what
                    else:
                        lost = re.search(r"\((\d+) bytes lost\)", errors)
                        assert status == 1 and lost and int(lost[1]) == size - written > 0, what
                        assert not counted(logs) - counted([reference]), what
                finally:
                    sh("umount", str(disk))


@case
def a_reader_that_leaves(lab):
    """A run ends if the readers of all its outputs are gone, and not before. Its last line counts what it has used."""
    with lab.serving(V4["right"]) as listener:
        for options, ends in (
            (["--view", "events"], True),
            (["--view", "clients", "--every", "1s"], True),
            (["--log", "-"], True),
            (["-w", "-"], True),
            (["--view", "events", "--log", str(lab.folder / "kept")], False),
        ):
            command = lab.left.command(lab.synfin, "-i", "va", "-Z", "root", *options)
            run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
            errors = b""
            while b"listening on" not in errors:
                errors += run.stderr.readline()
            run.stdout.close()
            end = time.monotonic() + (20 if ends else 4)
            while run.poll() is None and time.monotonic() < end:
                lab.exchange(listener, 10, 10)
                time.sleep(0.2)
            assert (run.poll() is not None) == ends, f"{options}: {run.poll()}"
            if not ends:
                run.send_signal(signal.SIGINT)
            errors += run.stderr.read()
            assert run.wait(20) == 1, f"{options}: {errors}"
            assert (b"nobody reads the only output" in errors) == ends, f"{options}: {errors}"
            assert (b"the other outputs continue" in errors) != ends or "-w" in options, f"{options}: {errors}"
        for packets in (1, 5):
            command = lab.left.command(lab.synfin, "-i", "va", "-Z", "root", "-c", str(packets), "--view", "none")
            run = subprocess.Popen(command, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
            while "listening on" not in run.stderr.readline():
                pass
            while run.poll() is None:
                lab.exchange(listener, 10, 10)
            said = run.stderr.read()
            assert re.search(rf"(?m)^{packets} packets? captured$", said), said


@contextlib.contextmanager
def terminal_run(lab, options, ignores_hangup=False):
    """A scrolling synfin with a terminal of its own. Yields the process and a function that closes the terminal."""
    keyboard, terminal = os.openpty()

    def take_terminal():
        fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
        if ignores_hangup:
            signal.signal(signal.SIGHUP, signal.SIG_IGN)

    command = lab.left.command(lab.synfin, "-i", "va", "--scroll", "-Z", "root", *options)
    run = subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True, preexec_fn=take_terminal)
    os.close(terminal)
    reader = os.fdopen(keyboard, "rb", buffering=0)
    try:
        shown = b""
        while b"listening on" not in shown:
            shown += reader.read(1000)
        yield run, reader.close
    finally:
        if run.poll() is None:
            run.kill()
        run.wait()
        reader.close()


@case
def closed_terminal(lab):
    """A run whose terminal is closed ends and writes its report, unless it was started to survive that."""
    for survives in (False, True):
        report = lab.folder / f"report-{survives}"
        with lab.serving(V4["right"]) as listener, terminal_run(lab, ["-o", str(report)], survives) as (run, close):
            lab.exchange(listener, 10, 10)
            time.sleep(0.5)
            close()
            if survives:
                time.sleep(1)
                assert run.poll() is None, "it did not survive"
                run.send_signal(signal.SIGTERM)
            run.wait(10)
        assert "1 connection" in report.read_text(), report.read_text()


@case
def quiet_periods(lab):
    """With -G, a record after a quiet time is in the file of its own period, and so are its packets."""
    packets = lab.folder / "packets"
    with lab.serving(V4["right"]) as listener, lab.listen(["-i", "va", "--linger", "0s", "-G", "2", "-w", str(packets)]) as run:
        for pause in (5, 2.5, 0):
            lab.exchange(listener, 10, 10)
            time.sleep(pause)
    again = [sh(lab.synfin, "-r", str(file), "--view", "none", "-Z", "root", "--log", "-", "--log-format", "json")
             for file in lab.folder.glob("packets*")]
    for kind, files in (("log", [file.read_text() for file in lab.folder.glob(run.log.name + "*")]), ("packets", again)):
        records = sorted(len(text.splitlines()) for text in files)
        assert [n for n in records if n != 0] == [1, 1, 1] and 0 in records, f"records in the files of the {kind}: {records}"

#!/usr/bin/env python3
"""Records reach a topic of Kafka once each, whatever the brokers do. The brokers are those of librdkafka's mock cluster.

    publish.py SYNFIN DRIVER ROOT

Prints each fault; exits 1 if there is one.
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

TOPIC = "connections"


def wait_for(what, seconds=40):
    end = time.monotonic() + seconds
    while time.monotonic() < end and not what():
        time.sleep(0.05)
    return what()


class Cluster:
    """The driver, and the messages that it has printed."""

    def __init__(self, driver):
        self.process = subprocess.Popen([driver, TOPIC], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.brokers = self.process.stdout.readline().split()[1]
        self.messages = []
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.messages.append(line.rstrip("\n").split("\t", 1))

    @property
    def url(self):
        return f"kafka://{self.brokers}/{TOPIC}"

    def say(self, word):
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()

    def end(self):
        self.process.stdin.close()
        self.process.wait(20)


class Lab:
    def __init__(self, synfin, driver, root, folder):
        self.synfin, self.driver, self.root, self.folder = synfin, driver, root, pathlib.Path(folder)
        self.capture = str(root / "pcaps" / "sample.pcap")

    def properties(self, *lines):
        path = self.folder / f"kafka{len(list(self.folder.iterdir()))}.conf"
        path.write_text("# for tests\n" + "\n".join(lines) + "\n")
        path.chmod(0o600)
        return str(path)

    def command(self, *more):
        return [self.synfin, "--view", "none", "-n", "--no-geoip", *more]

    def run(self, *more):
        return subprocess.run(self.command("-r", self.capture, *more), capture_output=True, text=True, timeout=120)

    def log(self):
        """The records as --log writes them."""
        done = self.run("--log", "-", "--log-format", "json")
        return sorted(done.stdout.splitlines())


def delivered(lab):
    """Each record once, as the log has it, with its Community ID as the key."""
    cluster = Cluster(lab.driver)
    done = lab.run("--publish", cluster.url)
    expected = lab.log()
    wait_for(lambda: len(cluster.messages) >= len(expected))
    time.sleep(0.3)  # for messages that nobody should have sent
    cluster.end()
    if done.returncode != 0 or done.stderr:
        yield f"synfin ended with {done.returncode}: {done.stderr}"
    if len(expected) < 10 or sorted(value for _, value in cluster.messages) != expected:
        yield f"{len(cluster.messages)} messages differ from {len(expected)} records"
    yield from (f"the key of {value} is {key}" for key, value in cluster.messages if json.loads(value)["community_id"] != key)


def away(lab):
    """The brokers go away in the middle and come back: nothing is lost, nothing is twice. Live input is a pipe."""
    cluster = Cluster(lab.driver)
    expected = lab.log()
    packets = pathlib.Path(lab.capture).read_bytes()
    errors = (lab.folder / "errors").open("w+")
    run = subprocess.Popen(lab.command("-r", "-", "--publish", cluster.url, "--linger", "0s"), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=errors)
    run.stdin.write(packets[: len(packets) // 2])
    run.stdin.flush()
    wait_for(lambda: len(cluster.messages) > 0)
    cluster.say("down")
    time.sleep(0.5)
    run.stdin.write(packets[len(packets) // 2 :])
    run.stdin.flush()
    noticed = wait_for(lambda: "records wait" in (lab.folder / "errors").read_text(), 20)
    cluster.say("up")
    run.stdin.close()
    status = run.wait(60)
    wait_for(lambda: len(cluster.messages) >= len(expected))
    cluster.end()
    uids = sorted(json.loads(value)["uid"] for _, value in cluster.messages)
    if not noticed:
        yield "no sentence reported that the brokers were away"
    if status != 0 or uids != sorted(json.loads(line)["uid"] for line in expected):
        yield f"exit {status}, {len(uids)} of {len(expected)} records: {(lab.folder / 'errors').read_text()}"


def lost(lab):
    """No broker exists: the run ends in time, with a count of what was lost, and the log is complete."""
    begun = time.monotonic()
    done = lab.run("--publish", f"kafka://127.0.0.1:1/{TOPIC}", "--publish-config", lab.properties("message.timeout.ms = 1500"), "--log", str(lab.folder / "conn.log"), "--log-format", "json")
    expected = len(lab.log())
    if done.returncode != 1 or f"{expected} of {expected} records were not published" not in done.stderr:
        yield f"without a broker: {done.returncode}, {done.stderr}"
    if time.monotonic() - begun > 40:
        yield "the end took too long"
    if len((lab.folder / "conn.log").read_text().splitlines()) != expected:
        yield "the log is not complete"


def full(lab):
    """A queue of a few records, and a slow broker: a capture waits, and nothing is lost."""
    cluster = Cluster(lab.driver)
    done = lab.run("--publish", cluster.url, "--publish-config", lab.properties("queue.buffering.max.messages = 3", "linger.ms=10"))
    expected = len(lab.log())
    wait_for(lambda: len(cluster.messages) >= expected)
    cluster.end()
    if done.returncode != 0 or len(cluster.messages) != expected:
        yield f"with a short queue: {done.returncode}, {len(cluster.messages)} of {expected}, {done.stderr}"


def refused(lab):
    """Wrong options end the run with status 2 and a sentence."""
    open_file = lab.folder / "open.conf"
    open_file.write_text("sasl.password = secret\n")
    open_file.chmod(0o644)
    for words, sentence in (
        (["--publish", "http://x/y"], "--publish takes kafka://"),
        (["--publish", "kafka://user:pw@host/topic"], "--publish takes kafka://"),
        (["--publish", "kafka://host:9092"], "--publish takes kafka://"),
        (["--publish", "kafka://127.0.0.1:1/t", "--publish-config", lab.properties("no.such.property = 1")], "no.such.property"),
        (["--publish", "kafka://127.0.0.1:1/t", "--publish-config", str(open_file)], "others must have no rights"),
        (["--publish", "kafka://127.0.0.1:1/t", "--publish-config", lab.properties("words")], 'a line is "name = value"'),
    ):
        done = lab.run(*words)
        if done.returncode != 2 or sentence not in done.stderr:
            yield f"{words[-1]}: {done.returncode}, {done.stderr}"


def main():
    synfin, driver, root = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    faults = []
    for case in (delivered, away, lost, full, refused):
        with tempfile.TemporaryDirectory() as folder:
            begun = time.monotonic()
            faults += [f"{case.__name__}: {fault}" for fault in case(Lab(synfin, driver, root, folder))]
            print(f"{case.__name__}: {time.monotonic() - begun:.1f} s")
    print("\n".join(faults) or "records are published")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Notifications reach real servers on loopback, once on each channel, whatever the servers do.

    notify.py SYNFIN DRIVER [CASE]

Skipped (77) without python3-aiosmtpd or openssl. Prints each fault; exits 1 if there is one.
"""
import email
import email.policy
import hashlib
import hmac
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from notify_servers import PASSWORD, MailServer, WebServer, free_port, make_certificates, wait_until

SECRETS = [PASSWORD, "T0ken-of-the-bot", "S1gning-secret", "p4th-of-slack", "p4th-of-teams", "Bearer-0f-ntfy"]


class Lab:
    """Servers, a folder, and a configuration file with a channel of each kind."""

    def __init__(self, synfin, driver, folder):
        self.synfin, self.driver, self.folder = synfin, driver, pathlib.Path(folder)
        self.ca = make_certificates(folder)
        self.web, self.mail, self.tls_mail = WebServer(folder), MailServer(folder), MailServer(folder, implicit=True)
        self.wrong = WebServer(folder, "wrong")
        self.faults, self.output = [], ""
        self.state = str(self.folder / "net.db")

    def expect(self, truth, sentence):
        if not truth:
            self.faults.append(sentence)

    def write_secret(self, name, text):
        path = self.folder / name
        path.write_text(text + "\n")
        path.chmod(0o600)
        return path

    def config(self, *channels, general="group-delay = 0s\nretry-delay = 100ms\ninterval = 0s"):
        text = f"[notify]\nname = lab\n{general}\n"
        for name, lines in channels:
            text += f"\n[notify.{name}]\nca-file = {self.ca}\n{lines}\n"
        path = self.folder / "synfin.conf"
        path.write_text(text)
        path.chmod(0o600)
        return str(path)

    def channel(self, kind, path="ok"):
        url = self.web.url(path)
        return {
            "slack": ("ops-slack", f"kind = slack\nurl = {url}/p4th-of-slack"),
            "teams": ("ops-teams", f"kind = teams\nurl = {url}/p4th-of-teams"),
            "telegram": ("phone", f"kind = telegram\nurl = {url}/telegram\ntoken = T0ken-of-the-bot\nchat-id = -100"),
            "ntfy": ("push", f"kind = ntfy\nurl = {url}/ntfy/topic\ntoken = Bearer-0f-ntfy"),
            "webhook": ("hook", f"kind = webhook\nurl = {url}/webhook\nsecret_file = {self.write_secret('secret', 'S1gning-secret')}"),
            "email": ("mail", f"kind = email\nserver = 127.0.0.1\nport = {self.mail.port}\nuser = synfin\nfrom = synfin@example.net\n"
                              "to = a@example.net, b@example.net\nsubject-prefix = [Net]\n"
                              f"password_file = {self.write_secret('password', PASSWORD)}"),
            "mails": ("mails", f"kind = email\nserver = 127.0.0.1\nport = {self.tls_mail.port}\ntls = tls\nuser = synfin\n"
                               "from = synfin@example.net\nto = c@example.net\npassword = ${SYNFIN_TEST_PASSWORD}"),
        }[kind]

    def run(self, *words, code=0):
        environment = dict(os.environ, SYNFIN_TEST_PASSWORD=PASSWORD)
        done = subprocess.run(words, capture_output=True, text=True, timeout=60, env=environment)
        self.output += done.stdout + done.stderr
        self.expect(done.returncode == code, f"{' '.join(words)}: exit status {done.returncode}, {done.stdout}{done.stderr}")
        return done

    def drive(self, config, first, count, how="each"):
        return self.run(self.driver, config, self.state, str(first), str(count), how)

    def close(self):
        for server in (self.web, self.mail, self.tls_mail, self.wrong):
            server.close()


def ids(bodies):
    return [body["id"] for body in bodies]


def once_on_each_channel(lab):
    """Four changes arrive once on each channel, complete and escaped."""
    kinds = ("slack", "teams", "telegram", "ntfy", "webhook", "email", "mails")
    lab.drive(lab.config(*(lab.channel(kind) for kind in kinds)), 1, 4)
    web = lab.web
    lab.expect(len(web.bodies("ok/webhook")) == 4, f"webhook: {len(web.bodies('ok/webhook'))} messages of 4")
    lab.expect(sorted(ids(web.bodies("ok/webhook"))) == [f"{n:016x}" for n in range(1, 5)], "webhook: the ids are not those of the changes")
    for path in ("ok/p4th-of-slack", "ok/p4th-of-teams", "ok/telegram/botT0ken-of-the-bot/sendMessage", "ok/ntfy/"):
        lab.expect(len(web.bodies(path)) == 4, f"{path}: {len(web.bodies(path))} messages of 4")
    for server, to in ((lab.mail, ["a@example.net", "b@example.net"]), (lab.tls_mail, ["c@example.net"])):
        lab.expect(len(server.mails) == 4, f"mail to {to}: {len(server.mails)} of 4")
        for mail in server.mails:
            lab.expect(mail["tls"] and mail["login"] and mail["to"] == to, "mail: without TLS or login, or to others")
            message = email.message_from_bytes(mail["data"], policy=email.policy.default)
            lab.expect(message["Bcc"] is None and len(message.get_all("Subject")) == 1, "mail: a name added a header field")
            parts = [part.get_content_type() for part in message.walk()]
            lab.expect(parts == ["multipart/alternative", "text/plain", "text/html"], f"mail: its parts are {parts}")
            html = message.get_body(("html",)).get_content()
            lab.expect("&lt;b&gt;" in html and "<b>&" not in html, "mail: a name is HTML")
            text = message.get_body(("plain",)).get_content()
            for word in ("192.0.2.", "NL", "postgres (user postgres, pid 812)", "a SYN-ACK answered the SYN", "closed", "Time: 20"):
                lab.expect(word in text, f"mail: the text lacks {word}")
    for request in [r for r in web.accepted if r["path"] == "/ok/webhook"]:
        stamp = request["headers"]["X-Synfin-Timestamp"]
        expected = "sha256=" + hmac.new(b"S1gning-secret", stamp.encode() + b"." + request["body"], hashlib.sha256).hexdigest()
        lab.expect(request["headers"]["X-Synfin-Signature"] == expected, "webhook: the signature is wrong")
    lab.drive(lab.config(*(lab.channel(kind) for kind in kinds)), 1, 4)
    lab.expect(len(web.bodies("ok/webhook")) == 4 and len(lab.mail.mails) == 4, "the same changes again were sent again")


def servers_misbehave(lab):
    """429, 500, redirects, hanging, early ends and wrong certificates lose nothing and do not delay other channels."""
    def hook(path, timeout="20s"):
        return path.split("/")[0], f"kind = webhook\nurl = {lab.web.url(path)}/x\ntimeout = {timeout}"

    channels = [hook("busy-2"), hook("error"), hook("redirect"), hook("hang", "1s"), hook("close"), hook("refuse"), hook("ok/last")]
    wrong = ("wrong", f"kind = webhook\nurl = {lab.wrong.url('ok')}/x")
    nobody = ("nobody", f"kind = webhook\nurl = https://127.0.0.1:{free_port()}/x")
    config = lab.config(*channels, wrong, nobody)
    environment = dict(os.environ)
    run = subprocess.Popen([lab.driver, config, lab.state, "wait"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           text=True, env=environment)
    run.stdout.readline()
    run.stdin.close()
    run.wait(timeout=60)
    begin = time.monotonic()
    said = lab.drive(config, 11, 1).stderr
    for name in ("error", "wrong", "nobody"):
        lab.expect(f"notify.{name}: 1 message waits in the state file for the next run" in said, f"no sentence says that a message for {name} waits")
    lab.expect("notify.ok: " not in said, "a message that was delivered is said to wait")
    lab.expect(time.monotonic() - begin < 30, "the end of the run waited for failing servers for more than 30 s")
    lab.expect(len(lab.web.bodies("ok/last")) == 1, f"a channel that works got {lab.web.tries('ok/last')} beside those that fail")
    lab.expect(not lab.web.tries("ok/redirected"), "a redirect was followed")
    lab.expect(not lab.wrong.requests, "a server with a wrong certificate got a request")
    lab.expect(len(lab.web.tries("refuse")) == 1, "a message that was refused for good was sent again")
    config = lab.config(("busy-2", f"kind = webhook\nurl = {lab.web.url('busy-2')}/x"), ("error", f"kind = webhook\nurl = {lab.web.url('ok/was-error')}/x"),
                        ("hang", f"kind = webhook\nurl = {lab.web.url('ok/was-hang')}/x"), ("close", f"kind = webhook\nurl = {lab.web.url('ok/was-close')}/x"),
                        ("wrong", f"kind = webhook\nurl = {lab.web.url('ok/was-wrong')}/x"), ("nobody", f"kind = webhook\nurl = {lab.web.url('ok/was-nobody')}/x"),
                        ("redirect", f"kind = webhook\nurl = {lab.web.url('ok/was-redirect')}/x"))
    run = subprocess.Popen([lab.driver, config, lab.state, "wait"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    healed = ("busy-2", "ok/was-error", "ok/was-hang", "ok/was-close", "ok/was-wrong", "ok/was-nobody", "ok/was-redirect")
    lab.expect(wait_until(lambda: all(lab.web.bodies(path) for path in healed)), "after a restart with working servers, not all is delivered")
    run.stdin.close()
    run.wait(timeout=60)
    lab.output += run.stdout.read() + run.stderr.read()
    for path in healed:
        lab.expect(ids(lab.web.bodies(path)) == [f"{11:016x}"], f"{path}: {ids(lab.web.bodies(path))} instead of the one message")
    busy = [r["time"] for r in lab.web.tries("busy-2")]
    lab.expect(all(b - a >= 0.9 for a, b in zip(busy, busy[1:])), "Retry-After was not obeyed")


def much_at_once(lab):
    """Hundreds of changes become one message."""
    lab.drive(lab.config(lab.channel("webhook"), lab.channel("telegram"), general="group-delay = 1s"), 100, 300, "once")
    messages = lab.web.bodies("ok/webhook")
    lab.expect(len(messages) == 1 and messages[0]["title"] == "300 ports opened on 250 hosts", f"{[m['title'] for m in messages]}")
    texts = [m["text"] for m in lab.web.bodies("ok/telegram")]
    lab.expect(len(texts) > 1 and all(len(t.encode("utf-16-le")) // 2 <= 4096 for t in texts), "Telegram: not split at 4096")


def kills(lab, runs=25):
    """kill -9 at random moments with a filled queue: nothing is lost, and only what was in flight comes twice, with the same id."""
    config = lab.config(("hook", f"kind = webhook\nurl = {lab.web.url('ok/killed')}/x"))
    committed, repeats_allowed, number = set(), 0, 1000
    for _ in range(runs):
        run = subprocess.Popen([lab.driver, config, lab.state, str(number), "40", "each"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        run.stdout.readline()
        time.sleep(random.random() * 0.25)
        run.send_signal(signal.SIGKILL)
        done = [int(line) for line in run.stdout.read().split() if line.isdigit()]
        run.wait()
        committed |= {f"{n:016x}" for n in done}
        number += 40
        repeats_allowed += 1
    lab.run(lab.driver, config, lab.state, str(number), "1", "each")
    run = subprocess.Popen([lab.driver, config, lab.state, "wait"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def delivered():
        names = []
        for body in lab.web.bodies("ok/killed"):
            names.append(body["id"])
        return names

    def covered():
        # A group's lines name the ports of its changes.
        ports = set()
        for body in lab.web.bodies("ok/killed"):
            texts = body["lines"] if "+" in body["id"] else [body["title"]]
            ports |= {int(text.split("port ")[1].split("/")[0]) for text in texts}
        return ports

    wanted = {1000 + int(name, 16) for name in committed}
    wait_until(lambda: wanted <= covered(), 30)
    lost = wanted - covered()
    lab.expect(not lost, f"kill -9: {len(lost)} of {len(wanted)} messages were lost")
    run.stdin.close()
    run.wait(timeout=60)
    names = delivered()
    carriers = {}  # the port of a change → the ids of the messages that had it
    for body in lab.web.bodies("ok/killed"):
        for text in body["lines"] if "+" in body["id"] else [body["title"]]:
            carriers.setdefault(text.split("port ")[1].split("/")[0], set()).add(body["id"])
    twice = [port for port, messages in carriers.items() if len(messages) > 1]
    lab.expect(not twice, f"kill -9: {len(twice)} changes were in several messages")
    repeats = len(names) - len(set(names))
    lab.expect(repeats <= repeats_allowed, f"kill -9: {repeats} messages came twice in {runs} runs")
    print(f"kill -9: {runs} times, {len(wanted)} committed, {len(lost)} lost, {repeats} in flight repeated with the same id")


def test_command(lab):
    """`synfin notify test` prints each answer, and fails if one channel did."""
    config = lab.config(*(lab.channel(kind) for kind in ("slack", "email", "mails", "webhook")), ("off", f"kind = slack\nenabled = no\nurl = {lab.web.url('error')}/x"))
    said = lab.run(lab.synfin, "notify", "test", "--config", config).stdout
    lab.expect(said.count("delivered") == 4 and "off" not in said, f"notify test: {said}")
    said = lab.run(lab.synfin, "notify", "test", "--config", config, "--host", "198.51.100.7", "--channel", "hook").stdout
    lab.expect("198.51.100.7" in json.dumps(lab.web.bodies("ok/webhook")[-1]), "notify test --host: the address is missing")
    said = lab.run(lab.synfin, "notify", "test", "--config", config, "--channel", "off", code=1).stdout
    lab.expect("HTTP 500" in said, f"notify test of a failing channel: {said}")
    lab.run(lab.synfin, "notify", "test", "--config", config, "--channel", "none", code=2)
    wrong = config.replace("synfin.conf", "wrong.conf")
    pathlib.Path(wrong).write_text(pathlib.Path(config).read_text().replace("password_file", "pasword_file"))
    said = lab.run(lab.synfin, "notify", "test", "--config", wrong, code=2).stderr
    lab.expect("wrong.conf:" in said and "did you mean password-file?" in said, f"a wrong key: {said}")
    said = lab.run(lab.synfin, "config", "check", "--config", config, "--state", lab.state).stdout
    lab.expect("url = ***" in said and "password = ***" in said, f"config check: {said}")
    said = lab.run(lab.synfin, "config", "check", "--config", config, code=2).stderr
    lab.expect("need --state" in said, f"config check accepts what a run refuses: {said}")
    os.chmod(lab.folder / "secret", 0o644)
    said = lab.run(lab.synfin, "config", "check", "--config", config, "--state", lab.state).stderr
    lab.expect("every user may read" in said, f"a readable secret: {said}")


def a_run(lab):
    """Two captures of one network: the four changes between them reach each channel once, and so do starts and digests."""
    pcaps = pathlib.Path(__file__).resolve().parents[2] / "pcaps"
    user = ["-Z", "root"] if os.geteuid() == 0 else []
    kinds = ("slack", "teams", "telegram", "ntfy", "webhook", "email", "mails")
    config = lab.config(*(lab.channel(kind) for kind in kinds))
    words = [lab.synfin, "--config", config, "--view", "none", "--state", lab.state, *user]
    lab.run(*words, "-r", str(pcaps / "inventory-before.pcap"))
    before = [message["kind"] for message in lab.web.bodies("ok/webhook")]
    lab.expect(sorted(before) == ["digest", "start"], f"the first run sent {before}")
    lab.run(*words, "-r", str(pcaps / "inventory-after.pcap"))
    after = lab.web.bodies("ok/webhook")[2:]
    changes = sorted(message["change"] for message in after if message["kind"] == "change")
    lab.expect(changes == ["closed", "new_host", "new_port", "silent"], f"the second run sent {changes}")
    lab.expect(len(after) == 6, f"the second run sent {len(after)} messages instead of a start, four changes and a digest")
    counts = [len(lab.web.bodies(path)) for path in ("ok/p4th-of-slack", "ok/p4th-of-teams", "ok/telegram/bot", "ok/ntfy/")]
    counts += [len(lab.mail.mails), len(lab.tls_mail.mails)]
    lab.expect(counts == [8] * 6, f"the channels received {counts} messages instead of 8 each")
    said = lab.run(*[word for word in words if word not in ("--state", lab.state)], "-r", str(pcaps / "sample.pcap"), code=2).stderr
    lab.expect("--state" in said, f"notifications without --state: {said}")


def memory_holds(pid, text):
    """Whether the memory of a process contains a text."""
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            begin, end = (int(part, 16) for part in line.split()[0].split("-"))
            if " r" not in line or end - begin > 1 << 30 or "[v" in line:
                continue
            try:
                memory.seek(begin)
                if text in memory.read(end - begin):
                    return True
            except (OSError, ValueError, OverflowError):
                continue
    return False


def a_service(lab):
    """The service manager is notified, and the process that parses packets never keeps a secret."""
    if os.geteuid() != 0:
        print("a_service: skipped, because only root captures and reads the memory of processes")
        return
    import socket
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(str(lab.folder / "manager"))
    manager.settimeout(20)
    environment = dict(os.environ, NOTIFY_SOCKET=str(lab.folder / "manager"), SYNFIN_TEST_PASSWORD=PASSWORD)
    config = lab.config(lab.channel("slack"), lab.channel("mails"))
    run = subprocess.Popen([lab.synfin, "--config", config, "-i", "lo", "-Z", "root", "-v", "--view", "none", "--state", lab.state], env=environment,
                           stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    try:
        received = manager.recv(100)
    except TimeoutError:
        received = b"nothing"
    if run.poll() is not None and "permi" in (said := run.stderr.read()):
        print(f"a_service: skipped: {said.strip()}")
        return
    lab.expect(received == b"READY=1", f"the service manager received {received}")
    lab.expect(manager.recv(100) == b"WATCHDOG=1", "the watchdog was not fed")
    children = pathlib.Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()
    for secret in (b"p4th-of-slack", PASSWORD.encode()):
        lab.expect(any(memory_holds(child, secret) for child in children), f"no helper process has {secret}: the test finds nothing")
        lab.expect(not memory_holds(run.pid, secret), f"the process that parses packets holds {secret}")
    lab.expect(wait_until(lambda: len(lab.web.bodies("ok/p4th-of-slack")) == 1), "no message about the start")
    run.send_signal(signal.SIGINT)
    lab.output += run.communicate(timeout=60)[1]
    lab.expect(run.returncode == 0, f"exit status {run.returncode}")
    last = b""
    while b"STOPPING=1" not in last:
        last = manager.recv(100)


CASES = (once_on_each_channel, a_run, a_service, servers_misbehave, much_at_once, kills, test_command)


def main():
    try:
        import aiosmtpd  # noqa: F401
    except ImportError:
        system = "/usr/bin/python3"  # Debian's packages are there
        if os.path.exists(system) and not os.path.samefile(sys.executable, system) and "SYNFIN_TEST_AGAIN" not in os.environ:
            os.environ["SYNFIN_TEST_AGAIN"] = "1"
            os.execv(system, [system, *sys.argv])
        print("skipped: python3-aiosmtpd is not installed")
        return 77
    if not shutil.which("openssl"):
        print("skipped: openssl is not installed")
        return 77
    wanted = sys.argv[3:]
    faults = 0
    for case in CASES:
        if wanted and case.__name__ not in wanted:
            continue
        with tempfile.TemporaryDirectory() as folder:
            lab = Lab(os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), folder)
            begin = time.monotonic()
            case(lab)
            lab.expect(not any(secret in lab.output for secret in SECRETS), "an output contains a secret")
            lab.close()
            print(f"{case.__name__}: {'; '.join(lab.faults) or 'ok'} ({time.monotonic() - begin:.1f} s)")
            faults += len(lab.faults)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

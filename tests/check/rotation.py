#!/usr/bin/env python3
"""Each log of the example synfin.conf is rotated once by the example for logrotate, in the way that it needs.

    rotation.py ROOT

With logrotate and as root, logrotate itself rotates them in a folder of the user nobody. Prints each fault; exits 1 if there is one.
"""
import fnmatch
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

FOLDER = "/var/log/synfin"
REOPENED, CONTINUED = ("log", "events"), ("log-file",)


def stanzas(text):
    """The patterns of each stanza, and its lines."""
    lines = re.sub(r"^\s*#.*\n", "", text, flags=re.M)
    return [(patterns.split(), [line.strip() for line in body.splitlines()]) for patterns, body in re.findall(r"^(/[^{]*)\{\n(.*?)^\}", lines, re.M | re.S)]


def faults_of(conf, example):
    for key in REOPENED + CONTINUED:
        path = re.search(rf"^#{key} = (\S+)$", conf, re.M).group(1)
        matching = [lines for patterns, lines in stanzas(example) if any(fnmatch.fnmatch(path, pattern) for pattern in patterns)]
        if len(matching) != 1:
            yield f"{len(matching)} stanzas rotate {path}"
        elif ("copytruncate" in matching[0]) != (key in CONTINUED):
            yield f"the file of {key}, {path}, {'needs' if key in CONTINUED else 'must not have'} copytruncate"


def rotated(example):
    """Has logrotate rotate three files below a folder, as the service owns it."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        logs = pathlib.Path(folder, "log")
        logs.mkdir(mode=0o750)
        shutil.chown(logs, "nobody", "nogroup")
        files = [logs / name for name in ("conn.log", "events.json", "synfin.log")]
        for file in files:
            file.write_text("a line\n")
            file.chmod(0o600)
            shutil.chown(file, "nobody", "nogroup")
        inodes = [file.stat().st_ino for file in files]
        text = re.sub(r"systemctl .*", "true", example.replace(FOLDER, str(logs)).replace("synfin synfin\n", "nobody nogroup\n"))
        conf = pathlib.Path(folder, "conf")
        conf.write_text(text)
        conf.chmod(0o600)
        done = subprocess.run(["logrotate", "-f", "-s", str(pathlib.Path(folder, "state")), str(conf)], capture_output=True, text=True)
        if done.returncode != 0 or done.stderr:
            yield f"logrotate: {done.returncode}, {done.stderr}"
            return
        for file, inode in zip(files, inodes):
            if file.stat().st_size != 0 or not list(logs.glob(file.name + ".1*")):
                yield f"{file.name} is not rotated"
            if (file.stat().st_ino == inode) != (file.name == "synfin.log"):
                yield f"{file.name} is {'another' if file.name == 'synfin.log' else 'the same'} file afterwards"


def main():
    service = pathlib.Path(sys.argv[1], "tools/service")
    example = (service / "synfin.logrotate").read_text()
    faults = list(faults_of((service / "synfin.conf").read_text(), example))
    for unit in ("synfin.service", "synfin@.service"):
        if "DynamicUser=yes" in (service / unit).read_text():
            faults.append(f"{unit}: below /var/log/private, logrotate reaches no log")
    if shutil.which("logrotate") and os.geteuid() == 0:
        faults += rotated(example)
    print("\n".join(faults) or "each log of the example is rotated")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

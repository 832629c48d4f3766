"""Drives a headless Chromium through the DevTools protocol, for the tests of the HTML report.

`Browser` starts one, `Tab` is a page in it. Every request, console message and exception of a tab is recorded. Needs Debian's chromium;
`missing()` says if it is absent.
"""
import base64
import itertools
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import urllib.request

from websocket import WebSocket

START_SECONDS = 60


def missing():
    """A sentence about what the tests lack; empty if they can run."""
    return "" if program() else "chromium is not installed"


def program():
    return shutil.which("chromium") or shutil.which("chromium-browser")


class Browser:
    def __enter__(self):
        self.profile = tempfile.TemporaryDirectory(prefix="synfin-page-", ignore_cleanup_errors=True)
        options = ["--headless=new", "--remote-debugging-port=0", f"--user-data-dir={self.profile.name}", "--no-first-run", "--disable-gpu",
                   "--disable-dev-shm-usage", "--disable-extensions", "--disable-background-networking", "--hide-scrollbars",
                   "--remote-allow-origins=*", "--allow-file-access-from-files", "about:blank"]
        if os.geteuid() == 0:
            options.insert(0, "--no-sandbox")
        self.process = subprocess.Popen([program(), *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        env={**os.environ, "HOME": self.profile.name, "TZ": "UTC"})
        self.port = self._port()
        return self

    def _port(self):
        active = pathlib.Path(self.profile.name, "DevToolsActivePort")
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            if active.exists() and active.read_text().count("\n"):
                return int(active.read_text().split()[0])
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise RuntimeError("chromium did not start")

    def tab(self):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/json/new?about:blank", method="PUT")
        with urllib.request.urlopen(request, timeout=START_SECONDS) as answer:
            return Tab(json.load(answer)["webSocketDebuggerUrl"])

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.profile.cleanup()


class Tab:
    """A page. `errors` and `requests` collect what it logs and fetches."""

    def __init__(self, url):
        self.socket = WebSocket(url, START_SECONDS)
        self.numbers = itertools.count(1)
        self.errors = []
        self.requests = []
        self.loads = 0
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method, **parameters):
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.socket.receive())
            if message.get("id") == number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]
            self._note(message)

    def _note(self, message):
        method, details = message.get("method"), message.get("params", {})
        if method == "Runtime.exceptionThrown":
            self.errors.append(details["exceptionDetails"].get("exception", {}).get("description", str(details)))
        elif method == "Runtime.consoleAPICalled":
            self.errors.append(f"console.{details['type']}: {details['args']}")
        elif method == "Log.entryAdded":
            self.errors.append(details["entry"]["text"])
        elif method == "Network.requestWillBeSent":
            self.requests.append(details["request"]["url"])
        elif method == "Page.loadEventFired":
            self.loads += 1

    def wait_for(self, condition, seconds=30):
        """Waits until `condition`, an expression in the page or a function here, is true."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if condition() if callable(condition) else self.run(condition):
                return
            time.sleep(0.05)
            self.run("0")
        raise AssertionError(f"not within {seconds} s: {condition}")

    def open(self, url):
        """Opens a page and returns the seconds until it was drawn."""
        self.call("Page.navigate", url="about:blank")  # another fragment of the same page would load nothing
        self.wait_for("location.href === 'about:blank' && document.readyState === 'complete'")
        loads, begin = self.loads, time.monotonic()
        self.call("Page.navigate", url=url)
        self.wait_for(lambda: self.loads > loads)
        self.run("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        return time.monotonic() - begin

    def run(self, expression):
        """The value of a JavaScript expression; promises are awaited."""
        result = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in result:
            raise AssertionError(f"{expression}: {result['exceptionDetails'].get('exception', {}).get('description')}")
        return result["result"].get("value")

    def size(self, width, height=900, mobile=False):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=mobile)
        self.settle()

    def media(self, media="", scheme="light"):
        self.call("Emulation.setEmulatedMedia", media=media, features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.settle()

    def settle(self):
        self.run("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 30))))")

    def mouse(self, kind, x, y, pressed=False):
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left" if pressed or kind != "mouseMoved" else "none",
                  buttons=1 if pressed or kind == "mousePressed" else 0, clickCount=1)

    def drag(self, start, end):
        self.mouse("mouseMoved", *start)
        self.mouse("mousePressed", *start)
        self.mouse("mouseMoved", (start[0] + end[0]) / 2, end[1], pressed=True)
        self.mouse("mouseMoved", *end, pressed=True)
        self.mouse("mouseReleased", *end)
        self.settle()

    def key(self, key, code):
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code)
        self.settle()

    def screenshot(self, path, whole=True):
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        pathlib.Path(path).write_bytes(base64.b64decode(shot["data"]))

    def pdf(self):
        return base64.b64decode(self.call("Page.printToPDF", printBackground=True)["data"])

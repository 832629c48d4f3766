"""ClickHouse servers for the tests of the store, on loopback, each with its data in a folder of its own.

    with Server() as server:
        server.sql("SELECT 1")
        server.url("synfin")        # clickhouse://127.0.0.1:PORT/synfin

`Cluster` starts two shards of two replicas each, and ZooKeeper. Debian's packages clickhouse-server and zookeeper provide the programs.
Processes are ended by their ids only.
"""
import base64
import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

SKIP = 77
PASSWORD = "it's a \\secret\\"
ZOOKEEPER_JARS = "/usr/share/java/zookeeper.jar"


def clickhouse():
    return shutil.which("clickhouse-server", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/bin")


def skip_without(*, zookeeper=False):
    """End the test visibly if a program is missing."""
    if clickhouse() is None:
        print("skipped: there is no clickhouse-server; tools/install-packages test installs it")
        sys.exit(SKIP)
    if zookeeper and (not pathlib.Path(ZOOKEEPER_JARS).exists() or shutil.which("java") is None):
        print("skipped: there is no ZooKeeper; tools/install-packages test installs it")
        sys.exit(SKIP)


def free_ports(count):
    """Ports that nothing listens on. They are below the ephemeral ones, so that no client takes them meanwhile."""
    ports, candidate = [], 12000 + os.getpid() * 37 % 15000
    while len(ports) < count:
        candidate += 1
        with contextlib.closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", candidate)) == 0:
                continue
        with contextlib.closing(socket.socket()) as probe:
            try:
                probe.bind(("127.0.0.1", candidate))
            except OSError:
                continue
        ports.append(candidate)
    return ports


class ServerError(Exception):
    """What a server refused."""


def end(process, how=signal.SIGTERM):
    if process is None or process.poll() is not None:
        return
    process.send_signal(how)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Server:
    """One server. `extra` is XML that its configuration also has."""

    def __init__(self, folder=None, ports=None, extra="", user="default", password="", data=None, settings=""):
        self.own = folder is None
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="synfin-clickhouse-"))
        self.http, self.tcp, self.interserver = ports or free_ports(3)
        self.data = pathlib.Path(data) if data else self.folder / "data"
        self.user, self.password, self.process = user, password, None
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "config.xml").write_text(self.config(extra))
        (self.folder / "users.xml").write_text(self.users(settings))

    def config(self, extra):
        f = self.folder
        return f"""<yandex>
  <logger><level>warning</level><log>{f}/log</log><errorlog>{f}/errors</errorlog></logger>
  <listen_host>127.0.0.1</listen_host><http_port>{self.http}</http_port><tcp_port>{self.tcp}</tcp_port>
  <interserver_http_port>{self.interserver}</interserver_http_port><interserver_http_host>127.0.0.1</interserver_http_host>
  <path>{self.data}/</path><tmp_path>{f}/tmp/</tmp_path><users_config>{f}/users.xml</users_config>
  <default_profile>default</default_profile><default_database>default</default_database>
  <mark_cache_size>268435456</mark_cache_size><max_connections>200</max_connections><keep_alive_timeout>3</keep_alive_timeout>
  {extra}
</yandex>
"""

    def users(self, settings):
        escaped = self.password.replace("&", "&amp;").replace("<", "&lt;")
        return f"""<yandex>
  <profiles><default><max_memory_usage>4000000000</max_memory_usage>
    <allow_experimental_low_cardinality_type>1</allow_experimental_low_cardinality_type>{settings}</default></profiles>
  <users><{self.user}><password>{escaped}</password><networks><ip>127.0.0.1</ip></networks>
    <profile>default</profile><quota>default</quota></{self.user}></users>
  <quotas><default/></quotas>
</yandex>
"""

    def start(self, wait=30):
        log = (self.folder / "output").open("ab")
        self.process = subprocess.Popen([clickhouse(), f"--config-file={self.folder}/config.xml"], cwd=self.folder, stdout=log, stderr=log,
                                        stdin=subprocess.DEVNULL, start_new_session=True)
        end_of_wait = time.monotonic() + wait
        while time.monotonic() < end_of_wait:
            if self.process.poll() is not None:
                raise ServerError(f"the server ended: {(self.folder / 'output').read_text()[-2000:]}")
            with contextlib.suppress(OSError, ServerError):
                if self.sql("SELECT 1", timeout=2) == "1\n":
                    return self
            time.sleep(0.05)
        raise ServerError("the server did not start in time")

    def kill(self):
        end(self.process, signal.SIGKILL)

    def stop(self):
        end(self.process)

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def sql(self, statement, timeout=60, **parameters):
        """The answer to a statement as text."""
        address = f"http://127.0.0.1:{self.http}/"
        if parameters:
            address += "?" + urllib.parse.urlencode(parameters)
        request = urllib.request.Request(address, statement.encode(), {"X-ClickHouse-User": self.user})
        request.add_header("Authorization", "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode())
        request.remove_header("X-clickhouse-user")
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as error:
            raise ServerError(error.read().decode(errors="replace")) from None

    def number(self, statement):
        return int(self.sql(statement) or 0)

    def url(self, database="synfin"):
        return f"clickhouse://127.0.0.1:{self.http}/{database}"

    def close(self):
        end(self.process, signal.SIGKILL)
        if self.own:
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.close()


class ZooKeeper:
    """One ZooKeeper server."""

    def __init__(self, folder, port):
        self.folder, self.port, self.process = pathlib.Path(folder), port, None
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "zoo.cfg").write_text(f"tickTime=500\ndataDir={self.folder}/data\nclientPort={port}\nclientPortAddress=127.0.0.1\n"
                                             "admin.enableServer=false\n")

    def start(self, wait=30):
        log = (self.folder / "output").open("ab")
        jars = ":".join(str(p) for p in sorted(pathlib.Path("/usr/share/java").glob("*.jar")))
        self.process = subprocess.Popen(
            ["java", "-Xmx256m", "-cp", f"/etc/zookeeper/conf:{jars}", "-Dzookeeper.log.dir=" + str(self.folder),
             "org.apache.zookeeper.server.quorum.QuorumPeerMain", str(self.folder / "zoo.cfg")],
            cwd=self.folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)
        end_of_wait = time.monotonic() + wait
        while time.monotonic() < end_of_wait:
            if self.process.poll() is not None:
                raise ServerError(f"ZooKeeper ended: {(self.folder / 'output').read_text()[-2000:]}")
            with contextlib.suppress(OSError), contextlib.closing(socket.create_connection(("127.0.0.1", self.port), 1)) as probe:
                probe.sendall(b"srvr")
                if probe.recv(100):
                    return self
            time.sleep(0.1)
        raise ServerError("ZooKeeper did not start in time")

    def close(self):
        end(self.process, signal.SIGKILL)


class Cluster:
    """Two shards of two replicas. servers[2 * shard + replica]."""

    NAME = "sensors"

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="synfin-cluster-"))
        ports = free_ports(3 * 4 + 1)
        self.zookeeper = ZooKeeper(self.folder / "zookeeper", ports[12])
        groups = [ports[3 * i:3 * i + 3] for i in range(4)]
        shards = "".join(
            "<shard><internal_replication>true</internal_replication>" + "".join(
                f"<replica><host>127.0.0.1</host><port>{groups[2 * s + r][1]}</port></replica>" for r in range(2)) + "</shard>" for s in range(2))
        self.servers = [
            Server(self.folder / str(i), groups[i],
                   f"<zookeeper><node><host>127.0.0.1</host><port>{ports[12]}</port></node><session_timeout_ms>5000</session_timeout_ms></zookeeper>"
                   f"<remote_servers><{self.NAME}>{shards}</{self.NAME}></remote_servers>"
                   f"<macros><shard>{i // 2 + 1}</shard><replica>r{i % 2}</replica></macros>"
                   "<distributed_ddl><path>/clickhouse/ddl</path></distributed_ddl>") for i in range(4)
        ]

    def url(self, database="synfin", servers=None):
        """The address of these servers, or of all."""
        return "clickhouse://" + ",".join(f"127.0.0.1:{s.http}" for s in servers or self.servers) + "/" + database

    def __enter__(self):
        try:
            self.zookeeper.start()
            for server in self.servers:
                self.start_one(server)
        except BaseException:
            self.close()
            raise
        return self

    @staticmethod
    def start_one(server):
        """Starts a server, again if it crashes at its start, as 18.16 does if ZooKeeper is slow to answer it (DDLWorker::run)."""
        for _ in range(5):
            server.start()
            with contextlib.suppress(OSError, ServerError):
                server.sql("SELECT count() FROM system.zookeeper WHERE path = '/'")
            time.sleep(0.3)
            if server.process.poll() is None:
                return
        raise ServerError("the server crashes at its start")

    def close(self):
        for server in self.servers:
            server.close()
        self.zookeeper.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __exit__(self, *_):
        self.close()

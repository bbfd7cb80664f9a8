"""What the benchmarks in Python start: an application, a real Redis, release servers."""

import asyncio, json, os, re, signal, socket, subprocess, threading, time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
HOOKLINE = os.path.join(ROOT, ".build/release/hookline")
TOKEN = "0123456789abcdef0123456789abcdef"


def build():
    """Installs what is missing and builds the release binary."""
    subprocess.run([ROOT + "/scripts/setup", "test"], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["swift", "build", "-c", "release", "--product", "hookline"], cwd=ROOT,
                   check=True, stdout=subprocess.DEVNULL)


class Application:
    """The user's application: takes every message and remembers its SID."""

    def __init__(self):
        self.taken, self.lock, self.port = {}, threading.Lock(), 0
        ready = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self.serve(ready)), daemon=True).start()
        ready.wait()

    async def serve(self, ready):
        server = await asyncio.start_server(self.connection, "127.0.0.1", 0, backlog=512)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await server.serve_forever()

    async def connection(self, reader, writer):
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(re.search(rb"(?i)content-length: *(\d+)", head).group(1))
                body = await reader.readexactly(length)
                sid = re.search(rb"MessageSid=(\w+)", body).group(1)
                with self.lock:
                    self.taken[sid] = self.taken.get(sid, 0) + 1
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def count(self):
        with self.lock:
            return len(self.taken), sum(self.taken.values())


class Redis:
    """A real redis-server that confirms nothing that is not on the disk."""

    def __init__(self, folder):
        self.folder = folder
        os.mkdir(folder)
        self.socket = folder + "/socket"
        self.port = self.free_port()
        self.start()

    @staticmethod
    def free_port():
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return probe.getsockname()[1]

    def start(self):
        if os.path.exists(self.socket):
            os.unlink(self.socket)
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--unixsocket",
             self.socket, "--dir", self.folder, "--appendonly", "yes", "--appendfsync", "always",
             "--save", "", "--enable-debug-command", "local"], stdout=subprocess.DEVNULL)
        wait(lambda: self("PING", check=False) == "PONG", 60, "Redis does not start")

    def __call__(self, *words, password=None, check=True):
        login = ["--no-auth-warning", "-a", password] if password else []
        done = subprocess.run(
            ["redis-cli", "-s", self.socket, *login, *words], capture_output=True, text=True)
        if check and (done.returncode or done.stdout.startswith(("ERR", "NOAUTH"))):
            raise RuntimeError(f"redis-cli {words}: {done.stdout} {done.stderr}")
        return done.stdout.strip()

    def owed(self):
        names = [f"{{hookline}}:{kind}:{priority}" for kind in ("queue", "due")
                 for priority in ("high", "normal")]
        counts = [self("XLEN" if "queue" in name else "ZCARD", name) for name in names]
        return sum(int(count) for count in counts)


class Server:
    """`hookline serve` in release mode."""

    def __init__(self, folder, application=None, *arguments):
        self.folder = folder
        self.log = open(folder + ".log", "w")
        destination = ["--forward-to", f"http://127.0.0.1:{application.port}/"] if application else []
        self.process = subprocess.Popen(
            [HOOKLINE, "serve", "--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0",
             "--data-dir", folder, "--origin-from-host", *destination, *arguments],
            env={**os.environ, "TWILIO_AUTH_TOKEN": TOKEN, "HOOKLINE_LOG_LEVEL": "warning"},
            stderr=self.log)
        path = folder + "/addresses.json"
        wait(lambda: os.path.exists(path) and os.path.getsize(path), 20, "no server")
        addresses = json.load(open(path))
        self.webhooks, self.ops = addresses["webhooks"], addresses["ops"]

    def metrics(self):
        with urllib.request.urlopen(f"http://{self.ops}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
        return {name: float(value) for name, value in pairs}

    def replies(self):
        return sum(value for name, value in self.metrics().items()
                   if name.startswith("hookline_webhook_duration_seconds_count"))

    def accepted(self):
        return sum(value for name, value in self.metrics().items()
                   if name.startswith("hookline_webhook_duration_seconds_count")
                   and 'outcome="accepted"' in name)

    def memory(self):
        text = open(f"/proc/{self.process.pid}/status").read()
        return int(re.search(r"VmRSS:\s+(\d+)", text).group(1)) / 1024

    def bench(self, rate, seconds):
        return subprocess.Popen(
            [HOOKLINE, "bench", "--to", f"http://{self.webhooks}/webhook/whatsapp", "--ops",
             f"http://{self.ops}", "--rate", str(rate), "--duration", str(seconds),
             "--connections", "512", "--no-benchmark", "--json"],
            env={**os.environ, "TWILIO_AUTH_TOKEN": TOKEN}, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)


def wait(condition, seconds, failure, pause=0.02):
    """Waits until the condition holds; says what does not when it is too late."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > end:
            raise RuntimeError(failure)
        time.sleep(pause)
    return value

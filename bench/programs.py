"""Programs that are measured: run to their end, asked again and again, or
serving. All are bounded in time, and none outlives its `with` block."""

import functools
import json
import os
import pathlib
import re
import select
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
CAPTIONS = ROOT / "bench" / "data" / "test_2016_flickr.en"  # One a line.
TIMEOUT_SECONDS = 900


class ProgramError(RuntimeError):
    """A program that ended with an error, or did not end."""


def _reason(stderr):
    """The last line, or that of a Python exception: noise may follow it."""
    lines = [line for line in stderr.strip().splitlines()
             if line.strip() and not line.startswith("See: ")]
    errors = [line for line in lines if re.match(r"[\w.]+(Error|Exit): ", line)]
    return (errors or lines or ["it said nothing"])[-1]


def run(command, environment=None, text=None):
    """Runs a program to its end; returns what it printed."""
    command = [str(word) for word in command]
    try:
        result = subprocess.run(
            command, capture_output=True, text=True, input=text,
            timeout=TIMEOUT_SECONDS,
            env={**os.environ, **(environment or {})})
    except subprocess.TimeoutExpired as error:
        raise ProgramError(f"{command[0]}: no end after "
                           f"{error.timeout} s") from error
    if result.returncode != 0:
        raise ProgramError(
            f"{pathlib.Path(command[0]).name}: {_reason(result.stderr)}")
    return result.stdout


def json_lines(command, environment=None, text=None):
    return [json.loads(line)
            for line in run(command, environment, text).splitlines()
            if line.startswith("{")]


def tokens_per_second(command, environment=None):
    """The median of a program's repetitions."""
    return statistics.median(line["tokens"] / line["seconds"]
                             for line in json_lines(command, environment))


@functools.cache
def has_flag(program, flag):
    """Whether one of our programs knows a flag."""
    shown = "".join(
        subprocess.run([str(program), option], capture_output=True, text=True,
                       timeout=60).stdout
        for option in ("--help", "--helpfull"))
    return f"--{flag} " in shown or f"--{flag}=" in shown


def read_line(process, seconds):
    """A line of a process's (unbuffered) output, or "" at its end."""
    deadline = time.monotonic() + seconds
    line = b""
    while not line.endswith(b"\n"):
        left = deadline - time.monotonic()
        ready, _, _ = select.select([process.stdout], [], [], max(left, 0))
        if not ready:
            raise ProgramError(f"no answer after {seconds} s")
        byte = os.read(process.stdout.fileno(), 1)
        if not byte:
            return ""
        line += byte
    return line.decode()


class Peer:
    """A process that stays, and answers each JSON line with one."""

    def __init__(self, command, environment, log):
        self.log = log
        with open(log, "w") as stderr:
            self.process = subprocess.Popen(
                [str(word) for word in command], stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=stderr, bufsize=0,
                env={**os.environ, **environment})

    def ask(self, **request):
        try:
            self.process.stdin.write((json.dumps(request) + "\n").encode())
        except BrokenPipeError:
            pass  # What it said before it ended counts.
        while line := read_line(self.process, TIMEOUT_SECONDS):
            if line.startswith("{"):
                return json.loads(line)
        raise ProgramError(_reason(pathlib.Path(self.log).read_text()))

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


class Service:
    """A program that serves, from its ready line to the end of `with`."""

    def __init__(self, command, environment=None):
        self.log = tempfile.TemporaryFile("w+")
        start = time.monotonic()
        self.process = subprocess.Popen(
            [str(word) for word in command], stdout=subprocess.PIPE,
            stderr=self.log, bufsize=0,
            env={**os.environ, **(environment or {})})
        try:
            ready = read_line(self.process, TIMEOUT_SECONDS)
        except ProgramError:
            self.process.kill()
            raise
        self.seconds_to_ready = time.monotonic() - start
        if " ready: grpc " not in ready:
            self.process.wait(timeout=60)
            raise ProgramError(_reason(self.log_text()))
        # Its ports by name: "grpc 127.0.0.1:8470, metrics ...".
        self.addresses = dict(
            re.findall(r"(\w+) ([^\s,]+:\d+)", ready.split(" ready: ")[1]))
        self.address = self.addresses["grpc"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.log.close()

    def log_text(self):
        self.log.seek(0)
        return self.log.read()

    def resident_bytes(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines()
                    if line.startswith("VmRSS:"))
        return int(line.split()[1]) * 1024

    def cpu_seconds(self):
        """That all of its threads have computed so far."""
        stat = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text()
        # The name before may hold spaces.
        user, system = stat.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def name_of(flag):
    """"threads" of "--threads=2"."""
    return flag[2:].split("=")[0]


class Server(Service):
    """parley-server on a free port of this machine, with no other ports and
    no delay at its end, unless the flags say so."""

    ALONE = ("--grpc_port=0", "--admin_port=off", "--metrics_port=off",
             "--drain_delay=0", "--log_level=warning")

    def __init__(self, build, *flags, environment=None):
        program = build / "bin" / "parley-server"
        given = {name_of(flag) for flag in flags}
        alone = [flag for flag in self.ALONE if name_of(flag) not in given
                 and has_flag(program, name_of(flag))]
        super().__init__([program, *alone, *flags], environment)

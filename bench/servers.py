"""The programs of bench/ and bench/peers/ as processes that wait until they are asked (bench/serve.hpp has the protocol)."""
import math
import os
import pathlib
import subprocess
import sys


class DoesNotStart(Exception):
    """A program that is there and does not run."""


class Server:
    """A bench program in --serve mode, started at the first request and pinned to `cores`."""

    def __init__(self, name, command, log, cores, threads=1):
        self.name, self.log, self.cores, self.process = name, log, cores, None
        self.command = [*map(str, command), "--threads", str(threads)]
        # Of each workload its facts: operations, bytes to and from memory, arena, least arena. Only etch's programs say them.
        self.workloads = {line[0]: tuple(map(float, line[1:])) for line in self.told("--list")}

    def told(self, mode):
        """The words of each line that the program prints in this mode."""
        answer = subprocess.run([*self.command, mode], stdout=subprocess.PIPE, stderr=open(self.log, "a"), text=True, preexec_fn=self.pin)
        if answer.returncode != 0:
            raise DoesNotStart(f"{' '.join(self.command)} {mode} failed, see {self.log}")
        return [line.split() for line in answer.stdout.splitlines()]

    def pin(self):
        os.sched_setaffinity(0, self.cores)

    def ask(self, what, workload, count):
        """The numbers, so many, that answer `what NAME`."""
        if self.process is None:
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": open(self.log, "a")}
            self.process = subprocess.Popen([*self.command, "--serve"], text=True, bufsize=1, preexec_fn=self.pin, **pipes)
        try:
            self.process.stdin.write(f"{what} {workload}\n")
        except BrokenPipeError:
            pass  # it died; the answer will be empty
        answer = self.process.stdout.readline().split()
        if len(answer) != count + 1 or answer[0] != workload:
            sys.exit(f"bench: {self.name}: {what} {workload}: got `{' '.join(answer)}`; see {self.log}")
        return [float(a) for a in answer[1:]]

    def measure(self, workload):
        """The median nanoseconds of a repetition, over 0.2 s."""
        return self.ask("run", workload, 2)[1]

    def error(self, workload):
        """The largest error in ulp, None where the exact result is not known."""
        ulp = self.ask("error", workload, 1)[0]
        return None if math.isnan(ulp) else ulp

    def most_memory(self, workload):
        """The bytes that a fresh process had resident at most when it had run this one workload."""
        self.close()
        self.measure(workload)
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        self.close()
        return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM:"))

    def start_anew(self):
        """The next request starts the program again, unless it is one of Python's, which takes many seconds."""
        if not pathlib.Path(self.command[0]).name.startswith("python"):
            self.close()

    def close(self):
        if self.process is not None:
            self.process.stdin.close()
            self.process.wait()
            self.process = None


class Peer:
    """What is compared with: one or more servers under one name. A workload `NAME/way` belongs to the peer's variant `way`."""

    def __init__(self, name, servers):
        self.name, self.servers = name, servers

    def ways(self, workload):
        """(name to print, server, workload to ask for) of each way in which the peer does this workload."""
        for server in self.servers:
            for theirs in server.workloads:
                name, _, way = theirs.partition("/")
                if name == workload:
                    yield f"{self.name} {way}".rstrip(), server, theirs

    def close(self):
        for server in self.servers:
            server.close()

"""Runs one PostgreSQL server for the rehearsal lab, and ends it when the lab ends, however the lab ends.

Standard input is the leash: a line is a command ("start", "stop", "kill"), and its end means that the lab is gone.
Each change is told as a line of JSON on standard output: {"running": PID} or {"ended": STATUS}. This process is the
server's parent and adopts its orphans, so it ends what it started by handle and never by name.
"""

import argparse
import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

# From linux/prctl.h and sys/ipc.h.
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER, IPC_RMID = 1, 36, 0

# An immediate shutdown takes some tens of milliseconds; what hangs longer is killed.
QUIT_SECONDS = 5

libc = ctypes.CDLL(None, use_errno=True)


def tell(**event):
    # The lab may have gone: what it is told then, nobody reads.
    try:
        print(json.dumps(event), flush=True)
    except BrokenPipeError:
        pass


def die_with_parent(parent):
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


class Server:
    def __init__(self, data, command, user):
        self.data, self.command, self.user = data, command, user
        self.process, self.waiter = None, None

    def start(self):
        if self.process is not None:
            tell(running=self.process.pid)
            return
        parent = os.getpid()
        # Its output goes to this process's standard error, the log.
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,
            preexec_fn=lambda: die_with_parent(parent),
            **self.user,
        )
        tell(running=self.process.pid)
        self.waiter = threading.Thread(target=self.wait, args=(self.process.pid,), daemon=True)
        self.waiter.start()

    def wait(self, pid):
        """Waits for the server and for every process of it that it leaves behind."""
        status = None
        while True:
            try:
                ended, code = os.wait()
            except ChildProcessError:
                break
            if ended == pid:
                status = os.waitstatus_to_exitcode(code)
                end_all(orphans())
        self.free_shared_memory()
        self.process = None
        tell(ended=status)

    def signal(self, number):
        process = self.process
        if process is None:
            return
        family = children(process.pid) if number == signal.SIGKILL else []
        # A machine without power loses all at once: the server first, so that it notices no child's death.
        end_all([process.pid], number)
        end_all(family, number)

    def free_shared_memory(self):
        """A killed server leaves a segment of a few bytes, which only the next start in this folder would remove."""
        try:
            with open(os.path.join(self.data, "postmaster.pid")) as file:
                segment = int(file.read().splitlines()[6].split()[1])
        except (OSError, IndexError, ValueError):
            return
        libc.shmctl(segment, IPC_RMID, None)

    def end(self):
        self.signal(signal.SIGQUIT)
        if self.waiter is not None:
            self.waiter.join(QUIT_SECONDS)
        while self.process is not None:
            self.signal(signal.SIGKILL)
            time.sleep(0.05)


def children(pid):
    found = []
    for task in os.listdir(f"/proc/{pid}/task") if os.path.isdir(f"/proc/{pid}/task") else []:
        try:
            with open(f"/proc/{pid}/task/{task}/children") as file:
                found += [int(child) for child in file.read().split()]
        except OSError:
            pass
    return found


def orphans():
    return children(os.getpid())


def end_all(pids, number=signal.SIGKILL):
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--uid", type=int)
    parser.add_argument("--gid", type=int)
    parser.add_argument("--remove", help="a folder that goes when the lab ends")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    args = parser.parse_args()
    # Ctrl-C in the lab's terminal is the lab's to answer.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1)

    user = {} if args.uid is None else {"user": args.uid, "group": args.gid, "extra_groups": []}
    server = Server(args.data, args.command[1:], user)
    for line in sys.stdin:
        match line.strip():
            case "start":
                server.start()
            case "stop":
                server.signal(signal.SIGINT)
            case "kill":
                server.signal(signal.SIGKILL)
    server.end()
    if args.remove:
        shutil.rmtree(args.remove, ignore_errors=True)
        try:
            os.rmdir(os.path.dirname(args.remove))
        except OSError:
            # The other database is still in it, or it is somebody else's.
            pass


if __name__ == "__main__":
    main()

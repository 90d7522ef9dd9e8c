"""Runs suites against the server: main.py FOLDER SUITE…

FOLDER holds what `run` has installed. SCIM_SERVER is the command of the server.
"""

import os
import signal
import sys
import traceback
from pathlib import Path

import clients
import conversation
import differences
import okta
import opinions
import testers
from server import Server


def testers_of_others(world, check):
    venv = world.folder / "python"
    check("scim2-cli", lambda: testers.scim2_cli(venv, world.server.tenant(seats=100)))
    check("scim-sanity", lambda: testers.scim_sanity(venv, world.server.tenant(seats=100)))
    check("scim-sanity in the interop mode",
          lambda: testers.scim_sanity(venv, world.server.tenant(seats=100, mode="interop")))
    check("scim-sanity as Entra",
          lambda: testers.scim_sanity(venv, world.server.tenant(seats=100), "--profile", "entra"))


SUITES = {
    "testers": testers_of_others,
    "okta": lambda world, check: okta.run(world.server.tenant(), check),
    "conversations": lambda world, check: conversation.run(world.server, check),
    "clients": lambda world, check: clients.run(world, check),
    "differences": lambda world, check: differences.run(world, check),
    "opinions": lambda world, check: opinions.run(world, check),
}


class World:
    def __init__(self, folder, command):
        self.folder = Path(folder)
        self.server = Server(command, self.folder / "server.log")


class Count:
    """One line for each that was tried; the others still run where one fails."""

    def __init__(self, suite):
        self.suite, self.passed, self.failed = suite, 0, 0

    def check(self, title, attempt):
        try:
            said = attempt()
        except Exception as error:  # whatever it is
            self.failed += 1
            reason = "\n    ".join(str(error).splitlines())
            print(f"FAILED {self.suite}: {title}:\n    {reason}", flush=True)
            if not isinstance(error, AssertionError):
                traceback.print_exc()
        else:
            self.passed += 1
            print(f"ok     {self.suite}: {title}" + (f" ({said})" if said else ""), flush=True)


def main(folder, *suites):
    world = World(folder, os.environ["SCIM_SERVER"])
    counts = []
    try:
        for name in suites:
            count = Count(name)
            counts.append(count)
            # A suite that cannot begin is a check that fails.
            count.check("to its end", lambda: SUITES[name](world, count.check))
    finally:
        world.server.stop()
    for count in counts:
        print(f"scim: {count.suite}: {count.passed} passed, {count.failed} failed")
    passed, failed = sum(count.passed for count in counts), sum(count.failed for count in counts)
    print(f"scim: {passed} checks passed" + (f", {failed} FAILED" if failed else ""))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    # By way of `finally`, which ends the servers.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main(*sys.argv[1:]))

"""The server under test as a child process: one line says where it is, and it ends with us."""

import json
import os
import shlex
import signal
import subprocess
from pathlib import Path

# Where the e-mail addresses of the tests stand, as a verified domain of every organization.
DOMAIN = "orchard.example"


class Tenant:
    """A fresh organization: the address that an administrator would paste, and the token."""

    def __init__(self, base, token):
        self.base = base.rstrip("/")
        self.token = token


class Server:
    """What `scim_server serve` is, and whatever else understands the same command line."""

    def __init__(self, command, log):
        self.command = shlex.split(command) if isinstance(command, str) else command
        self.log = Path(log)
        # Our own server alone knows databases.
        database = os.environ.get("SCIM_DATABASE") if "scim_server" in self.command[0] else None
        with self.log.open("ab") as errors:
            self.process = subprocess.Popen(
                [*self.command, "serve", "--listen", "127.0.0.1:0",
                 *(["--database", database] if database else [])],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                start_new_session=True,  # so that its own children end with it
            )
        try:
            # There is a line, or the end of its output because it has ended. Nothing is polled.
            line = self.process.stdout.readline()
            if not line:
                raise AssertionError(f"it ended without a word:\n{self.log.read_text()[-3000:]}")
            self.said = json.loads(line)
            self.control = self.said["control_url"]
        except BaseException:  # also where all of this is told to end meanwhile
            self.stop()
            raise

    def tenant(self, **needs):
        """Organizations are made while it runs; `needs` is what the command reads."""
        needs = {"seats": 5, "mode": "lenient", "domains": [DOMAIN], **needs}
        result = subprocess.run(
            [*self.command, "tenant", "--control", self.control],
            input=json.dumps(needs), capture_output=True, text=True, check=False, timeout=60,
        )
        if result.returncode != 0:
            raise AssertionError(f"no organization for {needs}: {result.stderr.strip()[-500:]}")
        made = json.loads(result.stdout)
        return Tenant(made["base"], made["token"])

    def stop(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait(timeout=10)
        self.process.stdout.close()

"""A web server as a child process: waited for until it answers, ended with its own children."""

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path


class Server:
    def __init__(self, command, environment, log, probe, seconds=60):
        self.log = Path(log)
        self.seconds = seconds  # after which it is no longer waited for
        self._must_be_free(probe)
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                command,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # so that its workers can be ended with it
            )
        try:
            self.probe_answer = self._wait_for(probe)
        except BaseException:  # also where all of this is told to end meanwhile
            self.stop()
            raise

    @staticmethod
    def _must_be_free(url):
        """Or else somebody else would answer for the server."""
        address = urllib.parse.urlsplit(url)
        with socket.socket() as connection:
            if connection.connect_ex((address.hostname, address.port)) == 0:
                raise AssertionError(f"something listens on {address.netloc} already")

    def _wait_for(self, probe):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        deadline = time.monotonic() + self.seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                with opener.open(probe, timeout=30) as response:
                    return response.read().decode()
            except urllib.error.HTTPError as error:
                raise AssertionError(f"{probe}: {error}\n{error.read().decode()[-2000:]}") from error
            except OSError:
                time.sleep(0.1)
        raise AssertionError(f"no answer from {probe}:\n{self.log.read_text()[-3000:]}")

    def stop(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait(timeout=10)

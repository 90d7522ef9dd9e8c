"""The service provider under test: a child process that answers each line of JSON with another."""

import json
import os
import shlex
import shutil
import subprocess
from pathlib import Path

DEFAULT_COMMAND = "cargo run -q --example service_provider --"


class ServiceProvider:
    """One process with one configuration. `origin` is where its endpoints would be."""

    def __init__(self, folder, keys, idp_metadata, origin, name="sp", *, sign_requests=False, unsolicited="off"):
        self.origin = origin
        self.entity_id = f"{origin}/{name}"
        self.acs_url = f"{origin}/acs"
        self.slo_url = f"{origin}/slo"
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        for file in ("sp.key", "sp.crt"):
            shutil.copy(Path(keys) / file, folder / file)
        (folder / "idp-metadata.xml").write_text(idp_metadata)
        settings = {
            "entity_id": self.entity_id,
            "acs_url": self.acs_url,
            "slo_url": self.slo_url,
            "sign_requests": sign_requests,
            "unsolicited": unsolicited,
        }
        (folder / "settings.json").write_text(json.dumps(settings))
        command = shlex.split(os.environ.get("INTEROP_SP", DEFAULT_COMMAND))
        self.process = subprocess.Popen(
            [*command, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, do, **arguments):
        try:
            self.process.stdin.write(json.dumps({"do": do, **arguments}) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            status = self.process.wait(timeout=10)
            raise AssertionError(f"the service provider ended with {status}, without an answer to {do!r}")
        return json.loads(line)

    def is_running(self):
        return self.process.poll() is None

    def must(self, do, **arguments):
        answer = self.ask(do, **arguments)
        if "ok" not in answer:
            raise AssertionError(f"{do}: {json.dumps(answer)}")
        return answer["ok"]

    def stop(self):
        if self.is_running():
            self.process.stdin.close()
            self.process.wait(timeout=10)

    def receive_login(self, arrival, cookie):
        """What the assertion consumer service does: by POST and by artifact at one URL."""
        common = {"relay_state": arrival.value("RelayState"), "cookie": cookie}
        url = arrival.url.split("?")[0]
        if url == self.acs_url and arrival.value("SAMLart"):
            return self.ask("artifact", saml_art=arrival.value("SAMLart"), **common)
        if url == self.acs_url and arrival.value("SAMLResponse"):
            return self.ask("acs", saml_response=arrival.value("SAMLResponse"), **common)
        raise AssertionError(f"no login arrives so at {arrival.url}")

    def receive_logout(self, arrival, pending=None):
        """What the single logout endpoint does."""
        if arrival.url.split("?")[0] != self.slo_url:
            raise AssertionError(f"no logout message arrives at {arrival.url}")
        if arrival.form is None:
            return self.ask("slo", query=arrival.query, pending=pending)
        return self.ask("slo", form=arrival.form, pending=pending)

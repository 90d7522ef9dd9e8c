"""What an identity provider under test has whatever it is made of.

That is a server, and service providers that know it.
"""

import subprocess

from browser import Browser
from service_provider import ServiceProvider


class IdentityProvider:
    """The subclasses set `origin`, `folder`, `server` and `metadata`.

    `origin` is where the service provider's endpoints would be. `needs` names what has to be on the
    machine: Debian's package, and a command that fails without it.
    """

    origin = None
    person = {}  # what else, beside the e-mail address, the identity has to say
    needs = {}

    def __init__(self, folder):
        self._check_needs()
        self.folder = folder
        self.server = None
        self.metadata = None
        self.providers = {}

    @classmethod
    def _check_needs(cls):
        """Or else a server without one of its modules answers all with an error that names none."""
        missing = {package: error for package, command in cls.needs.items() if (error := _error_of(command))}
        if missing:
            errors = "".join(f"\n  {package}: {error}" for package, error in missing.items())
            raise AssertionError(f"not on this machine; install Debian's {' '.join(missing)}{errors}")

    def stop(self):
        self.server.stop()
        for provider in self.providers.values():
            provider.stop()

    def browser(self):
        return Browser(self.origin)

    def sp(self, sign=False, unsolicited="off"):
        key = (sign, unsolicited)
        if key not in self.providers or not self.providers[key].is_running():
            self.providers[key] = ServiceProvider(
                self.folder / f"sp-{sign}-{unsolicited}", self.folder, self.metadata, self.origin,
                sign_requests=sign, unsolicited=unsolicited,
            )
        return self.providers[key]


def _error_of(command):
    """What the command says where it fails; None where it succeeds."""
    try:
        result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    except OSError as error:
        return str(error)
    if result.returncode == 0:
        return None
    said = (result.stderr or result.stdout).strip()
    return said.splitlines()[0][:160] if said else f"{' '.join(command)} ends with {result.returncode}"

"""What an identity provider under test has whatever it is made of: a server, and service providers that know it."""

from browser import Browser
from service_provider import ServiceProvider


class IdentityProvider:
    """The subclasses set `origin`, where the service provider's endpoints would be, and `folder`, `server` and `metadata`."""

    origin = None

    def __init__(self, folder):
        self.folder = folder
        self.server = None
        self.metadata = None
        self.providers = {}

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

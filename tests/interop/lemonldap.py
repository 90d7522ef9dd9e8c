"""LemonLDAP::NG as the identity provider."""

import json
import re
import subprocess
from pathlib import Path

import scenarios
from browser import Arrival, Page
from identity_provider import IdentityProvider
from server import Server

IDP = "http://127.0.0.1:18441"
SP = "http://127.0.0.1:18442"
PORTAL = "/usr/share/lemonldap-ng/portal"
KEY = "interop"  # what the service provider is called in the configuration

SETTINGS = """
[all]
logger = Lemonldap::NG::Common::Logger::Std
userLogger = Lemonldap::NG::Common::Logger::Std
logLevel = warn
checkTime = 1
[configuration]
type = File
dirName = {folder}/conf
localStorage = Cache::FileCache
localStorageOptions = {{ 'namespace' => 'configuration', 'cache_root' => '{folder}/cache' }}
[portal]
staticPrefix = /static
templateDir = /usr/share/lemonldap-ng/portal/templates
languages = en
[handler]
"""

BASIC = "urn:oasis:names:tc:SAML:2.0:attrname-format:basic"
ATTRIBUTES = {"uid": f"1;uid;{BASIC};", "mail": f"1;mail;{BASIC};", "cn": f"1;displayName;{BASIC};"}

KEY_TRANSPORT = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p"
AES128_CBC = "http://www.w3.org/2001/04/xmlenc#aes128-cbc"
ARTIFACT = {"answer": "artifact", "via": "SAMLart"}
ENCRYPT = {"samlSPMetaDataOptionsEncryptionMode": "assertion"}
SIGNED = {"signed": True, "samlSPMetaDataOptionsCheckSSOMessageSignature": 1}
BAD_SIGNATURE = 'trmsg="57"'  # PE_SAML_SIGNATURE_ERROR

s = scenarios
# What is shown, the scenario, its arguments, and what the identity provider is told about the
# service provider.
# It asks for the password in spite of IsPassive, and heeds ForceAuthn only when some seconds have
# passed. It has a setting for the encryption of names, and does not encrypt them. So there are no
# scenarios for these.
SCENARIOS = [
    ("request by redirect", s.login, {}, {}),
    ("request by POST", s.login, {"binding": "post"}, {}),
    *s.started_there(relay_state=None),
    ("answer by artifact", s.login, ARTIFACT, {}),
    ("answer by artifact to a request by POST", s.login, ARTIFACT | {"binding": "post"}, {}),
    *s.replays(),
    ("logout from here by redirect", s.sp_logout, {}, {}),
    ("logout from here by POST", s.sp_logout, {"binding": "post"}, {}),
    ("logout from here of a login by artifact", s.sp_logout, {"answer": "artifact"}, {}),
    ("logout from there", s.idp_logout, {}, {}),
    ("logout from here, answer changed", s.sp_logout_changed, {"code": "signature_invalid"}, {}),
    ("logout from there, request changed", s.idp_logout_changed, {"code": "signature_invalid"}, {}),
    ("logout from there by POST", s.idp_logout, {"by_post": True}, {"logout_by_post": True}),
    ("logout from here, answered by POST", s.sp_logout, {"binding": "post", "by_post": True}, {"logout_by_post": True}),
    *s.checked_requests(SIGNED, unsigned=BAD_SIGNATURE, changed=BAD_SIGNATURE),
    ("answer by artifact to a signed request", s.login, ARTIFACT | {"sign": True}, SIGNED),
    ("encrypted", s.login, {"contains": ["<saml:EncryptedAssertion", AES128_CBC, KEY_TRANSPORT]}, ENCRYPT),
    ("logout from here of an encrypted login", s.sp_logout, {}, ENCRYPT),
    ("logout from there of an encrypted login", s.idp_logout, {}, ENCRYPT),
]


def loads(module):
    return ["perl", f"-M{module}", "-e1"]


class LemonLdap(IdentityProvider):
    name = "LemonLDAP::NG"
    origin = SP
    email = "dwho@badwolf.org"
    checks_after_login = True  # the request lies in wait while the password is asked for
    needs = {
        "liblemonldap-ng-portal-perl": loads("Lemonldap::NG::Portal"),
        # Debian's portal recommends or suggests these, and SAML does not work without them.
        "liblasso-perl": loads("Lasso"),
        "libxml-simple-perl": loads("XML::Simple"),
        "libio-string-perl": loads("IO::String"),
        "libplack-perl": ["plackup", "--version"],
    }

    def __init__(self, folder):
        super().__init__(Path(folder))
        for name in ("conf", "cache", "sessions", "sessions/lock", "psessions", "psessions/lock"):
            (self.folder / name).mkdir()
        (self.folder / "lemonldap-ng.ini").write_text(SETTINGS.format(folder=self.folder))
        self.options = None
        self.logged = 0  # how much of the log is from before the scenario
        self._start({})
        self.metadata = self.server.probe_answer

    def configure(self, options):
        """From here on the identity provider sees the service provider so.

        It has to be started anew if that is a change.
        """
        self.logged = len(self.server.log.read_text())
        if options == self.options:
            return
        self.options = options
        options = dict(options)
        metadata = self.sp(sign=options.pop("signed", False)).must("metadata")["xml"]
        if options.pop("logout_by_post", False):
            # Whichever binding stands first is taken, so the other one goes.
            redirect = r"<md:SingleLogoutService\b[^>]*HTTP-Redirect[^>]*(/>|></md:SingleLogoutService>)"
            metadata, count = re.subn(redirect, "", metadata)
            scenarios.check(count == 1, "no logout by redirect in", metadata)
        self._start({
            "samlSPMetaDataXML": {KEY: {"samlSPMetaDataXML": metadata}},
            "samlSPMetaDataExportedAttributes": {KEY: ATTRIBUTES},
            "samlSPMetaDataOptions": {KEY: {
                "samlSPMetaDataOptionsNameIDFormat": "email",
                "samlSPMetaDataOptionsEnableIDPInitiatedURL": 1,
                "samlSPMetaDataOptionsSignSSOMessage": 1,
                "samlSPMetaDataOptionsSignSLOMessage": 1,
                "samlSPMetaDataOptionsCheckSSOMessageSignature": 0,
                "samlSPMetaDataOptionsCheckSLOMessageSignature": 1,
                **options,
            }},
        })

    def _start(self, partners):
        if self.server is not None:
            self.server.stop()
        storage = "Apache::Session::File"
        configuration = {
            "cfgNum": 1,
            "cfgAuthor": "interop",
            "cfgDate": 1,
            "portal": f"{IDP}/",
            "domain": "127.0.0.1",
            "securedCookie": 0,  # there is no TLS on the loopback interface
            "sameSite": "Lax",
            "authentication": "Demo",
            "userDB": "Same",
            "passwordDB": "Null",
            "registerDB": "Null",
            "demoExportedVars": {"uid": "uid", "mail": "mail", "cn": "cn"},
            "globalStorage": storage,
            "globalStorageOptions": self._storage("sessions"),
            "persistentStorage": storage,
            "persistentStorageOptions": self._storage("psessions"),
            "localSessionStorage": "Cache::FileCache",
            "localSessionStorageOptions": {"namespace": "sessions", "cache_root": f"{self.folder}/cache"},
            # None is shown, but some module has to load, and the default one needs ImageMagick.
            "captcha": "::Lib::OneTimeToken",
            "locationRules": {"127.0.0.1": {"default": "accept"}},
            "whatToTrace": "uid",
            "issuerDBSAMLActivation": 1,
            "samlServicePrivateKeySig": (self.folder / "idp.key").read_text(),
            "samlServicePublicKeySig": (self.folder / "idp.crt").read_text(),
            "samlIDPSSODescriptorWantAuthnRequestsSigned": 0,  # or else there are no unsigned ones
            "samlServiceSignatureMethod": "RSA_SHA256",
            **partners,
        }
        (self.folder / "conf/lmConf-1.json").write_text(json.dumps(configuration))
        self.server = Server(
            ["plackup", "--server", "HTTP::Server::PSGI", "--env", "deployment", "--host", "127.0.0.1",
             "--port", IDP.rsplit(":", 1)[1], f"{PORTAL}/htdocs/index.psgi"],
            {"LLNG_DEFAULTCONFFILE": f"{self.folder}/lemonldap-ng.ini"},
            self.folder / "lemonldap.log",
            f"{IDP}/saml/metadata",
        )

    def _storage(self, name):
        return {
            "Directory": f"{self.folder}/{name}",
            "LockDirectory": f"{self.folder}/{name}/lock",
            "generateModule": "Lemonldap::NG::Common::Apache::Session::Generate::SHA256",
        }

    def is_login_page(self, page):
        return page.form_with("password") is not None

    def sign_in(self, browser, place):
        if isinstance(place, Arrival):
            return place
        scenarios.check(self.is_login_page(place), "no login page:", scenarios.excerpt(place))
        return browser.submit(place.form_with("password"), user="dwho", password="dwho")

    def unsolicited_url(self, _):
        return f"{IDP}/saml/singleSignOn?IDPInitiated=1&spConfKey={KEY}"

    def logout_url(self, _):
        return f"{IDP}/?logout=1"

    def confirm_logout(self, browser, place):
        """A logout that starts here tells the service providers in frames of its page."""
        frames = place.frames() if isinstance(place, Page) else []
        return browser.get(frames[0]) if frames else place

    def logged_out(self, _, place):
        """The identity provider has accepted the answer: not its page tells, but the log."""
        scenarios.check(isinstance(place, Page) and place.url.endswith("/ok.png"), place)
        lines = self.server.log.read_text()[self.logged:].splitlines()
        errors = [line for line in lines if "[error]" in line]
        scenarios.check(not errors, "the identity provider complains:", errors)

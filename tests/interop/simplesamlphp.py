"""SimpleSAMLphp as the identity provider."""

import json
import subprocess
from pathlib import Path

import scenarios
from browser import Arrival, Page
from identity_provider import IdentityProvider
from server import Server

IDP = "http://127.0.0.1:18431"
SP = "http://127.0.0.1:18432"
INSTALLED = Path("/usr/share/simplesamlphp")
POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
ARTIFACT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact"
REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"

VALIDATE = {"validate.authnrequest": True, "redirect.validate": True}
NO_SIGNATURE = "no signature found on message"
BAD_SIGNATURE = "Unable to validate signature"
SIGN_ASSERTION = {"saml20.sign.response": False, "saml20.sign.assertion": True}
SIGN_RESPONSE = {"saml20.sign.response": True, "saml20.sign.assertion": False}
SIGN_BOTH = {"saml20.sign.response": True, "saml20.sign.assertion": True}
BY_ARTIFACT = {"answer": "artifact", "via": "SAMLart"}
ENCRYPT = {"assertion.encryption": True}
KEY_TRANSPORT = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p"
AES128_CBC = "http://www.w3.org/2001/04/xmlenc#aes128-cbc"
ENCRYPT_NAME = {"nameid.encryption": True}
LOGOUT_BY_POST = {"slo": POST}
AES256_CBC = "http://www.w3.org/2001/04/xmlenc#aes256-cbc"
AES128_GCM = "http://www.w3.org/2009/xmlenc11#aes128-gcm"
AES256_GCM = "http://www.w3.org/2009/xmlenc11#aes256-gcm"

s = scenarios
# What is shown, the scenario, its arguments, and what the identity provider is told about the
# service provider.
SCENARIOS = [
    ("request by redirect", s.login, {}, {}),
    ("request by POST", s.login, {"binding": "post"}, {}),
    # A signature in the document that does not verify is none at all to it.
    *s.checked_requests(VALIDATE, unsigned=NO_SIGNATURE, changed=BAD_SIGNATURE, changed_by_post=NO_SIGNATURE),
    ("answer by artifact", s.login, BY_ARTIFACT, {}),
    ("answer by artifact, assertion signed", s.login, BY_ARTIFACT, SIGN_ASSERTION),
    ("answer by artifact, encrypted", s.login, BY_ARTIFACT, ENCRYPT),
    ("artifact, once more", s.replay, {"answer": "artifact", "code": "artifact_refused"}, {}),
    ("assertion signed", s.login, {"signed": {"Assertion"}}, SIGN_ASSERTION),
    ("response signed", s.login, {"signed": {"Response"}}, SIGN_RESPONSE),
    ("response and assertion signed", s.login, {"signed": {"Response", "Assertion"}}, SIGN_BOTH),
    ("nothing signed", s.refused_login, {"code": "signature_missing"},
     {"saml20.sign.response": False, "saml20.sign.assertion": False}),
    ("encrypted, response and assertion signed", s.login,
     {"contains": [AES128_CBC, KEY_TRANSPORT], "signed": {"Response"}}, SIGN_BOTH | ENCRYPT),
    ("encrypted, assertion signed", s.login, {"contains": [AES128_CBC], "signed": set()}, SIGN_ASSERTION | ENCRYPT),
    ("encrypted, response signed", s.login, {"contains": [AES128_CBC], "signed": {"Response"}}, SIGN_RESPONSE | ENCRYPT),
    ("encrypted, AES-256-CBC", s.login, {"contains": [AES256_CBC]}, ENCRYPT | {"cipher": AES256_CBC}),
    ("encrypted, AES-128-GCM", s.login, {"contains": [AES128_GCM]}, ENCRYPT | {"cipher": AES128_GCM}),
    ("encrypted, AES-256-GCM", s.login, {"contains": [AES256_GCM]}, ENCRYPT | {"cipher": AES256_GCM}),
    ("name encrypted", s.login, {"contains": ["<saml:EncryptedID", AES128_CBC]}, ENCRYPT_NAME),
    ("name and assertion encrypted", s.login, {}, ENCRYPT | ENCRYPT_NAME),
    *s.started_there(),
    *s.asked_for_the_password(),
    *s.replays(),
    ("logout from here by redirect", s.sp_logout, {}, {}),
    ("logout from here by POST, answered by POST", s.sp_logout, {"binding": "post", "by_post": True}, LOGOUT_BY_POST),
    ("logout from here of an encrypted login", s.sp_logout, {}, ENCRYPT),
    ("logout from here with the name encrypted", s.sp_logout, {}, ENCRYPT_NAME),
    ("logout from there with the name encrypted", s.idp_logout, {}, ENCRYPT_NAME),
    ("logout from there by redirect", s.idp_logout, {}, {}),
    ("logout from here, answer changed", s.sp_logout_changed, {"code": "signature_invalid"}, {}),
    ("logout from there, request changed", s.idp_logout_changed, {"code": "signature_invalid"}, {}),
    ("logout from there by POST", s.idp_logout, {"by_post": True}, LOGOUT_BY_POST),
]


def has(*extensions):
    every = " && ".join(f"extension_loaded('{extension}')" for extension in extensions)
    return ["php", "-r", f"{every} || exit(1);"]


class SimpleSamlPhp(IdentityProvider):
    name = "SimpleSAMLphp"
    origin = SP
    email = "jane@idp.example"
    checks_after_login = False
    needs = {
        "simplesamlphp": ["test", "-d", f"{INSTALLED}/www"],
        "php-cli": ["php", "--version"],
        "php-mbstring": has("mbstring"),
        "php-sqlite3": has("pdo_sqlite"),
        "php-xml": has("dom", "SimpleXML"),
    }

    def __init__(self, folder):
        super().__init__(Path(folder))
        (self.folder / "sp-remote.json").write_text("{}")
        settings = {
            "SIMPLESAMLPHP_CONFIG_DIR": str(Path(__file__).parent / "simplesamlphp"),
            "INTEROP_DIR": str(self.folder),
            "INTEROP_IDP": IDP,
        }
        prepend = Path(__file__).parent / "simplesamlphp/prepend.php"
        # The deprecations of PHP 8.2 would stand in front of the headers.
        options = [f"auto_prepend_file={prepend}", "display_errors=0", "error_reporting=E_ALL & ~E_DEPRECATED"]
        command = ["php", *(part for option in options for part in ("-d", option)), "-S", IDP.removeprefix("http://"),
                   "-t", f"{INSTALLED}/www"]
        metadata = f"{IDP}/saml2/idp/metadata.php"
        self.server = Server(command, settings, self.folder / "php.log", metadata)
        self.metadata = self.server.probe_answer

    def configure(self, options):
        """From here on the identity provider sees the service provider so."""
        options = dict(options)
        sp = self.sp()
        slo = options.pop("slo", REDIRECT)
        self.use_cipher(options.pop("cipher", None))
        pem = (self.folder / "sp.crt").read_text()
        entity = {
            "AssertionConsumerService": [{"index": 0, "isDefault": True, "Binding": POST, "Location": sp.acs_url},
                                         {"index": 1, "Binding": ARTIFACT, "Location": sp.acs_url}],
            "SingleLogoutService": [{"Binding": slo, "Location": sp.slo_url}],
            "certData": "".join(line for line in pem.splitlines() if "-----" not in line),
            "NameIDFormat": "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
            "validate.logout": True,
            **options,
        }
        (self.folder / "sp-remote.json").write_text(json.dumps({sp.entity_id: entity}))

    def use_cipher(self, cipher):
        """SimpleSAMLphp 1.19 encrypts with AES-128-CBC, which is a constant.

        The library below it knows other ciphers. They are reached by loading that class from a copy
        with the constant replaced.
        """
        copy = self.folder / "EncryptedAssertion.php"
        copy.unlink(missing_ok=True)
        if cipher is not None:
            source = (INSTALLED / "vendor/simplesamlphp/saml2/src/SAML2/EncryptedAssertion.php").read_text()
            constant = "new XMLSecurityKey(XMLSecurityKey::AES128_CBC)"
            scenarios.check(source.count(constant) == 1, "where the cipher is named has changed")
            copy.write_text(source.replace(constant, f"new XMLSecurityKey('{cipher}')"))

    def is_login_page(self, page):
        return page.form_with("password") is not None

    def sign_in(self, browser, place):
        if isinstance(place, Arrival):
            return place
        scenarios.check(self.is_login_page(place), "no login page:", scenarios.excerpt(place))
        return browser.submit(place.form_with("password"), username="jane", password="secret")

    def unsolicited_url(self, sp):
        return f"{IDP}/saml2/idp/SSOService.php?spentityid={sp.entity_id}&RelayState={scenarios.RELAY_STATE}"

    def logout_url(self, sp):
        return f"{IDP}/saml2/idp/SingleLogoutService.php?ReturnTo={sp.origin}/goodbye"

    def confirm_logout(self, _, place):
        return place

    def logged_out(self, sp, place):
        """The answer was accepted, and the browser is where the logout was told to end."""
        reached = scenarios.excerpt(place) if isinstance(place, Page) else place.url
        scenarios.check(reached == f"{sp.origin}/goodbye", "the logout ends at", reached)

    @staticmethod
    def versions():
        return subprocess.run(
            ["dpkg-query", "-W", "-f", "${Package} ${Version}\n", "simplesamlphp", "php8.2-cli"],
            capture_output=True, text=True, check=False,
        ).stdout

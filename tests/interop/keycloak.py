"""Keycloak as the identity provider."""

import hashlib
import json
import os
import secrets
import shutil
import subprocess
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path

import scenarios
from browser import Arrival, Page
from identity_provider import IdentityProvider
from server import Server

IDP = "http://127.0.0.1:18451"
SP = "http://127.0.0.1:18452"
VERSION = "26.7.3"
ARTIFACT = f"org.keycloak:keycloak-quarkus-dist:{VERSION}:zip"
SHA256 = "27a6535553c3cdcd083872ba40629efafb3475e3b758e0c6f691395561dd0f1f"
COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy"
NOBODY = ["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups", "--inh-caps=-all"]
REALM = "interop"
URL_NAME = "the-service-provider"  # in the URL of logins that start there
PASSWORD = "secret"

ALICE = {
    "username": "alice",
    "email": "alice@example.test",
    "emailVerified": True,
    "firstName": "Alice",
    "lastName": "Ångström-Søn",
    "enabled": True,
    "groups": ["/staff", "/staff/Ops & Dev"],
    "credentials": [{"type": "password", "value": PASSWORD, "temporary": False}],
}


def mapper(kind, name, **config):
    config = {"attribute.name": name, "attribute.nameformat": "Basic", "friendly.name": name, **config}
    return {"name": name, "protocol": "saml", "protocolMapper": kind, "config": config}


MAPPERS = [
    mapper("saml-user-property-mapper", "email", **{"user.attribute": "email"}),
    mapper("saml-user-property-mapper", "firstName", **{"user.attribute": "firstName"}),
    mapper("saml-user-property-mapper", "lastName", **{"user.attribute": "lastName"}),
    mapper("saml-group-membership-mapper", "groups", **{"single": "true", "full.path": "false"}),
]
# What the service provider's metadata does not say, or says otherwise: it names a key for
# encryption, and Keycloak takes that for the wish that assertions be encrypted.
SETTINGS = {
    "saml.client.signature": "false",
    "saml.server.signature": "true",
    "saml.assertion.signature": "false",
    "saml.encrypt": "false",
    "saml_name_id_format": "email",
    "saml_idp_initiated_sso_url_name": URL_NAME,
}
SIGNED = {"saml.client.signature": "true"}
SIGN_ASSERTION = {"saml.server.signature": "false", "saml.assertion.signature": "true"}
SIGN_BOTH = {"saml.server.signature": "true", "saml.assertion.signature": "true"}
SIGN_NOTHING = {"saml.server.signature": "false", "saml.assertion.signature": "false"}
ENCRYPT = {"saml.encrypt": "true"}
# Or else it takes POST whenever it can.
LOGOUT_BY_REDIRECT = {"saml_single_logout_service_url_post": ""}
INCLUSIVE = {"saml_signature_canonicalization_method": "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"}
EXCLUSIVE = ["Set canonicalization to exclusive", "Canonicalization method: EXCLUSIVE; or Sign documents: On"]
RSA_SHA512 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"
RSA_PSS = "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1"
AES256_GCM = "http://www.w3.org/2009/xmlenc11#aes256-gcm"
AES128_CBC = "http://www.w3.org/2001/04/xmlenc#aes128-cbc"
BY_ARTIFACT = {"answer": "artifact", "via": "SAMLart"}
BAD_REQUEST = "Invalid requester"

s = scenarios
# What is shown, the scenario, its arguments, and what the identity provider is told about the
# service provider.
SCENARIOS = [
    ("request by redirect", s.login, {}, {}),
    ("request by POST", s.login, {"binding": "post"}, {}),
    *s.checked_requests(SIGNED, unsigned=BAD_REQUEST, changed=BAD_REQUEST),
    ("answer by artifact, assertion signed", s.login, BY_ARTIFACT, SIGN_BOTH),
    ("answer by artifact to a request by POST, signed and checked", s.login,
     BY_ARTIFACT | {"binding": "post", "sign": True}, SIGN_BOTH | SIGNED),
    # It signs the ArtifactResponse around the Response, and not the Response.
    ("answer by artifact, assertion not signed", s.refused_login, {"answer": "artifact", "code": "signature_missing"}, {}),
    ("artifact, once more", s.replay, {"answer": "artifact", "code": "artifact_refused"}, SIGN_BOTH),
    ("response signed", s.login, {"signed": {"Response"}}, {}),
    ("assertion signed", s.login, {"signed": {"Assertion"}}, SIGN_ASSERTION),
    ("response and assertion signed", s.login, {"signed": {"Response", "Assertion"}}, SIGN_BOTH),
    ("nothing signed", s.refused_login, {"code": "signature_missing"}, SIGN_NOTHING),
    ("signed with RSA_SHA512", s.login, {"contains": [RSA_SHA512], "signed": {"Response", "Assertion"}},
     SIGN_BOTH | {"saml.signature.algorithm": "RSA_SHA512"}),
    ("signed with RSA_SHA256_MGF1", s.login, {"contains": [RSA_PSS], "signed": {"Response", "Assertion"}},
     SIGN_BOTH | {"saml.signature.algorithm": "RSA_SHA256_MGF1"}),
    ("encrypted, response signed", s.login, {"contains": [AES256_GCM], "signed": {"Response"}}, ENCRYPT),
    ("encrypted, assertion signed", s.login, {"contains": [AES256_GCM], "signed": set()}, ENCRYPT | SIGN_ASSERTION),
    ("encrypted, response and assertion signed", s.login, {"signed": {"Response"}}, ENCRYPT | SIGN_BOTH),
    ("encrypted, AES-128-CBC", s.login, {"contains": [AES128_CBC]},
     ENCRYPT | SIGN_BOTH | {"saml.encryption.algorithm": AES128_CBC}),
    ("persistent name", s.persistent_name, {}, {"saml_name_id_format": "persistent"}),
    *s.started_there(),
    *s.asked_for_the_password(),
    *s.replays(),
    ("logout from here by redirect, answered by POST", s.sp_logout, {"sign": True, "by_post": True}, SIGNED),
    ("logout from here by redirect, answered by redirect", s.sp_logout, {"sign": True, "by_post": False},
     SIGNED | LOGOUT_BY_REDIRECT),
    ("logout from here by POST, answered by POST", s.sp_logout, {"sign": True, "binding": "post", "by_post": True}, SIGNED),
    ("logout from here of an encrypted login", s.sp_logout, {}, ENCRYPT),
    ("logout from here with a persistent name", s.sp_logout, {}, {"saml_name_id_format": "persistent"}),
    ("logout from here, answer changed", s.sp_logout_changed, {"code": "signature_invalid"}, LOGOUT_BY_REDIRECT),
    ("logout from there by POST", s.idp_logout, {"sign": True, "by_post": True}, SIGNED),
    ("logout from there by redirect", s.idp_logout, {"sign": True}, SIGNED | LOGOUT_BY_REDIRECT),
    ("logout from there of an encrypted login", s.idp_logout, {"by_post": True}, ENCRYPT),
    ("logout from there, request changed", s.idp_logout_changed, {"code": "signature_invalid"}, LOGOUT_BY_REDIRECT),
    ("without an AuthnStatement", s.refused_login, {"code": "element_missing", "says": ["Include AuthnStatement: On"]},
     {"saml.authnstatement": "false"}),
    ("inclusive canonicalization, response signed", s.login, {"signed": {"Response"}}, INCLUSIVE),
    # It signs the assertion before it puts it into the Response.
    ("inclusive canonicalization, assertion signed", s.refused_login,
     {"code": "signature_invalid", "says": EXCLUSIVE}, INCLUSIVE | SIGN_ASSERTION),
    ("inclusive canonicalization, response and assertion signed", s.refused_login,
     {"code": "signature_out_of_context", "says": EXCLUSIVE}, INCLUSIVE | SIGN_BOTH),
]


class Keycloak(IdentityProvider):
    name = "Keycloak"
    origin = SP
    email = ALICE["email"]
    person = {"first_name": ALICE["firstName"], "last_name": ALICE["lastName"], "groups": ["Ops & Dev", "staff"]}
    checks_after_login = False
    needs = {
        "openjdk-17-jre-headless": ["java", "-XX:-UsePerfData", "-version"],
        "maven": ["mvn", "--version"],
        "util-linux": ["setpriv", "--version"],
    }

    def __init__(self, folder):
        super().__init__(Path(folder))
        self.options = None
        self.password = secrets.token_urlsafe()
        self.home = self.folder / f"keycloak-{VERSION}"
        self._install()
        settings = {
            "HOME": str(self.home),
            # It lives for a minute or two, and leaves nothing in /tmp.
            "JAVA_OPTS_APPEND": f"-XX:TieredStopAtLevel=1 -XX:-UsePerfData -Djava.io.tmpdir={self.home}",
            "KC_BOOTSTRAP_ADMIN_USERNAME": "admin",
            "KC_BOOTSTRAP_ADMIN_PASSWORD": self.password,
        }
        address = urllib.parse.urlsplit(IDP)
        command = [str(self.home / "bin/kc.sh"), "start-dev", "--cache", "local",
                   "--http-host", address.hostname, "--http-port", str(address.port)]
        if os.geteuid() == 0:
            command = NOBODY + command
        self.server = Server(command, settings, self.folder / "keycloak.log", f"{IDP}/realms/master", seconds=300)
        try:
            self._make_realm()
        except BaseException:
            self.stop()
            raise

    def _install(self):
        """The distribution as Maven's central repository has it, and nothing else than that."""
        repository = self.folder / "maven"
        command = ["mvn", "-q", "-B", f"-Dmaven.repo.local={repository}", COPY, f"-Dartifact={ARTIFACT}",
                   f"-DoutputDirectory={self.folder}"]
        result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                                cwd=self.folder, env={**os.environ, "MAVEN_OPTS": "-XX:-UsePerfData"})
        shutil.rmtree(repository, ignore_errors=True)
        scenarios.check(result.returncode == 0, "not fetched:", result.stdout.strip() or result.stderr.strip())
        archive = self.folder / f"keycloak-quarkus-dist-{VERSION}.zip"
        with archive.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        scenarios.check(digest == SHA256, f"{archive.name} is another one: its SHA-256 is", digest)
        with zipfile.ZipFile(archive) as files:
            files.extractall(self.folder)
        archive.unlink()
        (self.home / "bin/kc.sh").chmod(0o755)
        if os.geteuid() == 0:
            # It has to get there, and writes into its own folder alone.
            for folder in (self.folder.parent, self.folder):
                folder.chmod(0o711)
            subprocess.run(["chown", "-R", "nobody:nogroup", str(self.home)], check=True)

    def _make_realm(self):
        self._administer("POST", "", {
            "realm": REALM,
            "enabled": True,
            "groups": [{"name": "staff", "subGroups": [{"name": "Ops & Dev"}]}],
            "users": [ALICE],
        })
        with self._open(f"{IDP}/realms/{REALM}/protocol/saml/descriptor") as answer:
            self.metadata = answer.read().decode()
        client = self._described(sign=False)
        self._administer("POST", "/clients", {**client, "protocolMappers": MAPPERS})
        [found] = self._administer("GET", f"/clients?clientId={urllib.parse.quote(client['clientId'], safe='')}")
        self.client = found["id"]

    def _described(self, *, sign):
        """The client that Keycloak itself makes of the service provider's metadata."""
        return self._administer("POST", "/client-description-converter", self.sp(sign).must("metadata")["xml"])

    def configure(self, options):
        """From here on the identity provider sees the service provider so."""
        if options == self.options:
            return
        client = self._described(sign=options.get("saml.client.signature") == "true")
        client["attributes"] |= SETTINGS | options
        del client["protocolMappers"]  # or else those of the client go
        self._administer("PUT", f"/clients/{self.client}", client)
        self.options = options

    def stop(self):
        if self.server is not None:
            super().stop()
        shutil.rmtree(self.home, ignore_errors=True)  # of no interest to INTEROP_KEEP

    def _administer(self, method, path, body=None):
        """Asks the administration REST API; a realm's, but for the one that makes it."""
        url = f"{IDP}/admin/realms" + (f"/{REALM}{path}" if path else "")
        token = self._token()
        kind = "application/xml" if isinstance(body, str) else "application/json"
        data = body if isinstance(body, str) or body is None else json.dumps(body)
        request = urllib.request.Request(url, data and data.encode(), {
            "Authorization": f"Bearer {token}", "Content-Type": kind, "Accept": "application/json",
        }, method=method)
        with self._open(request) as answer:
            text = answer.read().decode()
        return json.loads(text) if text else None

    def _token(self):
        """One for each question, because it lasts a minute."""
        form = {"grant_type": "password", "client_id": "admin-cli", "username": "admin", "password": self.password}
        url = f"{IDP}/realms/master/protocol/openid-connect/token"
        with self._open(urllib.request.Request(url, urllib.parse.urlencode(form).encode())) as answer:
            return json.loads(answer.read())["access_token"]

    @staticmethod
    def _open(request):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            return opener.open(request, timeout=60)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{error.url}: {error}\n{error.read().decode()[-2000:]}") from error

    def is_login_page(self, page):
        return page.form_with("password") is not None

    def sign_in(self, browser, place):
        if isinstance(place, Arrival):
            return place
        scenarios.check(self.is_login_page(place), "no login page:", scenarios.excerpt(place))
        return browser.submit(place.form_with("password"), username=ALICE["username"], password=PASSWORD)

    def unsolicited_url(self, _):
        relay_state = urllib.parse.quote(scenarios.RELAY_STATE, safe="")
        return f"{IDP}/realms/{REALM}/protocol/saml/clients/{URL_NAME}?RelayState={relay_state}"

    def logout_url(self, _):
        return f"{IDP}/realms/{REALM}/protocol/openid-connect/logout"

    def confirm_logout(self, browser, place):
        """A logout that starts here asks whether it is meant."""
        form = place.form_with("confirmLogout") if isinstance(place, Page) else None
        return browser.submit(form) if form else place

    def logged_out(self, _, place):
        """The identity provider has accepted the answer, and says so."""
        reached = scenarios.excerpt(place) if isinstance(place, Page) else place.url
        scenarios.check("You are logged out" in reached, "the logout ends at", reached)

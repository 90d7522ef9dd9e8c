"""The twelve requests by which Okta decides whether it can work with a server, in our own words.

Okta publishes them as its SCIM 2.0 SPEC test. It asks an organization that has somebody in it.
"""

import json
import uuid
from urllib.parse import quote

from wire import ABSENT, ERROR, LIST, SCIM_JSON, USER, Wire

ASKING = {
    "user-agent": "OKTA SCIM Integration",
    "accept-charset": "utf-8",
    "content-type": f"{SCIM_JSON}; charset=utf-8",
}
WRITING = {"accept": f"{SCIM_JSON}; charset=utf-8", "content-type": "application/json"}


def same(what, found, expected):
    if found != expected or isinstance(found, bool) != isinstance(expected, bool):
        raise AssertionError(f"{what} is {found!r}, expected {expected!r}")


def filled(answer, *pointers):
    for pointer in pointers:
        if answer.at(pointer) in (ABSENT, None, "", [], {}):
            raise AssertionError(f"{pointer} is empty in {answer.text[:300]}")


def numbers(answer, *pointers):
    for pointer in pointers:
        if type(answer.at(pointer)) is not int:
            raise AssertionError(f"{pointer} is {answer.at(pointer)!r}, expected a number")


class Suite:
    def __init__(self, tenant):
        self.wire = Wire(tenant)
        run = uuid.uuid4().hex[:8]
        self.name = f"pia.{run}@orchard.example"
        self.family = f"Pear{run}"
        self.user = {
            "schemas": [USER],
            "userName": self.name,
            "name": {"givenName": "Pia", "familyName": self.family},
            "emails": [{"primary": True, "value": f"office.{run}@orchard.example", "type": "work"}],
            "displayName": f"Pia {self.family}",
            "active": True,
        }

    def ask(self, path, **headers):
        return self.wire.send("GET", path, headers={**ASKING, **headers})

    def by_name(self, name, **headers):
        expression = f'userName eq "{name}"'
        return self.ask(f"/Users?filter={quote(expression, safe='')}", **headers)

    def write(self, user):
        return self.wire.send("POST", "/Users", json.dumps(user).encode(), WRITING)

    def people(self):
        answer = self.ask("/Users?count=1&startIndex=1")
        same("the status", answer.status, 200)
        same("schemas", answer.at("/schemas"), [LIST])
        numbers(answer, "/itemsPerPage", "/startIndex", "/totalResults")
        person = "/Resources/0"
        filled(answer, *(f"{person}/{part}" for part in ("id", "userName", "name/familyName", "name/givenName")))
        filled(answer, f"{person}/emails/0/value", f"{person}/active")
        self.first = answer.at("/Resources/0/id")

    def one_by_id(self):
        answer = self.ask(f"/Users/{self.first}")
        same("the status", answer.status, 200)
        same("id", answer.at("/id"), self.first)
        filled(answer, "/userName", "/name/familyName", "/name/givenName", "/emails/0/value", "/active")

    def nobody(self, name):
        answer = self.by_name(name)
        same("the status", answer.status, 200)
        same("schemas", answer.at("/schemas"), [LIST])
        same("totalResults", answer.at("/totalResults"), 0)

    def refused(self, answer, status):
        same("the status", answer.status, status)
        same("schemas", answer.at("/schemas"), [ERROR])
        same("status in the body", answer.at("/status"), str(status))
        filled(answer, "/detail")

    def create(self):
        answer = self.write(self.user)
        same("the status", answer.status, 201)
        filled(answer, "/id")
        self.made = answer.at("/id")
        self.is_as_written(answer)
        same("active", answer.at("/active"), True)
        if USER not in answer.at("/schemas"):
            raise AssertionError(f"schemas is {answer.at('/schemas')!r}")

    def is_as_written(self, answer):
        same("userName", answer.at("/userName"), self.name)
        same("familyName", answer.at("/name/familyName"), self.family)
        same("givenName", answer.at("/name/givenName"), "Pia")

    def created(self):
        answer = self.ask(f"/Users/{self.made}")
        same("the status", answer.status, 200)
        self.is_as_written(answer)

    def create_again(self):
        emails = [{"primary": True, "value": self.name, "type": "work"}]
        same("the status", self.write({**self.user, "emails": emails}).status, 409)

    def capitals(self):
        answer = self.by_name(self.name.upper())
        same("the status", answer.status, 200)
        same("totalResults", answer.at("/totalResults"), 1)  # which Okta does not ask

    def groups(self):
        same("the status", self.ask("/Groups").status, 200)

    def requests(self):
        """Each with its title, in the order in which they depend on each other."""
        return [
            ("somebody is listed", self.people),
            ("the same person by ID", self.one_by_id),
            ("a user name that is nobody's", lambda: self.nobody("no.one@orchard.example")),
            ("an ID that is nobody's", lambda: self.refused(self.ask(f"/Users/{'0110' * 7}"), 404)),
            ("the user name of the next test is free", lambda: self.nobody(self.name)),
            ("create", self.create),
            ("what was created", self.created),
            ("create the same again", self.create_again),
            ("the user name in capitals", self.capitals),
            ("groups, which may be none", self.groups),
            ("no token", lambda: self.refused(self.by_name(self.name, authorization="no-token"), 401)),
            ("digits as an ID", lambda: self.refused(self.ask("/Users/008844662200113"), 404)),
        ]


def run(tenant, check):
    somebody = {**Suite(tenant).user, "userName": "first@orchard.example"}
    same("the status of the first", Wire(tenant).send("POST", "/Users", somebody).status, 201)
    for title, request in Suite(tenant).requests():
        check(title, request)

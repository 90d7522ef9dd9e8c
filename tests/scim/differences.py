"""The same requests to our server and to scim2-server; `differences/scim2-server.json` has the rest."""

import re
from pathlib import Path
from urllib.parse import quote

from conversation import user
from server import Server
from tables import Table, without_false_primary
from wire import PATCH, Wire

REFERENCE = Path(__file__).resolve().parent / "reference.py"
INSTANT = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


def run(world, check):
    python = str(world.folder / "python" / "bin" / "python")
    reference = Server([python, "-B", str(REFERENCE)], world.folder / "reference.log")
    try:
        ours, theirs = Side(world.server.tenant(seats=50)), Side(reference.tenant(seats=50))
        table = Table("scim2-server")
        for title, *request in REQUESTS:
            pair = ours.answer(*request), theirs.answer(*request)
            if pair[0]["status"] != pair[1]["status"] and max(one["status"] for one in pair) >= 400:
                pair = ({"status": one["status"]} for one in pair)  # their bodies cannot be compared
            check(title, lambda: table.hold(title, *pair))
        check("every row is of use", table.end)
    finally:
        reference.stop()


class Side:
    """One of the two servers. What differs by its nature gets the same names in both."""

    def __init__(self, tenant):
        self.base, self.wire, self.names = tenant.base, Wire(tenant), {}

    def answer(self, method, path, body=None, headers=None):
        path = path.format(**{name: id for id, name in self.names.items()})
        answer = self.wire.send(method, path, body, headers)
        if method == "PATCH" and answer.status == 204:
            # RFC 7644 §3.5.2 leaves a server the choice between 204 and 200 with the resource.
            answer = self.wire.send("GET", path)
        if isinstance(answer.body, dict) and method == "POST" and answer.status == 201:
            self.names[answer.body["id"]] = answer.body["userName"].partition("@")[0]
        if not answer.text:
            return {"status": answer.status}
        kind = answer.headers.get("content-type", "").partition(";")[0]
        return {"status": answer.status, "type": kind, "body": self.plain(answer.body)}

    def plain(self, value, name=""):
        """Without the words of refusals, and with names for IDs, addresses and instants."""
        if isinstance(value, dict):
            value = {key: one for key, one in value.items() if key not in ("detail", "version")}
            return {key: self.plain(one, key) for key, one in without_false_primary(value).items()}
        if isinstance(value, list):
            return sorted(value) if name == "schemas" else [self.plain(one) for one in value]
        if not isinstance(value, str):
            return value
        for id, known in self.names.items():
            value = value.replace(id, f"<{known}>")
        value = value.replace(self.base, "<base>")
        return "<instant>" if INSTANT.match(value) else value


def find(expression, more=""):
    return "GET", f"/Users?filter={quote(expression, safe='')}{more}"


def change(name, *operations):
    return "PATCH", f"/Users/{{{name}}}", {"schemas": [PATCH], "Operations": list(operations)}


def seen(name):
    return "GET", f"/Users/{{{name}}}"


def replace(path, value):
    return {"op": "replace", "path": path, "value": value}


PEACH = [{"value": "peach@orchard.example", "type": "work", "primary": True},
         {"value": "stone@orchard.example", "type": "home", "primary": False}]

# What is shown, and the request. Each side sees them in this order.
REQUESTS = [
    ("create", "POST", "/Users", user("apple", externalId="x-1", displayName="Apple")),
    ("create with two addresses", "POST", "/Users", user("peach", emails=PEACH)),
    ("create with one address that says nothing", "POST", "/Users", user("sloe", emails=[{"value": "sloe@orchard.example"}])),
    ("delete them", "DELETE", "/Users/{sloe}"),
    ("create somebody inactive", "POST", "/Users", user("plum", active=False)),
    ("create the same again", "POST", "/Users", user("apple")),
    ("create without a user name", "POST", "/Users", user("none", without=["userName"])),
    ("create without schemas", "POST", "/Users", user("none", without=["schemas"])),
    ("create from half a JSON", "POST", "/Users", b"{\"schemas\":"),
    ("create from a list", "POST", "/Users", b"[]"),
    ("read", *seen("apple")),
    ("read one attribute", "GET", "/Users/{apple}?attributes=userName"),
    ("read a part of one attribute", "GET", "/Users/{apple}?attributes=name.givenName"),
    ("read all but one attribute", "GET", "/Users/{apple}?excludedAttributes=emails"),
    ("read who is not there", "GET", "/Users/6f8a3a52-0000-4000-8000-000000000000"),
    ("without a token", "GET", "/Users", None, {"authorization": None}),
    ("with another token", "GET", "/Users", None, {"authorization": "Bearer other"}),
    ("a place that is none", "GET", "/Trees"),
    ("delete everybody", "DELETE", "/Users"),
    ("find by user name", *find('userName eq "APPLE@orchard.example"')),
    ("find by external ID", *find('externalId eq "x-1"')),
    ("find by external ID in capitals", *find('externalId eq "X-1"')),
    ("find by address", *find('emails.value eq "stone@orchard.example"')),
    ("find by address and type", *find('emails[type eq "work" and value eq "stone@orchard.example"]')),
    ("find who is inactive", *find("active eq false")),
    ("find by a beginning", *find('userName sw "P"', "&sortBy=userName")),
    ("find by what is there", *find("displayName pr")),
    ("find by what is not there", *find("not (displayName pr)", "&sortBy=userName")),
    ("find by a part", *find('userName co "each"')),
    ("find by an end", *find('emails[value ew "orchard.example" and type eq "home"]')),
    ("find by one or the other", *find('displayName eq "Apple" or active eq false', "&sortBy=userName")),
    ("find by an instant", *find('meta.created gt "2020-01-01T00:00:00Z"', "&sortBy=userName")),
    ("find by nothing known", *find('ripeness eq "green"')),
    ("find by half a sentence", *find("userName eq")),
    ("find by a comparison of booleans", *find("active gt true")),
    ("sorted", "GET", "/Users?sortBy=userName&sortOrder=descending"),
    ("a page", "GET", "/Users?sortBy=userName&startIndex=2&count=1"),
    ("a page before the first", "GET", "/Users?sortBy=userName&startIndex=0&count=1"),
    ("a page of none", "GET", "/Users?count=0"),
    ("a page of fewer than none", "GET", "/Users?count=-1"),
    ("a page behind the last", "GET", "/Users?startIndex=100"),
    ("search by POST", "POST", "/Users/.search", {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
     "filter": 'userName eq "peach@orchard.example"', "attributes": ["emails.value"]}),
    ("replace", "PUT", "/Users/{apple}", user("apple", displayName="Another", externalId="x-2")),
    ("replace without what is optional", "PUT", "/Users/{apple}", user("apple", without=["name", "emails", "active"])),
    ("replace by all of it again", "PUT", "/Users/{apple}", user("apple", displayName="Another", externalId="x-2")),
    ("replace with the name of another", "PUT", "/Users/{apple}", user("peach")),
    ("replace who is not there", "PUT", "/Users/6f8a3a52-0000-4000-8000-000000000000", user("none")),
    ("change a name", *change("apple", replace("name.familyName", "Grafted"))),
    ("change without a path", *change("apple", {"op": "replace", "value": {"displayName": "Bare", "active": False}})),
    ("change a work address", *change("peach", replace('emails[type eq "work"].value', "pit@orchard.example"))),
    ("add an address", *change("peach", {"op": "add", "path": "emails", "value": [{"value": "leaf@orchard.example", "type": "other"}]})),
    ("remove the home address", *change("peach", {"op": "remove", "path": 'emails[type eq "home"]'})),
    ("mark another as primary", *change("peach", {"op": "replace", "path": 'emails[type eq "other"].primary', "value": True})),
    ("remove a name", *change("peach", {"op": "remove", "path": "name.givenName"})),
    ("remove without a path", *change("peach", {"op": "remove"})),
    ("an operation that is none", *change("peach", {"op": "move", "path": "displayName", "value": "x"})),
    ("a path that is none", *change("peach", replace("name..given", "x"))),
    ("an attribute that nobody knows", *change("peach", replace("ripeness", "green"))),
    ("an ID", *change("peach", replace("id", "chosen"))),
    ("a filter that finds none", *change("peach", replace('emails[value eq "nobody@orchard.example"].type', "home"))),
    ("replace what came of it", "PUT", "/Users/{peach}", user("peach", emails=PEACH)),
    ("the name of another", *change("peach", replace("userName", "plum@orchard.example"))),
    ("no boolean", *change("peach", replace("active", "perhaps"))),
    ("after all of that", *seen("peach")),
    ("with a version of before", "PATCH", "/Users/{peach}", {"schemas": [PATCH], "Operations": [replace("displayName", "x")]}, {"if-match": "W/\"none\""}),
    ("delete", "DELETE", "/Users/{plum}"),
    ("delete again", "DELETE", "/Users/{plum}"),
    ("who is left", "GET", "/Users?sortBy=userName"),
]

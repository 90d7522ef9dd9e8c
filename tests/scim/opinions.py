"""What two libraries from npm say about filters and changes; `differences/` has the rest.

They see what our server has answered about the same people, so that only the meaning of a filter or
of an operation can differ.
"""

import json
import os
import subprocess
from pathlib import Path
from urllib.parse import quote

from conversation import user
from tables import Table, without_false_primary
from wire import PATCH, Wire

HERE = Path(__file__).resolve().parent / "opinions"


def run(world, check):
    opinion = Opinion(world.folder / "npm" / "node_modules")
    filters(Wire(world.server.tenant(seats=50)), opinion, check)
    changes(Wire(world.server.tenant(seats=200)), opinion, check)


class Opinion:
    def __init__(self, modules):
        self.modules = modules

    def ask(self, questions):
        result = subprocess.run(
            ["node", HERE / "opinion.js"], env={**os.environ, "NODE_PATH": self.modules},
            input="".join(json.dumps(one) + "\n" for one in questions),
            capture_output=True, text=True, check=True, timeout=60,
        )
        return [json.loads(line) for line in result.stdout.splitlines()]


def filters(wire, opinion, check):
    for body in PEOPLE:
        answer = wire.send("POST", "/Users", body)
        if answer.status != 201:
            raise AssertionError(f"{body['userName']} cannot be made: {answer.text[:300]}")
    people = list(wire.everyone().values())
    said = opinion.ask([{"expression": one, "people": people} for one in FILTERS])
    table = Table("scim2-parse-filter")
    for expression, theirs in zip(FILTERS, said):
        answer = wire.send("GET", f"/Users?count=100&filter={quote(expression, safe='')}")
        ours = "refused" if answer.status == 400 else sorted(
            one["userName"] for one in answer.body.get("Resources", []))
        check(expression, lambda: table.hold(expression, ours, theirs))
    check("every row on filters is of use", table.end)


def changes(wire, opinion, check):
    table, questions, ours = Table("scim-patch"), [], []
    for number, (_, operations) in enumerate(CHANGES):
        # No two people have one address.
        operations = json.loads(json.dumps(operations).replace("home@", f"home{number}@"))
        made = wire.send("POST", "/Users", user(f"change{number}", displayName="Before")).body
        message = {"schemas": [PATCH], "Operations": operations}
        answer = wire.send("PATCH", f"/Users/{made['id']}", message)
        questions.append({"user": made, "operations": operations})
        read = wire.send("GET", f"/Users/{made['id']}").body
        if answer.status not in (200, 204, 400):
            raise AssertionError(f"{message} answered {answer.status}: {answer.text[:300]}")
        ours.append("refused" if answer.status == 400 else stored(read))
    for (title, _), mine, theirs in zip(CHANGES, ours, opinion.ask(questions)):
        if "refused" in (mine, theirs):
            mine, theirs = (one if one == "refused" else "taken" for one in (mine, theirs))
        else:
            theirs = stored(theirs)
        check(title, lambda: table.hold(title, mine, theirs))
    check("every row on changes is of use", table.end)


def stored(user):
    addresses = [without_false_primary(one) for one in user.pop("emails", [])]
    user = {**user, **({"emails": addresses} if addresses else {})}
    return {name: value for name, value in user.items() if name not in ("id", "meta")}


PEOPLE = [
    user("anise", displayName="Anise", externalId="S-1"),
    user("Borage", emails=[{"value": "Borage@orchard.example", "type": "work", "primary": True},
                           {"value": "blue@orchard.example", "type": "home"}]),
    user("cumin", active=False, displayName="Cumin \"C\" Seed"),
    user("dill", emails=[{"value": "dill@orchard.example", "type": "home"}], displayName="anise"),
]

FILTERS = [
    'userName eq "anise@orchard.example"', 'userName eq "ANISE@ORCHARD.EXAMPLE"', 'USERNAME EQ "anise@orchard.example"',
    'userName ne "anise@orchard.example"', 'userName co "orchard"', 'userName sw "b"', 'userName ew "EXAMPLE"',
    'userName gt "b"', 'userName lt "c"', 'userName ge "cumin@orchard.example"', 'userName pr', 'displayName pr',
    'not (displayName pr)', 'externalId eq "S-1"', 'externalId eq "s-1"', 'displayName eq "Anise"',
    'displayName eq "Cumin \\"C\\" Seed"', 'active eq true', 'active eq false', 'active ne true', 'active eq "true"',
    'active gt true', 'active pr', 'name.familyName eq "Orchard"', 'name.givenName sw "C"', 'name pr',
    'emails pr', 'emails.value eq "blue@orchard.example"', 'emails.type eq "home"', 'emails eq "blue@orchard.example"',
    'emails[type eq "work"]', 'emails[type eq "work" and value co "Borage"]', 'emails[type eq "work" and value co "blue"]',
    'emails[not (type eq "work")]', 'emails[type eq "home"].value eq "blue@orchard.example"', 'emails[primary eq true]',
    'emails.type eq "work" and emails.value co "blue"', 'meta.created gt "2020-01-01T00:00:00Z"',
    'meta.resourceType eq "User"', 'id pr', 'schemas eq "urn:ietf:params:scim:schemas:core:2.0:User"',
    'urn:ietf:params:scim:schemas:core:2.0:User:userName eq "dill@orchard.example"',
    'userName eq "anise@orchard.example" or userName eq "dill@orchard.example" and active eq false',
    '(userName eq "anise@orchard.example" or userName eq "dill@orchard.example") and active eq false',
    'not (userName sw "a" or userName sw "B")', 'not(active eq true)', '((userName pr))', 'userName eq null',
    'displayName eq null', 'userName eq 5', 'ripeness eq "green"', 'userName', 'userName eq', 'userName equals "x"',
    'eq "x"', 'userName eq "x" and', 'and userName pr', '(userName pr', 'userName pr)', 'emails[type eq "work"',
    'emails[]', 'userName eq "x', 'userName eq x', '', 'userName  eq  "dill@orchard.example"', 'userName eq\t"x"',
    'userName eq "\\u0064ill@orchard.example"', 'not userName pr', 'userName.first eq "x"', 'userName[value eq "x"]',
]


def op(op, path=None, *value):
    return {"op": op, **({} if path is None else {"path": path}), **({"value": value[0]} if value else {})}


HOME = {"value": "home@orchard.example", "type": "home"}

CHANGES = [
    ("replace a text", [op("replace", "displayName", "After")]),
    ("add a text", [op("add", "displayName", "After")]),
    ("remove a text", [op("remove", "displayName")]),
    ("Replace in capitals", [op("Replace", "displayName", "After")]),
    ("a path in other letters", [op("replace", "DISPLAYNAME", "After")]),
    ("a path with the schema before it", [op("replace", "urn:ietf:params:scim:schemas:core:2.0:User:displayName", "After")]),
    ("replace a part", [op("replace", "name.familyName", "After")]),
    ("remove a part", [op("remove", "name.familyName")]),
    ("add to a whole", [op("add", "name", {"familyName": "After"})]),
    ("replace a whole", [op("replace", "name", {"familyName": "After"})]),
    ("remove a whole", [op("remove", "name")]),
    ("add without a path", [op("add", None, {"displayName": "After", "name": {"givenName": "Other"}})]),
    ("replace without a path", [op("replace", None, {"displayName": "After", "name": {"givenName": "Other"}})]),
    ("a path as a member", [op("replace", None, {"name.givenName": "Other"})]),
    ("remove without a path", [op("remove")]),
    ("add to a list", [op("add", "emails", [HOME])]),
    ("add one that is no list", [op("add", "emails", HOME)]),
    ("add what is there already", [op("add", "emails", [HOME]), op("add", "emails", [HOME])]),
    ("replace a list", [op("replace", "emails", [HOME])]),
    ("remove a list", [op("remove", "emails")]),
    ("replace a part of one in a list", [op("replace", 'emails[type eq "work"].value', "after@orchard.example")]),
    ("replace one in a list", [op("replace", 'emails[type eq "work"]', HOME)]),
    ("replace a part of each in a list", [op("replace", "emails.type", "other")]),
    ("remove one in a list", [op("add", "emails", [HOME]), op("remove", 'emails[type eq "work"]')]),
    ("remove a part of one in a list", [op("remove", 'emails[type eq "work"].type')]),
    ("remove by a value", [op("add", "emails", [HOME]), op("remove", "emails", [HOME])]),
    ("add one that a filter makes", [op("add", 'emails[type eq "home"].value', "home@orchard.example")]),
    ("replace one that a filter does not find", [op("replace", 'emails[type eq "home"].value', "home@orchard.example")]),
    ("remove one that a filter does not find", [op("remove", 'emails[type eq "home"]')]),
    ("a second primary", [op("add", "emails", [{**HOME, "primary": True}])]),
    ("false", [op("replace", "active", False)]),
    ("false as a text", [op("replace", "active", "False")]),
    ("no boolean", [op("replace", "active", "perhaps")]),
    ("no value", [op("replace", "displayName")]),
    ("null", [op("replace", "displayName", None)]),
    ("no such operation", [op("move", "displayName", "After")]),
    ("half a path", [op("replace", 'emails[type eq "work"', "After")]),
    ("two, of which one is none", [op("replace", "displayName", "After"), op("replace", "active", "perhaps")]),
]

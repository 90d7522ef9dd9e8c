"""Plays what a client says to a server, step by step, and says where the answers are others.

`conversations/README.md` describes the files.
"""

import json
import re
import threading
from pathlib import Path
from urllib.parse import quote

from expectations import agrees, always, differences
from server import DOMAIN
from wire import ABSENT, PATCH, USER, Wire

FOLDER = Path(__file__).resolve().parent / "conversations"
OKTA = {
    "user-agent": "Okta SCIM Client 1.0.0",
    "accept": "application/scim+json; charset=utf-8",
    "accept-charset": "utf-8",
    "content-type": "application/scim+json; charset=utf-8",
}
PLAIN_JSON = {"accept": "application/json", "content-type": "application/json"}
DIALECTS = {"okta": OKTA, "json": PLAIN_JSON}
# A word that is none would be an expectation that nothing looks at.
WORDS = {
    "conversation": {"client", "title", "shows", "tenant", "people", "steps"},
    "step": {
        "do", "filter", "user", "patch", "body", "text", "pad", "dialect", "headers", "gives", "shows",
        "refusal", "headers_show", "keep", "collect", "together", "after",
    },
    "after": {"accounts", "seats", "people", "found", "each_once", "within"},
}
NAME = re.compile(r"<(\w+)>")


def load():
    """Every conversation, with the name of its file."""
    for file in sorted(FOLDER.glob("*.json")):
        for conversation in json.loads(file.read_text("utf-8")):
            check_words(conversation, "conversation")
            for step in conversation["steps"]:
                check_words(step, "step")
                check_words(step.get("after", {}), "after")
            yield file.stem, conversation


def check_words(value, kind):
    if unknown := set(value) - WORDS[kind]:
        raise ValueError(f"{kind} {value}: unknown {sorted(unknown)}")


def user(called, without=(), **changes):
    """The body of a person of whom nothing else is said."""
    address = f"{called}@{DOMAIN}"
    body = {
        "schemas": [USER],
        "userName": address,
        "name": {"givenName": called.capitalize(), "familyName": "Orchard"},
        "emails": [{"value": address, "type": "work", "primary": True}],
        "active": True,
        **changes,
    }
    return {name: value for name, value in body.items() if name not in without}


class Play:
    def __init__(self, tenant, conversation):
        self.wire, self.conversation = Wire(tenant), conversation
        self.names, self.lists, self.wrong = {"token": tenant.token}, {}, []

    def run(self):
        """Raises with everything that is not as expected."""
        self.prepare()
        for number, step in enumerate(self.conversation["steps"], start=1):
            self.where = f"step {number}, {step.get('do', 'state')}"
            self.step(step)
            self.state(step.get("after", {}))
        if self.wrong:
            raise AssertionError("\n".join(self.wrong))

    def prepare(self):
        there = {one["userName"].lower(): id for id, one in self.wire.everyone().items()}
        for called, changes in self.conversation.get("people", {}).items():
            body = user(called, **{k: v for k, v in changes.items() if k != "invited"})
            id = there.get(body["userName"].lower())  # invited, where the server can do that
            if id is None:
                answer = self.wire.send("POST", "/Users", body)
                if answer.status != 201:
                    raise AssertionError(f"{called} cannot be made: {answer.status} {answer.text[:300]}")
                id = answer.body["id"]
            self.names[called] = id
        before = self.wire.everyone().values()
        self.accounts, self.seats = len(before), sum(one.get("active") is True for one in before)

    def fill(self, value, encode=lambda text: text):
        """Puts what was kept in the place of `<name>`."""
        if isinstance(value, str):
            whole = NAME.fullmatch(value)
            if whole and whole[1] in self.names:
                return self.names[whole[1]]
            known = lambda m: encode(str(self.names[m[1]])) if m[1] in self.names else m[0]
            return NAME.sub(known, value)
        if isinstance(value, list):
            return [self.fill(one, encode) for one in value]
        if isinstance(value, dict):
            return {self.fill(k, encode): self.fill(v, encode) for k, v in value.items()}
        return value

    def step(self, step):
        if "together" in step:
            self.together(step)
        elif "do" in step:
            method, answer = self.send(step)
            self.judge(step, method, answer)

    def send(self, step):
        method, _, path = step["do"].partition(" ")
        path = NAME.sub(lambda m: quote(str(self.names[m[1]]), safe=""), path)
        if "filter" in step:
            path += ("&" if "?" in path else "?") + "filter=" + quote(self.fill(step["filter"]), safe="")
        headers = {**DIALECTS.get(step.get("dialect"), {}), **self.fill(step.get("headers", {}))}
        return method, self.wire.send(method, path, self.octets(step), headers)

    def octets(self, step):
        body = self.body(step)
        if "pad" in step:
            return json.dumps(body).encode() + b" " * step["pad"]
        return body

    def body(self, step):
        if "text" in step:
            return step["text"].encode()
        if "user" in step:
            return self.fill(user(**step["user"]))
        if "patch" in step:
            return self.fill({"schemas": [PATCH], "Operations": step["patch"]})
        return self.fill(step["body"]) if "body" in step else None

    def judge(self, step, method, answer):
        wrong = list(always(method, answer))
        if answer.status != step["gives"]:
            wrong.append(f"status {answer.status}, expected {step['gives']}: {answer.text[:300]}")
        elif answer.status >= 400:
            wrong += differences(answer, self.fill(step.get("refusal", {})))
        else:
            wrong += differences(answer, self.fill(step.get("shows", {})))
        for name, value in self.fill(step.get("headers_show", {})).items():
            found = answer.headers.get(name.lower(), ABSENT)
            if not agrees(found, value):
                wrong.append(f"header {name} is {found!r}, expected {value!r}")
        self.wrong += [f"{self.where}: {line}" for line in wrong]
        self.keep(step, answer)

    def keep(self, step, answer):
        for name, place in step.get("keep", {}).items():
            found = answer.at(place) if place.startswith("/") else answer.headers.get(place, ABSENT)
            if found is ABSENT:
                raise AssertionError("\n".join([*self.wrong, f"{self.where}: nothing at {place}"]))
            self.names[name] = found
        for name, pointer in step.get("collect", {}).items():
            self.lists.setdefault(name, []).extend(answer.at(pointer) or [])

    def together(self, step):
        answers, gate = [], threading.Barrier(len(step["together"]))

        def go(one):
            gate.wait()
            answers.append(self.send(one))

        threads = [threading.Thread(target=go, args=(one,)) for one in step["together"]]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for method, answer in answers:
            self.wrong += [f"{self.where}: {line}" for line in always(method, answer)]
        statuses = sorted(answer.status for _, answer in answers)
        if statuses != step["gives"]:
            self.wrong.append(f"{self.where}: statuses {statuses}, expected {step['gives']}")

    def state(self, after):
        """How many there are now, more or fewer than in the beginning, and what they are."""
        if "accounts" in after or "seats" in after:
            now = self.wire.everyone().values()
            counted = {
                "accounts": len(now) - self.accounts,
                "seats": sum(one.get("active") is True for one in now) - self.seats,
            }
            for what, number in counted.items():
                self.compare(what, number, after.get(what, number))
        for called, places in after.get("people", {}).items():
            answer = self.wire.send("GET", f"/Users/{quote(self.names[called], safe='')}")
            self.compare(called, answer.status, 404 if places == "gone" else 200)
            if places != "gone":
                found = differences(answer, self.fill(places))
                self.wrong += [f"{self.where}, then {called}: {line}" for line in found]
        for expression, number in after.get("found", {}).items():
            answer = self.wire.find(self.fill(expression))
            self.compare(expression, answer.at("/totalResults"), number)
        for name, other in after.get("each_once", {}).items():
            self.compare(name, sorted(self.lists[name]), sorted(self.lists[other]))
        for name, other in after.get("within", {}).items():
            self.compare(f"{name} beyond {other}", set(self.lists[name]) - set(self.lists[other]), set())

    def compare(self, what, found, expected):
        if found != expected:
            self.wrong.append(f"{self.where}, then {what} is {found!r}, expected {expected!r}")


def run(server, check):
    for file, conversation in load():
        title = f"{file}: {conversation['client']}: {conversation['title']}"

        def play():
            needs = dict(conversation.get("tenant", {}))
            needs["existing"] = [
                {"as": called, "via": "invite", "user": user(called)}
                for called, changes in conversation.get("people", {}).items() if changes.get("invited")
            ]
            Play(server.tenant(**needs), conversation).run()

        check(title, play)

"""Two answers to one question, and the table of the differences that are meant."""

import json
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "differences"
NOTHING = "(nothing)"


def compare(ours, theirs, place=""):
    """Where two JSON values differ: pointer → what stands there in ours and in theirs."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        found = {}
        for name in sorted({*ours, *theirs}):
            found |= compare(ours.get(name, NOTHING), theirs.get(name, NOTHING), f"{place}/{name}")
        return found
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        found = {}
        for index, pair in enumerate(zip(ours, theirs)):
            found |= compare(*pair, f"{place}/{index}")
        return found
    return {} if ours == theirs and type(ours) is type(theirs) else {place: [ours, theirs]}


def without_false_primary(value):
    """RFC 7643 §2.4: if it is not specified, "primary" is assumed to be "false"."""
    return {name: one for name, one in value.items() if (name, one) != ("primary", False)}


class Table:
    """Rows of `title`, `differs` (as `compare` tells it) and `why`."""

    def __init__(self, name):
        rows = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
        self.rows = {row["title"]: row for row in rows}
        self.seen = set()

    def hold(self, title, ours, theirs):
        """A difference without a row is a failure, and so is a row without a difference."""
        self.seen.add(title)
        differs = compare(ours, theirs)
        row = self.rows.get(title, {"differs": {}})
        if differs != row["differs"]:
            found = json.dumps({"title": title, "differs": differs}, ensure_ascii=False)
            raise AssertionError(f"found {found}\nexpected {json.dumps(row, ensure_ascii=False)}")
        return row.get("why")

    def end(self):
        unknown = sorted(set(self.rows) - self.seen)
        if unknown:
            raise AssertionError(f"rows of nothing: {unknown}")
        silent = [title for title, row in self.rows.items() if not row.get("why")]
        if silent:
            raise AssertionError(f"rows that give no reason: {silent}")

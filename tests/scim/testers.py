"""The conformance testers that others wrote: each is a command with a verdict of its own."""

import json
import os
import re
import subprocess
from pathlib import Path

MINUTES = 10
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def run(command, environment=None):
    return subprocess.run(
        [str(part) for part in command], env={**os.environ, **(environment or {})}, check=False,
        capture_output=True, text=True, timeout=MINUTES * 60,
    )


def scim2_cli(folder, tenant):
    """One line a check, and its reason below where it is not `SUCCESS`."""
    command = [Path(folder) / "bin" / "scim2", "--url", tenant.base, "test"]
    secret = {"SCIM_CLI_HEADERS": f"Authorization: Bearer {tenant.token}", "NO_COLOR": "1"}
    result = run(command, secret)
    said = COLOURS.sub("", result.stdout)
    passed = len(re.findall(r"^SUCCESS ", said, re.MULTILINE))
    failures = re.findall(r"^(?!SUCCESS|SKIPPED)[A-Z]+ \w+\n.*", said, re.MULTILINE)
    if result.returncode != 0 or passed == 0:
        raise AssertionError("\n".join([f"exit {result.returncode}", *failures, result.stderr[-1000:]]))
    return f"{passed} checks"


def scim_sanity(folder, tenant, *options):
    """Counts in JSON. What it skips are the resources that we do not have."""
    command = [
        Path(folder) / "bin" / "scim-sanity", "probe", tenant.base, "--token", tenant.token,
        "--i-accept-side-effects", "--resource", "User", "--json-output", *options,
    ]
    result = run(command)
    try:
        said = json.loads(result.stdout)
    except ValueError:
        raise AssertionError(f"exit {result.returncode}: {result.stdout[-500:]}{result.stderr[-1000:]}") from None
    counts = said["summary"]
    if result.returncode != 0 or counts["failed"] or counts["errors"] or not counts["passed"]:
        bad = [f"{r['name']}: {r.get('message')}" for r in said["results"] if r["status"] not in ("pass", "skip")]
        raise AssertionError("\n".join([f"exit {result.returncode}, {counts}", *bad]))
    return f"{counts['passed']} checks, {counts['warnings']} warnings"

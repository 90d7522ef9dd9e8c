"""Clients that others wrote, each in a program of ours that does what an administrator's tool does."""

import os
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent / "clients"
MINUTES = 5


def run(world, check):
    java = world.folder / "java"
    libraries = f"{java / 'lib'}/*"
    sources = [str(file) for file in sorted(HERE.glob("*.java"))]
    command = ["javac", "-d", str(java / "classes"), "-cp", libraries, *sources]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    if built.returncode != 0:
        raise AssertionError(built.stderr[-3000:])
    program = ["java", "-Xmx256m", "-cp", f"{java / 'classes'}:{libraries}"]
    python = str(world.folder / "python" / "bin" / "python")
    tell(world, check, "scim2-client", [python, "-B", str(HERE / "client.py")])
    tell(world, check, "UnboundID's SDK", [*program, "Unbound"])
    tell(world, check, "Captain Goldfish's SDK", [*program, "Goldfish"])


def tell(world, check, name, command):
    """One check for each line that the program writes, and one for its end."""
    tenant = world.server.tenant(seats=100)
    result = subprocess.run(
        [*command, tenant.base], env={**os.environ, "SCIM_TOKEN": tenant.token}, check=False,
        capture_output=True, text=True, timeout=MINUTES * 60,
    )
    for line in result.stdout.splitlines():
        word, _, rest = line.partition(" ")
        title, _, why = rest.partition(": ")
        check(f"{name} {title}", lambda: verdict(word, why))
    check(f"{name} comes to its end", lambda: verdict(result.returncode, result.stderr[-2000:]))


def verdict(found, why):
    if found not in ("ok", 0):
        raise AssertionError(f"{found}: {why}")

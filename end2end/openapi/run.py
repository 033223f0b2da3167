"""Holds the description of the HTTP API against a running server, operation by operation.

Asks with the session of the administrator of a fresh sandbox. `ATELIER_BIN` is the program, `DATABASE_URL` may name a
database; what is given on the command line goes on to Schemathesis.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).parent
# Each has tests of its own: it would end the session that asks.
LEFT_OUT = {"POST /api/auth/sign-out"}
LEAST_CASES = 50


# They take nothing: no parameter, no body, no session. One request is like the other.
NOTHING_TO_VARY = {"GET /healthz", "GET /metrics", "GET /readyz"}
# Their tokens and signatures are secrets of providers; that they are taken is in the tests of payments and studio.
NEVER_GOOD = ("/callback/", "/webhooks/", "/auth/reset")


def start(folder):
    settings = {
        **{name: value for name, value in os.environ.items() if not name.startswith("ATELIER_")},
        "ATELIER_LISTEN": "127.0.0.1:0",
        "ATELIER_DATA_DIR": folder,
        "ATELIER_RATE_LIMITS": "off",
        "RUST_LOG": "error",
    }
    # What it says goes to a file: a pipe that nobody reads would stop it.
    said = pathlib.Path(folder) / "server.log"
    server = subprocess.Popen([os.environ["ATELIER_BIN"]], env=settings, stdout=said.open("w"), stderr=subprocess.STDOUT)
    while server.poll() is None:
        if found := re.search(r"^listening on (\S+)", said.read_text(), re.MULTILINE):
            return server, found[1]
        time.sleep(0.05)
    sys.exit(f"the server did not start: {said.read_text()}")


def sign_in(base):
    who = {"email": "admin@example.com", "password": "atelier-demo"}
    request = urllib.request.Request(
        f"{base}/api/auth/sign-in", json.dumps(who).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request) as answer:
        return re.search(r"atelier_session=([^;]+)", answer.headers["Set-Cookie"])[1]


def operations(base, document):
    """The operations of the description, which is kept as the file `document`."""
    with urllib.request.urlopen(f"{base}/api/openapi.json") as answer:
        document.write_bytes(answer.read())
    paths = json.loads(document.read_text())["paths"]
    return {
        f"{method.upper()} {path}": set(operation["responses"])
        for path, methods in paths.items()
        for method, operation in methods.items()
    }


def cases_of(asked, operation):
    return sum(asked.get(operation, {}).values())


def judge(described, asked):
    """Prints what was asked, and gives what is wrong with it."""
    wrong = {}
    print(f"{'operation':<58} {'cases':>6}  answers")
    for operation, statuses in sorted(described.items()):
        if operation in LEFT_OUT:
            continue
        seen = asked.get(operation, {})
        cases = cases_of(asked, operation)
        answers = " ".join(f"{status}×{times}" for status, times in sorted(seen.items()))
        print(f"{operation:<58} {cases:>6}  {answers}")
        if cases < (LEAST_CASES if operation not in NOTHING_TO_VARY else 1):
            wrong[operation] = f"{cases} cases"
        secret = any(part in operation for part in NEVER_GOOD)
        if not secret and not any(status.startswith("2") for status in seen):
            wrong[operation] = "never answered well"
    return wrong


def run(options):
    """Asks a fresh server; gives what is described, what was asked, and whether all of it was as described."""
    with tempfile.TemporaryDirectory() as folder:
        server, base = start(folder)
        try:
            asked, document = pathlib.Path(folder) / "asked.json", pathlib.Path(folder) / "openapi.json"
            described = operations(base, document)
            settings = {
                **os.environ,
                "ATELIER_BASE": base,
                "ATELIER_SESSION": sign_in(base),
                "ATELIER_ASKED": str(asked),
                "PYTHONPATH": str(HERE),
                "SCHEMATHESIS_HOOKS": "hooks",
            }
            command = [
                *(pathlib.Path(sys.executable).parent / "schemathesis", "--config-file", HERE / "schemathesis.toml"),
                *("run", document, "--url", base, "--no-color", *options),
            ]
            code = subprocess.run(command, env=settings, cwd=folder).returncode
        finally:
            server.terminate()
            server.wait(timeout=20)
        print((pathlib.Path(folder) / "server.log").read_text())
        return described, json.loads(asked.read_text()), code == 0


def main():
    left_out = [word for one in LEFT_OUT for word in ("--exclude-path", one.split()[1])]
    described, asked, good = run([*left_out, *sys.argv[1:]])
    # Where little can be varied, one seed does not come to enough cases.
    for seed in range(2, 5):
        few = [one for one in described if one not in LEFT_OUT | NOTHING_TO_VARY and cases_of(asked, one) < LEAST_CASES]
        for operation in few:
            method, path = operation.split()
            only = ["--include-path", path, "--include-method", method, "--seed", str(seed)]
            _, more, also_good = run(only)
            good = good and also_good
            for status, times in more.get(operation, {}).items():
                answers = asked.setdefault(operation, {})
                answers[status] = answers.get(status, 0) + times
    wrong = judge(described, asked)
    for operation, why in wrong.items():
        print(f"{operation}: {why}")
    # What Schemathesis found is told above, and is of one operation at least.
    failed = max(len(wrong), 0 if good else 1)
    count = len(described) - len(LEFT_OUT)
    print(f"{count} operations: {count - failed} as described, {failed} not")
    sys.exit(1 if failed else 0)


main()

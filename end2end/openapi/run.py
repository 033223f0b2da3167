"""Holds the description of the HTTP API against a running server, operation by operation.

Asks with the session of the administrator of a fresh sandbox, and then, shorter and with the rate limits on, with that of
somebody who only has an account. `ATELIER_BIN` is the program, `DATABASE_URL` may name a database; what is given on the command
line goes on to Schemathesis.
"""

import contextlib
import http.client
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


# They take nothing: no parameter, no body, no session. One request is like the other, so it takes many seeds.
NOTHING_TO_VARY = {"GET /healthz", "GET /metrics", "GET /readyz"}
STUDIOS = ("/api/try-on/callback/{token}", "/api/video/callback/{token}")
WEBHOOKS = {
    "/api/v1/webhooks/stripe": "tests/site/payments.rs",
    "/api/webhooks/stripe": "tests/site/payments.rs",
    "/api/webhooks/creem": "tests/site/desk.rs",
}
# How something is asked decides these, so each that is described has to be seen; others depend on what is there.
ASKED_WRONGLY = ("400", "401", "403", "413", "415", "416", "422")
# Those that came of none of these requests, with the tests that see them.
SEEN_ELSEWHERE = {
    # Tokens of other scopes; of the metrics, an address that is not this machine's.
    **dict.fromkeys(
        ["GET /live 403", "DELETE /api/jobs/{id} 403", "DELETE /api/tokens/{id} 403"],
        "tests/site/privileges",
    ),
    "GET /metrics 403": "tests/site/metrics.rs",
    # Their tokens and signatures are secrets of providers.
    **{f"POST {path} 200": test for path, test in WEBHOOKS.items()},
    "POST /api/webhooks/replicate 204": "tests/site/replicate.rs",
    "POST /api/try-on/callback/{token} 204": "tests/site/replicate.rs",
    "POST /api/video/callback/{token} 204": "tests/site/fashn.rs",
    # A signature is looked at once the token is known.
    **dict.fromkeys([f"POST {path} 400" for path in STUDIOS], "tests/site/fashn.rs"),
    # Pictures larger than one may be, within a body that may be.
    "POST /api/try-on 413": "tests/site/studio.rs",
    "POST /api/video/generate 413": "tests/site/video.rs",
}


def start(folder, limits):
    settings = {
        **{name: value for name, value in os.environ.items() if not name.startswith("ATELIER_")},
        "ATELIER_LISTEN": "127.0.0.1:0",
        "ATELIER_DATA_DIR": folder,
        "ATELIER_RATE_LIMITS": limits,
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


def enter(base, path, email, password):
    """The session of somebody who signs in or up."""
    request = urllib.request.Request(
        f"{base}/api/auth/{path}",
        json.dumps({"email": email, "password": password}).encode(),
        {"Content-Type": "application/json"},
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
        if cases < LEAST_CASES:
            wrong[operation] = f"{cases} cases"
    return wrong


@contextlib.contextmanager
def served(limits):
    """A fresh server: its address and its folder. What it says at its end is printed."""
    with tempfile.TemporaryDirectory() as folder:
        server, base = start(folder, limits)
        try:
            yield base, pathlib.Path(folder)
        finally:
            server.terminate()
            server.wait(timeout=20)
        print((pathlib.Path(folder) / "server.log").read_text())


def run(options, somebody=False):
    """Asks a fresh server; gives what is described, what was asked, and whether all of it was as described."""
    with served("on" if somebody else "off") as (base, folder):
        asked, document = folder / "asked.json", folder / "openapi.json"
        described = operations(base, document)
        operator = enter(base, "sign-in", "admin@example.com", "atelier-demo")
        asker = enter(base, "sign-up", "somebody@example.com", "a long enough one") if somebody else operator
        settings = {
            **os.environ,
            "ATELIER_BASE": base,
            "ATELIER_OPERATOR": operator,
            "ATELIER_SESSION": asker,
            "ATELIER_ASKED": str(asked),
            "PYTHONPATH": str(HERE),
            "SCHEMATHESIS_HOOKS": "hooks",
        }
        command = [
            *(pathlib.Path(sys.executable).parent / "schemathesis", "--config-file", HERE / "schemathesis.toml"),
            *("run", document, "--url", base, "--no-color", *options),
        ]
        code = subprocess.run(command, env=settings, cwd=folder).returncode
        return described, json.loads(asked.read_text()), code == 0


NOBODY = "00000000-0000-7000-8000-000000000000"
# What no schema generates, asked of every operation: its headers and its body.
CORNERS = [
    ({"Sec-Fetch-Site": "cross-site", "Content-Type": "application/json"}, b"{}"),
    ({"Content-Type": "text/plain"}, b"{}"),
    ({"Content-Type": "application/json"}, json.dumps({"email": "e" * 70_000}).encode()),
    ({"Content-Type": "application/json"}, json.dumps({"email": "e" * 9_000_000}).encode()),
    ({"Content-Type": "application/json"}, b"{}"),
    ({"Range": "bytes=0-9"}, None),
    ({"Range": "bytes=999999999-"}, None),
    ({"Authorization": "Bearer of-nobody", "Content-Type": "application/json"}, b"{}"),
]


def corners():
    """Asks each operation in those ways as the operator, and in a plain one as somebody else and with tokens that may little; gives
    the answers by operation, and what was answered otherwise than described."""
    asked, wrong = {}, {}
    with served("off") as (base, folder):
        described = operations(base, folder / "openapi.json")
        session = {"Cookie": f"atelier_session={enter(base, 'sign-in', 'admin@example.com', 'atelier-demo')}"}
        somebody = {"Cookie": f"atelier_session={enter(base, 'sign-up', 'somebody@example.com', 'a long enough one')}"}
        plain = [
            ({**who, "Content-Type": "application/json"}, b"{}")
            for who in (somebody, a_token(base, session, "credits:read"), a_token(base, session, "jobs"))
        ]
        job = a_job(base, session)
        link = json.loads(send(base, "POST", f"/api/jobs/{job}/link", session, b"")[1])["url"].rsplit("/", 1)[1]
        asked_for = json.loads((folder / "openapi.json").read_text())["paths"]
        for operation, statuses in described.items():
            method, path = operation.split()
            if operation in LEFT_OUT or method == "DELETE":
                continue
            parameters = asked_for[path][method.lower()].get("parameters", [])
            named = [one["name"] for one in parameters if one["in"] == "query"]
            queries = [*[f"?{name}=1&{name}=2" for name in named[:1]], *[f"?{name}={NOBODY}" for name in named]]
            known = link if "/links/" in path else job
            for end in (known, NOBODY, *[known + query for query in queries]):
                query = end[end.find("?") :] if "?" in end else "?once=true" if path == "/live" else ""
                place = re.sub(r"{[a-z_]+}", end.split("?")[0], path) + query
                for headers, body in [*CORNERS, *plain]:
                    who = {} if headers.keys() & {"Authorization", "Cookie"} else session
                    status, _, media = send(base, method, place, {**who, **headers}, None if method == "GET" else body or b"{}")
                    add(asked, {operation: {status: 1}})
                    if status not in statuses:
                        wrong[f"{operation} {status}"] = "is not described"
                    # Of a file the part that is not there, without a body.
                    elif status >= "400" and status != "416" and not media.startswith("application/problem+json"):
                        wrong[f"{operation} {status}"] = f"is {media}"
    return asked, wrong


def send(base, method, path, headers, body):
    connection = http.client.HTTPConnection(base.removeprefix("http://"), timeout=60)
    try:
        connection.request(method, path, body, headers)
    except (BrokenPipeError, ConnectionResetError):
        # What is too large is refused before it is there; the answer waits all the same.
        pass
    answer = connection.getresponse()
    return str(answer.status), answer.read(), answer.headers["Content-Type"] or ""


def a_token(base, session, scope):
    wish = json.dumps({"name": f"one for {scope}", "scopes": [scope]}).encode()
    _, body, _ = send(base, "POST", "/api/tokens", {**session, "Content-Type": "application/json"}, wish)
    return {"Authorization": f"Bearer {json.loads(body)['secret']}"}


def a_job(base, session):
    """The id of a job that succeeded."""
    samples = HERE.parents[1] / "public" / "samples"
    parts = []
    for name, file in (("person", "person-ada.jpg"), ("garment", "garment-tee.png")):
        head = f'--cut\r\nContent-Disposition: form-data; name="{name}"; filename="{file}"\r\n\r\n'
        parts += [head.encode(), (samples / file).read_bytes(), b"\r\n"]
    form = {**session, "Content-Type": "multipart/form-data; boundary=cut"}
    status, body, _ = send(base, "POST", "/api/try-on", form, b"".join([*parts, b"--cut--\r\n"]))
    assert status == "202", body
    job = json.loads(body)
    deadline = time.monotonic() + 60
    while job["state"] in ("queued", "running"):
        assert time.monotonic() < deadline, f"the job does not end: {job}"
        time.sleep(0.1)
        job = json.loads(send(base, "GET", f"/api/jobs/{job['id']}", session, None)[1])
    return job["id"]


def add(asked, more):
    for operation, statuses in more.items():
        answers = asked.setdefault(operation, {})
        for status, times in statuses.items():
            answers[status] = answers.get(status, 0) + times


def ask_more(asked, described):
    """Where little can be varied, one seed does not come to enough cases. Gives whether all of it was as described."""
    good = True
    for seed in range(2, 5):
        few = [one for one in described if one not in LEFT_OUT | NOTHING_TO_VARY and cases_of(asked, one) < LEAST_CASES]
        for operation in few:
            method, path = operation.split()
            _, more, also = run(["--include-path", path, "--include-method", method, "--seed", str(seed)])
            good = good and also
            add(asked, {operation: more.get(operation, {})})
    paths = [word for one in NOTHING_TO_VARY for word in ("--include-path", one.split()[1])]
    for seed in range(2, 20):
        if all(cases_of(asked, one) >= LEAST_CASES for one in NOTHING_TO_VARY):
            break
        _, more, also = run([*paths, "--seed", str(seed)])
        good = good and also
        add(asked, more)
    return good


def has_to_be_seen(status):
    return status.startswith("2") or status in ASKED_WRONGLY


def unseen(described, asked, of_somebody, of_corners):
    """What is described and has to be seen, that nothing was answered with, and that no other test is said to see."""
    left = []
    for operation, statuses in described.items():
        seen = {status for answers in (asked, of_somebody, of_corners) for status in answers.get(operation, {})}
        missed = (status for status in sorted(statuses - seen) if has_to_be_seen(status))
        left += [f"{operation} {status}" for status in missed if operation not in LEFT_OUT]
    return [one for one in left if one not in SEEN_ELSEWHERE]


def table(described, of_corners):
    """Where each status that is described is seen. What is generated differs a little from run to run, so of that only stands
    here without what the run fails."""
    lines = [
        f"{len(described) - len(LEFT_OUT)} operations, each asked at least {LEAST_CASES} times as the administrator:",
        "",
        "| operation | answered well | refused in corners | refused when generated | seen by a named test | also described |",
        "|---|---|---|---|---|---|",
    ]
    for operation, statuses in sorted(described.items()):
        if operation in LEFT_OUT:
            continue
        well, corners, generated, named, rest = [], [], [], [], []
        for status in sorted(statuses):
            if not has_to_be_seen(status):
                rest.append(status)
            elif status in of_corners.get(operation, {}):
                (well if status.startswith("2") else corners).append(status)
            elif test := SEEN_ELSEWHERE.get(f"{operation} {status}"):
                named.append(f"{status} `{test}`")
            else:
                (well if status.startswith("2") else generated).append(status)
        cells = [" ".join(cell) for cell in (well, corners, generated)] + [", ".join(named), " ".join(rest)]
        lines.append(f"| `{operation}` | {' | '.join(cells)} |".replace("|  |", "| |").replace("|  |", "| |"))
    return "\n".join(lines) + "\n"


def compare(fresh):
    """Whether `docs/api.md` ends with this table; if it does not, what it should be is written."""
    root = HERE.parents[1]
    kept = (root / "docs" / "api.md").read_text()
    begins = re.search(r"^\d+ operations, ", kept, re.MULTILINE)
    whole = kept[: begins.start() if begins else len(kept)] + fresh
    if whole == kept:
        return True
    written = root / "target" / "api.md"
    written.parent.mkdir(exist_ok=True)
    written.write_text(whole)
    return False


def main():
    left_out = [word for one in LEFT_OUT for word in ("--exclude-path", one.split()[1])]
    described, asked, good = run([*left_out, *sys.argv[1:]])
    good = ask_more(asked, described) and good
    # What is well formed may be refused here: that is what it is for.
    as_described = ["--exclude-checks", "positive_data_acceptance", "--warnings", "off", "--max-examples", "10"]
    _, of_somebody, also_good = run([*left_out, *as_described, *sys.argv[1:]], somebody=True)
    good = good and also_good
    of_corners, undescribed = corners()
    wrong = {**judge(described, asked), **undescribed}
    for one in unseen(described, asked, of_somebody, of_corners):
        wrong[one] = "described, and seen nowhere"
    for test in set(SEEN_ELSEWHERE.values()):
        if not (HERE.parents[1] / test).exists():
            wrong[test] = "is said to see something, and is not there"
    # A part of the run, or one of another seed, says nothing of the whole.
    if not sys.argv[1:] and not compare(table(described, of_corners)):
        wrong["docs/api.md"] = "says otherwise: compare it with target/api.md, and copy that if it is right"
    add(of_somebody, of_corners)
    for operation, why in wrong.items():
        print(f"not as described: {operation}: {why}")
    # What Schemathesis found is told above, and is of one operation at least.
    failed = max(len(wrong), 0 if good else 1)
    count = len(described) - len(LEFT_OUT)
    refused = sum(times for statuses in of_somebody.values() for status, times in statuses.items() if status in ("403", "429"))
    times = sum(cases_of(of_somebody, one) for one in described)
    print(f"somebody with an account alone, and corners: {times} requests, {refused} of them refused")
    print(f"{count} operations: {count - failed} as described, {failed} not")
    sys.exit(1 if failed else 0)


main()

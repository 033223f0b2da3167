"""What the generated requests need to get beyond a 404: an account with a bit of everything in it."""

import atexit
import itertools
import json
import os
import pathlib
import random
import re
import time
import zlib

import requests
import schemathesis
from hypothesis import strategies

BASE = os.environ["ATELIER_BASE"]
SAMPLES = pathlib.Path(__file__).parents[2] / "public" / "samples"
GOOD_CARD = "4242424242424242"

operator = requests.Session()
operator.cookies.set("atelier_session", os.environ["ATELIER_OPERATOR"])


def ask(method, path, **more):
    answer = operator.request(method, BASE + path, timeout=30, **more)
    answer.raise_for_status()
    return answer


def photos():
    return {
        "person": ("person.jpg", (SAMPLES / "person-ada.jpg").read_bytes(), "image/jpeg"),
        "garment": ("garment.png", (SAMPLES / "garment-tee.png").read_bytes(), "image/png"),
    }


def finished_job():
    job = ask("POST", "/api/try-on", files=photos()).json()
    deadline = time.monotonic() + 60
    while job["state"] in ("queued", "running"):
        assert time.monotonic() < deadline, f"the job does not end: {job}"
        time.sleep(0.1)
        job = ask("GET", f"/api/jobs/{job['id']}").json()
    assert job["state"] == "succeeded", job
    return job["id"]


def waiting_job():
    """One that the provider takes long for, so that it can be cancelled."""
    script = requests.post(f"{BASE}/sandbox/studio/next", json={"outcome": "slow:600000"}, timeout=30)
    script.raise_for_status()
    return ask("POST", "/api/try-on", files=photos()).json()["id"]


def finished_video():
    job = ask("POST", "/api/video/generate", files={"image": photos()["person"]}).json()
    return job["id"]


def paid():
    """A purchase that is paid, and the event that told so."""
    started = ask("POST", "/api/checkout", json={"item": "credits-10"}).json()
    form = {"card_number": GOOD_CARD, "webhook": "before_redirect"}
    hosted = requests.post(started["url"], data=form, allow_redirects=False, timeout=30)
    assert hosted.status_code == 303, hosted.text
    return started["recharge_id"]


def token(n):
    return ask("POST", "/api/tokens", json={"name": f"token {n}", "scopes": ["jobs"]}).json()["id"]


def letter_to(email, path):
    """The token in the newest letter to this address, of a link to this place."""
    deadline = time.monotonic() + 30
    while True:
        letters = requests.get(f"{BASE}/sandbox/mail", timeout=30).text.split("<article")
        for letter in letters:
            if email in letter and (link := re.search(rf'href="[^"]*{path}/([^"/?]+)"', letter)):
                return link[1]
        assert time.monotonic() < deadline, f"no letter to {email}"
        time.sleep(0.1)


def forgotten():
    """The token of somebody who has forgotten their password."""
    forgetful = {"email": "forgetful@example.com", "password": "a long enough one"}
    requests.post(f"{BASE}/api/auth/sign-up", json=forgetful, timeout=30).raise_for_status()
    asked = requests.post(f"{BASE}/api/auth/forgot", json={"email": forgetful["email"]}, timeout=30)
    asked.raise_for_status()
    return letter_to(forgetful["email"], "/reset")


def prepare():
    me = ask("GET", "/api/auth/me").json()["user"]["id"]
    ask("POST", "/api/credits", json={"action": "add", "amount": 1_000_000, "reason": "to spend"})
    jobs = [finished_job() for _ in range(3)]
    gone = [finished_job() for _ in range(2)]
    waiting = [waiting_job() for _ in range(3)]
    link = ask("POST", f"/api/jobs/{jobs[0]}/link").json()["url"].rsplit("/", 1)[1]
    recharges = [paid() for _ in range(3)]
    synced = {"external_id": "outside", "email": "outside@example.com"}
    other = ask("POST", "/api/user/sync", json=synced).json()["user"]["id"]
    row = {"email": "outside@example.com", "action": "add", "amount": 5, "reason": "a gift"}
    ask("POST", "/api/admin/credits/bulk", json={"batch_id": "gifts", "dry_run": False, "rows": [row]})
    events = ask("GET", "/api/admin/webhook-events").json()["items"]
    member = {"email": "member@example.com", "password": "a long enough one"}
    requests.post(f"{BASE}/api/auth/sign-up", json=member, timeout=30).raise_for_status()
    return {
        "/jobs/{id}": {"id": [*jobs, finished_video()]},
        "DELETE /api/jobs/{id}": {"id": gone},
        "POST /api/jobs/{id}/cancel": {"id": [*waiting, jobs[0]]},
        "/api/links/{token}": {"token": [link]},
        "/api/tokens/{id}": {"id": [token(n) for n in range(3)]},
        "/api/admin/recharges/{id}": {"id": recharges},
        "/api/admin/users/{id}": {"id": [other]},
        "/api/admin/webhook-events/{id}": {"id": [event["id"] for event in events]},
        "/api/admin/credits/bulk/{batch_id}": {"batch_id": ["gifts"]},
        "GET /api/credits": {"user_id": [me, other]},
        "GET /api/user/sync": {"external_id": ["outside"]},
        "/api/auth/sign-in": {"email": [member["email"]], "password": [member["password"]]},
        "/api/auth/forgot": {"email": [member["email"]]},
        "/api/auth/reset": {"token": [forgotten()]},
    }


KNOWN = prepare()


def known(operation, name):
    """Values that mean something for a field or a parameter of an operation."""
    asked = f"{operation.method.upper()} {operation.path}"
    places = [place for place in KNOWN if place in asked and name in KNOWN[place]]
    return KNOWN[max(places, key=len)][name] if places else []


def is_sound(case):
    meta = case.meta
    return meta is not None and meta.generation.mode == schemathesis.GenerationMode.POSITIVE


def is_story(case):
    """Whether it goes on with what an earlier answer named."""
    return case.meta is not None and case.meta.phase.name.value == "stateful"


numbers = itertools.count()


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.operation.path == "/live":
        # The stream would go on for ever.
        case.query = {**(case.query or {}), "once": "true"}
    if not is_sound(case):
        return
    # A key or a batch that comes again with something else is refused, and rightly.
    if case.headers and "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] = f"key-{next(numbers)}"
    if isinstance(case.body, dict) and "batch_id" in case.body:
        case.body["batch_id"] = f"batch-{next(numbers)}"
    # An address has at most 254 octets, and a schema counts characters.
    if isinstance(case.body, dict) and len(str(case.body.get("email", "")).encode()) > 254:
        case.body["email"] = f"long-{next(numbers)}@example.com"
    # Names of fields with control characters in them do not survive the way into a form.
    if case.media_type == "multipart/form-data" and isinstance(case.body, dict):
        case.body = {name: value for name, value in case.body.items() if name.isidentifier()}
    # Not one's own: it pays for the jobs.
    if case.operation.path == "/api/credits" and isinstance(case.body, dict):
        case.body["user_id"] = KNOWN["GET /api/credits"]["user_id"][1]
    if is_story(case):
        return
    dice = random.Random(zlib.crc32(repr((case.path_parameters, case.query, case.body)).encode()))
    for part in (case.path_parameters, case.query, case.body):
        if isinstance(part, dict):
            for name in part:
                values = known(case.operation, name)
                if values and dice.random() < 0.7:
                    part[name] = dice.choice(values)


def picture_files():
    names = ["person-ada.jpg", "person-noor.jpg", "garment-tee.png", "garment-dress.webp"]
    return strategies.sampled_from([(SAMPLES / name).read_bytes() for name in names])


for media_type in ("image/jpeg", "image/png", "image/webp"):
    schemathesis.openapi.media_type(media_type, picture_files())


# What was asked of each operation, and how it was answered.
ASKED = {}


@schemathesis.hook
def after_call(context, case, response):
    operation = f"{case.operation.method.upper()} {case.operation.path}"
    statuses = ASKED.setdefault(operation, {})
    statuses[response.status_code] = statuses.get(response.status_code, 0) + 1


@atexit.register
def report():
    pathlib.Path(os.environ["ATELIER_ASKED"]).write_text(json.dumps(ASKED, sort_keys=True))


@schemathesis.deserializer("image/png", "image/jpeg", "image/webp", "video/mp4", "text/csv")
def as_bytes(context, response):
    return response.content.decode("latin-1")

"""What an attacker would try over the network, one each."""

import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from agent.access import NotYours, Person
from agent.accounts import Accounts, BadAccount
from settings import Settings
from tests.agent.scripted import PUMP, call, copilot, script
from ui._web import web_app
from ui.page.chat import Chat
from ui.signing_in.door import COOKIE, Door

PASSWORD = "correct horse battery"
ROLES = {"eve": "engineer", "tom": "technician", "vera": "viewer"}


class Site:
    """A site with three accounts, each with a token, and a brain that was told what to say."""

    def __init__(self, home: Path, *lines, **settings) -> None:
        self.home = home
        self.copilot = copilot(home, script(*lines))
        plant = self.copilot.plant
        accounts = Accounts(plant.storage)
        self.tokens = {}
        for name, role in ROLES.items():
            accounts.add(name, role, PASSWORD)
            self.tokens[name] = accounts.new_token(name, "test")
        self.accounts = accounts
        self.door = Door(plant.storage, Settings(home=home, **settings))
        self.client = TestClient(
            web_app(self.copilot, plant, door=self.door), base_url="http://127.0.0.1", follow_redirects=False
        )

    def sign_in(self, name: str, password: str = PASSWORD, **kwargs):
        return self.client.post("/sign-in", data={"name": name, "password": password}, **kwargs)

    def auth(self, name: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[name]}"}

    def person(self, name: str) -> Person:
        return self.accounts.all()[name].person


@pytest.fixture
def site(tmp_path: Path):
    made = Site(tmp_path)
    yield made
    made.copilot.close()


def test_nothing_is_shown_to_whoever_is_not_signed_in(site):
    for path in (
        "/config",
        "/metrics",
        "/files/reports/x",
        "/figures/t/0/0/life",
        "/static/page.js",
        "/api/v1/machines",
    ):
        assert site.client.get(path).status_code == 401, path
    page = site.client.get("/", headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["location"]) == (303, "/sign-in?next=/")
    assert site.client.get("/healthz").status_code == 200


def test_signing_in_gives_a_cookie_that_scripts_and_other_sites_cannot_use(site):
    answer = site.sign_in("tom")
    cookie = answer.headers["set-cookie"]
    assert answer.status_code == 303
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert site.client.get("/metrics").status_code == 200


def test_a_session_that_was_planted_is_not_the_one_that_is_signed_in(site):
    site.client.cookies.set(COOKIE, "planted-by-an-attacker")
    site.sign_in("tom")
    assert site.client.get("/metrics", headers={"Cookie": f"{COOKIE}=planted-by-an-attacker"}).status_code in (200, 401)
    assert site.door.sessions.account("planted-by-an-attacker") is None


def test_a_cookie_is_over_after_its_time_after_signing_out_and_with_another_password(site):
    now = [0.0]
    site.door.sessions._clock = lambda: now[0]
    eve = site.accounts.all()["eve"]
    old = site.door.sessions.begin(eve)
    assert site.door.sessions.account(old) is not None
    now[0] = 13 * 3600.0
    assert site.door.sessions.account(old) is None
    ended = site.door.sessions.begin(eve)
    site.client.post("/sign-out", headers={"Cookie": f"{COOKIE}={ended}"})
    assert site.door.sessions.account(ended) is None
    before = site.door.sessions.begin(eve)
    site.accounts.set_password("eve", "another long password")
    assert site.door.sessions.account(before) is None


@pytest.mark.parametrize("cookie", ["", "x", "../../accounts.json", "a" * 5000])
def test_a_forged_cookie_opens_nothing(site, cookie):
    assert site.client.get("/metrics", headers={"Cookie": f"{COOKIE}={cookie}"}).status_code == 401


def test_guessing_passwords_is_slowed_down_by_account_whatever_the_address(site):
    tries = [site.sign_in("eve", f"wrong number {n}").status_code for n in range(6)]
    assert tries == [401] * 5 + [429]
    assert site.sign_in("eve").status_code == 429


def test_guessing_names_or_tokens_is_slowed_down_by_address(site):
    assert {site.sign_in(f"name{n}").status_code for n in range(21)} == {401, 429}
    wrong = [site.client.get("/metrics", headers={"Authorization": f"Bearer mw_{n}"}).status_code for n in range(21)]
    assert wrong == [401] * 20 + [429]


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"},
                {"Sec-Fetch-Site": "same-site"}],
)  # fmt: skip
def test_another_sites_page_changes_nothing_with_a_persons_cookie(site, headers):
    site.sign_in("tom")
    assert site.client.post("/gradio_api/queue/join", headers=headers, json={}).status_code == 403
    assert site.client.post("/sign-out", headers=headers).status_code == 403
    assert site.client.get("/metrics").status_code == 200


def test_signing_in_leads_to_no_other_site(site):
    for after in ("https://evil.example", "//evil.example", "/\\evil.example"):
        answer = site.client.post("/sign-in", data={"name": "eve", "password": PASSWORD, "next": after})
        assert answer.headers["location"] == "/"


def test_a_header_is_believed_of_a_trusted_proxy_only(tmp_path: Path):
    site = Site(tmp_path, auth_header="X-User", auth_role_header="X-Role", trusted_proxies="10.1.0.0/16")
    spoofed = {"X-User": "ada", "X-Role": "engineer", "X-Forwarded-For": "10.1.0.1"}
    assert site.client.get("/metrics", headers=spoofed).status_code == 401
    proxied = TestClient(site.client.app, base_url="http://127.0.0.1", client=("10.1.2.3", 5))
    assert proxied.get("/metrics", headers=spoofed).status_code == 200
    assert proxied.get("/metrics").status_code == 401


def test_without_accounts_a_name_that_leads_here_is_not_answered(tmp_path: Path):
    talk = copilot(tmp_path, script())
    app = web_app(talk, talk.plant)
    assert TestClient(app, base_url="http://evil.example").get("/config").status_code == 421
    assert TestClient(app, base_url="http://127.0.0.1:7860").get("/healthz").status_code == 200


def test_anothers_upload_is_not_given_out_by_its_address(site):
    theirs = site.copilot.plant.storage.uploads_of("tom") / "0011223344556677.jpg"
    theirs.write_bytes(b"x")
    path = f"/files/{site.copilot.plant.storage.relative(theirs)}"
    assert site.client.get(path, headers=site.auth("tom")).status_code == 200
    assert site.client.get(path, headers=site.auth("eve")).status_code == 404


def test_anothers_conversation_is_not_drawn(site):
    site.copilot.call("toms", "list_machines", {}, by=site.person("tom"))
    assert site.client.get("/figures/toms/0/0/life", headers=site.auth("eve")).json()["detail"].startswith("Conv")


@pytest.mark.parametrize("path", ["/etc/passwd", "{home}/accounts.json", "{home}/../x.csv", "~/.ssh/id_rsa", "a\0b"])
def test_no_file_of_the_computer_is_opened_for_somebody_from_afar(site, path):
    from agent.access import NotAllowed

    path = path.format(home=site.home)
    for tool, args in (
        ("diagnose_image", {"image_path": path}), ("import_telemetry", {"machine_id": PUMP, "path": path}),
        ("onboard_machine", {"path": path}),
    ):  # fmt: skip
        with pytest.raises(NotAllowed, match="was not opened"):
            site.copilot.call("t", tool, args, by=site.person("eve"))


def test_no_file_of_the_computer_is_opened_by_talking_about_it(tmp_path: Path):
    site = Site(tmp_path, call("diagnose_image", image_path="/etc/passwd"), "No.")
    turn = site.copilot.say("t", "What does /etc/passwd show?", by=site.person("eve"))
    assert turn.calls[0].status == "failed"
    assert "was not opened" in turn.calls[0].error


def test_gradios_file_route_is_closed_to_those_who_are_signed_in(site):
    for path in ("/etc/passwd", f"{site.home}/accounts.json"):
        for route in ("/gradio_api/file=", "/file="):
            assert site.client.get(f"{route}{path}", headers=site.auth("eve")).status_code in (403, 404)
    assert site.client.get("/files/accounts.json", headers=site.auth("eve")).status_code == 404


def test_passwords_and_tokens_are_kept_hashed_in_a_file_of_its_owner_only(site):
    kept = site.home / "accounts.json"
    text = kept.read_text()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert PASSWORD not in text
    assert not any(token in text for token in site.tokens.values())
    assert all(each["password"].startswith("$argon2id$") for each in json.loads(text))


def test_a_removed_account_is_out_at_once(site):
    assert site.client.get("/metrics", headers=site.auth("vera")).status_code == 200
    site.accounts.remove("vera")
    assert site.client.get("/metrics", headers=site.auth("vera")).status_code == 401


def test_a_picture_of_another_host_is_never_loaded(site):
    policy = site.client.get("/", headers=site.auth("eve")).headers["content-security-policy"]
    assert "img-src 'self' data: blob:;" in policy
    assert "img-src 'self';" in site.client.get("/sign-in").headers["content-security-policy"]


def test_removing_the_last_account_opens_nothing(site):
    for name in ROLES:
        site.accounts.remove(name)
    assert site.client.get("/api/v1/machines").status_code == 401


def test_without_accounts_nobody_is_let_in_through_a_proxy(tmp_path: Path):
    talk = copilot(tmp_path, script())
    client = TestClient(web_app(talk, talk.plant), base_url="http://127.0.0.1")
    assert client.get("/api/v1/machines").status_code == 200
    assert client.get("/api/v1/machines", headers={"X-Forwarded-For": "10.1.2.3"}).status_code == 421
    talk.close()


@pytest.mark.parametrize("thread", ["mcp-tom", "api-tom", "loop-PUMP_GRUNDFOS_CR3_004-training"])
def test_the_names_that_programs_speak_under_are_reserved_for_nobody_else(site, thread):
    """By talking, by the page, by a tool and by REST, before anything was said there and without learning whether."""
    eve, page = site.person("eve"), Chat(site.copilot, site.copilot.plant)
    for attempt in (
        lambda: site.copilot.say(thread, "Hello", by=eve),
        lambda: site.copilot.call(thread, "list_machines", {}, by=eve),
        lambda: site.copilot.history(thread, eve),
        lambda: list(page.say(thread, "Hello", None, "", eve)),
        lambda: list(page.open(thread, eve)),
    ):
        with pytest.raises(NotYours, match="are kept for"):
            attempt()
    answer = site.client.post(
        f"/api/v1/threads/{thread}/messages", json={"message": "x"}, headers=site.auth("eve")
    )  # fmt: skip
    assert answer.status_code == 404
    assert site.client.get("/api/v1/machines", headers=site.auth("tom")).status_code == 200
    assert [each.thread for each in site.copilot.threads(site.person("tom"))] == ["api-tom"]


@pytest.mark.parametrize(
    "name", ["eve", "EVE", "root-of-this", "millwright-loop", "Millwright-Loop", "e" * 64, "eve smith", "../eve"],
    ids=["an account's", "in capitals", "the owner's", "the loop's", "the loop's in capitals", "too long", "a space",
         "a path"],
)  # fmt: skip
def test_a_proxys_name_is_never_somebody_elses(tmp_path: Path, name):
    site = Site(tmp_path, user="root-of-this", auth_header="X-User", trusted_proxies="10.1.0.0/16")
    proxied = TestClient(site.client.app, base_url="http://127.0.0.1", client=("10.1.2.3", 5))
    answer = proxied.get("/api/v1/threads", headers={"X-User": name})
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert proxied.get("/api/v1/threads", headers={"X-User": "eve2"}).status_code == 200


def test_an_account_without_a_password_is_whom_the_proxy_says_and_has_no_other_way_in(tmp_path: Path):
    site = Site(tmp_path, auth_header="X-User", trusted_proxies="10.1.0.0/16")
    site.accounts.add("ida", "engineer", None)
    token = site.accounts.new_token("ida", "script")
    proxied = TestClient(site.client.app, base_url="http://127.0.0.1", client=("10.1.2.3", 5))
    site.client.get("/api/v1/machines", headers={"Authorization": f"Bearer {token}"})
    [thread] = proxied.get("/api/v1/threads", headers={"X-User": "ida"}).json()
    assert thread["thread"] == "api-ida"
    assert proxied.get("/who", headers={"X-User": "ida"}).json() == {
        "name": "ida", "role": "engineer", "can_sign_out": False
    }  # fmt: skip
    assert [site.sign_in("ida", each).status_code for each in ("", "ida")] == [401, 401]


def test_no_account_is_called_as_what_speaks_by_itself(site):
    with pytest.raises(BadAccount, match="millwright-"):
        site.accounts.add("millwright-loop", "engineer", PASSWORD)

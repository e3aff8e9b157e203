"""The sign-in page, and what it sends; it works without a script."""

import re
from functools import cache
from html import escape

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from agent.access import Person
from ui.page.head import MARK, STATIC, address
from ui.page.person import person_of
from ui.signing_in.door import COOKIE, Door
from ui.signing_in.sessions import LASTS_S

POLICY = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_STYLE = """main{box-sizing:border-box;width:min(408px,100% - 32px);margin:12vh auto 0;padding:32px 24px;
background:var(--surface);border:1px solid var(--line);
border-radius:16px;box-shadow:var(--shadow)}h1{display:flex;gap:12px;align-items:center;font-size:22px;margin:0 0 24px}
.mark{width:32px;height:32px;fill:none;stroke:var(--accent);stroke-width:1.8}label{display:block;margin:0 0 16px;
font-weight:560}input{display:block;width:100%;box-sizing:border-box;margin-top:4px;padding:10px 12px;min-height:44px;
font:inherit;color:var(--ink);background:var(--bg);border:1px solid var(--muted);border-radius:10px}button{width:100%;
min-height:44px;border:0;border-radius:10px;background:var(--accent);color:var(--accent-ink);font:inherit;font-weight:600}
.bad{background:var(--alarm-soft);padding:8px 12px;border-radius:10px;margin:0 0 16px}
html:not(.mw-ready) body::before,html:not(.mw-ready) body::after{display:none!important}"""


def routes(door: Door, owner: Person) -> list[Route]:
    """`owner` runs Millwright, and is who speaks where nobody signs in."""

    async def show(request: Request) -> Response:
        return _page(request.query_params.get("next", "/"), person_of(request))

    async def who(request: Request) -> Response:
        person, signed_in = person_of(request) or owner, door.sessions.account(request.cookies.get(COOKIE, ""))
        ends = signed_in is not None and signed_in.name == person.name
        said = {"name": person.name, "role": person.role, "can_sign_out": ends}
        return JSONResponse(said, headers={"Cache-Control": "no-store"})

    async def sign_in(request: Request) -> Response:
        form = await request.form(max_fields=8, max_files=0)
        name, password = str(form.get("name", "")).strip().lower(), str(form.get("password", ""))
        after = str(form.get("next", "/"))
        if not door.limits.may_try(name, door.address(request)):
            return _page(after, None, "Too many attempts. Wait a minute, then try again.", 429)
        account = await run_in_threadpool(door.accounts.by_password, name, password)
        if account is None:
            return _page(after, None, "That name and password do not belong together.", 401)
        door.sessions.end(request.cookies.get(COOKIE, ""))
        answer = RedirectResponse(_own(after), 303)
        answer.set_cookie(
            COOKIE, door.sessions.begin(account), max_age=int(LASTS_S), httponly=True, samesite="strict",
            secure=door.is_https(request), path="/",
        )  # fmt: skip
        return answer

    async def sign_out(request: Request) -> Response:
        door.sessions.end(request.cookies.get(COOKIE, ""))
        answer = RedirectResponse("/sign-in", 303)
        answer.delete_cookie(COOKIE, path="/")
        return answer

    return [
        Route("/sign-in", show),
        Route("/sign-in", sign_in, methods=["POST"]),
        Route("/sign-out", sign_out, methods=["POST"]),
        Route("/who", who),
    ]


@cache
def _dark() -> str:
    """The page's dark colours where the reader's system is dark: without a script, no other choice is known."""
    colours = re.search(r':root\[data-theme="dark"\] (\{.*?\})', (STATIC / "page.css").read_text(), re.DOTALL)
    assert colours, "page.css has no dark colours"
    return f"@media (prefers-color-scheme: dark){{html{{color-scheme:dark}}:root{colours[1]}}}"


def _own(address: str) -> str:
    """Where to go afterwards: a path of ours, never another host."""
    plain = address.startswith("/") and not address.startswith("//") and "\\" not in address
    return address if plain and address.isprintable() else "/"


def _page(after: str, person: Person | None, wrong: str = "", status: int = 200) -> Response:
    if person is not None:
        inside = (
            f'<p>You are signed in as {escape(person.name)} ({person.role}). <a href="/">Go to the page</a></p>'
            '<form method="post" action="/sign-out"><button>Sign out</button></form>'
        )
    else:
        said = f'<p class="bad" role="alert">{escape(wrong)}</p>' if wrong else ""
        inside = (
            f'{said}<form method="post" action="/sign-in">'
            f'<input type="hidden" name="next" value="{escape(_own(after))}">'
            '<label>Name<input name="name" autocomplete="username" required autofocus maxlength="63"></label>'
            '<label>Password<input name="password" type="password" autocomplete="current-password" required '
            'maxlength="256"></label><button>Sign in</button></form>'
        )
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        "<title>Sign in · Millwright</title>"
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<link rel="stylesheet" href="{address("page.css")}"><style>{_STYLE}{_dark()}</style></head>'
        f"<body><main><h1>{MARK}Millwright</h1>{inside}</main></body></html>"
    )
    return HTMLResponse(text, status, {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"})

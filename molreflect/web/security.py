"""Who may ask the server: only who has the link that it printed, and only from this machine's own pages."""

from __future__ import annotations

import hmac
import secrets
from html import escape
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # with none at all, browsers send forms under no origin
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
TOKEN = "token"
"""Parameter of the printed link."""
FOR_PROGRAMS = ("/api/", "/openapi.json")
"""Where addresses for programs begin: refusals there are problem details (RFC 9457), not pages."""


def new_token() -> str:
    """Draw a token."""
    return secrets.token_urlsafe(32)


class OnlyFromHere:
    """Refuse whoever has no token, and requests that other sites have made; set headers on every answer.

    The token of the printed link is exchanged for a cookie, and the browser is sent on to an address without it.
    Programs send it as a bearer token with every request.
    """

    def __init__(self, app: ASGIApp, *, token: str, hosts: frozenset[str]) -> None:
        """Guard an application.

        Args:
            app: The application.
            token: What the link holds.
            hosts: Names with ports under which the server is asked, e.g. `127.0.0.1:8000`.
        """
        self._app, self._token, self._hosts = app, token, hosts
        # cookies of one machine are shared by all its ports
        self._cookie = "molreflect-" + "-".join(sorted({host.rpartition(":")[2] for host in hosts}))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        answer = self._refusal(scope)
        if isinstance(answer, HTMLResponse) and scope["path"].startswith(FOR_PROGRAMS):
            answer = self._problem(Headers(scope=scope))
        await (self._app if answer is None else answer)(scope, receive, guarded)

    def _refusal(self, scope: Scope) -> ASGIApp | None:
        """Say what is answered in place of the application; None lets the request through."""
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if host not in self._hosts:
            return _page("This server answers only under the address that it printed.")
        origin = headers.get("origin")
        if origin is not None and origin != f"http://{host}":
            return _page("Another site has asked for this page, and gets nothing.")
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        given = [value for name, value in query if name == TOKEN]
        if given and scope["method"] == "GET":
            if not self._fits(given[-1]):
                return _page("The token of this link is not, or no more, that of the server. " + _MEND)
            rest = urlencode([(name, value) for name, value in query if name != TOKEN])
            # a path that begins with two slashes would name another server
            path = "/" + scope["path"].lstrip("/")
            answer = RedirectResponse(f"{path}?{rest}" if rest else path, status_code=303)
            answer.set_cookie(self._cookie, self._token, httponly=True, samesite="strict", path="/")
            return answer
        bearer = _bearer(headers)
        if not self._fits(self._from_cookie(headers) if bearer is None else bearer):
            return _page("You have not come by the link that the server printed. " + _MEND, again=True)
        return None

    def _problem(self, headers: Headers) -> ASGIApp:
        """Refuse a program: what is wrong is the address, the origin, or else the token."""
        host, origin = headers.get("host", ""), headers.get("origin")
        if host not in self._hosts:
            status, told = 403, "this server answers only under the address that it printed"
        elif origin is not None and origin != f"http://{host}":
            status, told = 403, "pages of other sites get nothing; ask from a program, without an Origin header"
        else:
            status, told = 401, "send the token of the printed link: Authorization: Bearer TOKEN"
        return JSONResponse(
            {"title": HTTPStatus(status).phrase, "status": status, "detail": told},
            status_code=status,
            headers={"WWW-Authenticate": "Bearer"} if status == 401 else None,
            media_type="application/problem+json",
        )

    def _from_cookie(self, headers: Headers) -> str:
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(self._cookie)
        except CookieError:
            return ""
        return "" if cookie is None else cookie.value

    def _fits(self, token: str) -> bool:
        return hmac.compare_digest(token.encode(), self._token.encode())


def _bearer(headers: Headers) -> str | None:
    """Take the token out of an `Authorization` header; None where there is none of that kind."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.casefold() == "bearer" else None


_MEND = "Open the whole link, with its token, from the terminal in which the server runs."


def _page(why: str, *, again: bool = False) -> HTMLResponse:
    """Write a plain page of refusal."""
    link = "<p>If you have just followed it from another page: <a href=''>go on</a>.</p>" if again else ""
    return HTMLResponse(
        f"<!doctype html><html lang='en'><meta charset='utf-8'><title>Not allowed</title><h1>Not allowed</h1>"
        f"<p>{escape(why)}</p>{link}</html>\n",
        status_code=403,
    )

"""The studio's web application: its pages, what they ask for, and the mails they show in frames."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from newsletter.errors import NewsletterError
from newsletter.preview.bench import Bench
from newsletter.preview.guard import MAIL_POLICY
from newsletter.preview.letter import Letter
from newsletter.preview.looks import LOOKS, Look, dressed
from newsletter.preview.people import masked
from newsletter.preview.phone import COOKIE, LIFETIME, OFF, OPEN_IT, SPENT, Phones, looks_ahead, said_in_words
from newsletter.preview.shown import Shown, all_issues_shown, record_shown
from newsletter.preview.trial import TrialDesk
from newsletter.preview.watch import saves

# Every file that is served, by the name it is asked for: a request names an entry here or nothing.
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".html": "text/html"}
STATIC = {path.name: path.read_bytes() for path in (Path(__file__).parent / "static").iterdir() if path.suffix in _TYPES}
PAGES = {"/issues": "issues.html", "/phone": "phone.html"}
HEARTBEAT = 15  # seconds; tells a page that has gone from one that is silent


@dataclass(slots=True)
class Studio:
    """The application around a bench. `close` ends what never ends by itself: the watching and the open event streams.

    `token` is what a page shows that wants something done; `trials` is how "Send me a test" sends, which this room cannot.
    """

    bench: Bench
    token: str
    trials: TrialDesk
    phones: Phones
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    def application(self) -> Starlette:
        """The ASGI application; who may ask it for what is decided before it (see guard.py)."""
        routes = [Route(f"/{name}", _static(name)) for name in STATIC if not name.endswith(".html")]
        routes += [Route(path, _static(name)) for path, name in PAGES.items()]
        routes += [
            Route("/", self._front_door),
            Route("/issue/{slug}", self._about("studio.html")),
            Route("/record/{slug}", self._about("record.html")),
            Route("/state", self._state),
            Route("/study", self._study),
            Route("/people", self._people),
            Route("/overview", self._overview),
            Route("/course/{slug}", self._course),
            Route("/events", self._events),
            Route("/test", self._test, methods=["POST"]),
            Route("/thumb/{slug}", self._thumb),
            Route("/mail/{letter}", self._mail),
            Route("/mail/{letter}/{picture}", self._picture),
            *phone_routes(self.phones),
        ]
        handlers: dict[Any, Any] = {404: nothing_here, 405: nothing_here, Exception: _our_bug}
        application = Starlette(routes=routes, lifespan=self._lifespan, exception_handlers=handlers)
        application.router.redirect_slashes = False
        return application

    async def close(self) -> None:
        """Tells the watcher and every open page that the preview ends."""
        self._stop.set()
        async with self._news:
            self._news.notify_all()

    @contextlib.asynccontextmanager
    async def _lifespan(self, _application: Starlette) -> AsyncIterator[None]:
        watching = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watching

    async def _watch(self) -> None:
        async for changed in saves(self.bench.folder, self.bench.named, self.bench.began, self._stop):
            await run_in_threadpool(self.bench.turn, changed)
            async with self._news:
                self._news.notify_all()

    # What is a plain `def` runs in a worker thread.

    def _front_door(self, _request: Request) -> Response:
        """The issue that was asked for at the start, or all of them."""
        named = self.bench.slug_of_named()
        return RedirectResponse(f"/issue/{quote(named)}" if named else "/issues", 303)

    def _about(self, name: str) -> Callable[[Request], Response]:
        """A page about one issue; where there is none of that name, the page says so."""

        def answer(request: Request) -> Response:
            known = request.path_params["slug"] in self.bench.shelf.paths()
            return Response(STATIC[name], 200 if known else 404, media_type="text/html")

        return answer

    def _state(self, request: Request) -> Response:
        """An issue as a person, with its page in the look that is asked for: asking for that alone would cost time."""
        asked = request.query_params
        view = self.bench.view(asked.get("issue"), asked.get("as"))
        look = Look.of({name: value for name, value in asked.items() if name in LOOKS})
        page = _dressed(view.letter, look, openly="addresses" in asked) if view.letter and look else None
        return JSONResponse({**self._shown(request).view(view), "page": page, "token": self.token})

    def _study(self, request: Request) -> Response:
        found = self.bench.study(request.query_params.get("issue", ""))
        return JSONResponse(self._shown(request).study(*found)) if found else nothing_here(request)

    def _people(self, request: Request) -> Response:
        return JSONResponse(self._shown(request).people(request.query_params.get("q", "")[:200]))

    def _shown(self, request: Request) -> Shown:
        return Shown(self.bench, openly="addresses" in request.query_params)

    def _overview(self, _request: Request) -> Response:
        return JSONResponse(all_issues_shown(self.bench))

    def _course(self, request: Request) -> Response:
        try:
            found = record_shown(self.bench, request.path_params["slug"])
        except NewsletterError as error:
            return PlainTextResponse(f"{error}\n", status_code=503)
        return JSONResponse(found) if found else nothing_here(request)

    async def _events(self, request: Request) -> Response:
        return StreamingResponse(self._stream(), media_type="text/event-stream") if request.method == "GET" else Response()

    async def _stream(self) -> AsyncIterator[str]:
        """The version at once and whenever it changes, as server-sent events, until the preview ends."""
        told = 0
        yield "retry: 1000\n\n"
        while not self._stop.is_set():
            if told != self.bench.version:
                told = self.bench.version
                yield f"event: version\ndata: {told}\n\n"
            try:
                async with asyncio.timeout(HEARTBEAT), self._news:
                    while told == self.bench.version and not self._stop.is_set():
                        await self._news.wait()
            except TimeoutError:
                yield ": still here\n\n"
        yield "event: ended\ndata: 0\n\n"

    async def _test(self, request: Request) -> Response:
        """One real mail to the practice's own address; who may ask for it was decided before this."""
        try:
            asked = json.loads(await request.body())
            slug, person, secret = (asked.get(name) or "" for name in ("issue", "as", "secret"))
            wanted = all(isinstance(word, str) for word in (slug, person, secret))
        except (ValueError, AttributeError):
            wanted = False
        path = self.bench.shelf.paths().get(slug) if wanted else None
        if path is None:
            return nothing_here(request)
        reader = await run_in_threadpool(self.bench.named_person, person)
        return JSONResponse(await run_in_threadpool(self.trials.attempt, path, reader, secret or None))

    def _thumb(self, request: Request) -> Response:
        """An issue's mail in small, as an invented reader gets it."""
        view = self.bench.seen_by_nobody(request.path_params["slug"])
        return _page(view.letter, None, openly=False) if view.letter and view.current else nothing_here(request)

    def _mail(self, request: Request) -> Response:
        """A letter's page: as it is in the mail but for where its pictures are, or in the look that is asked for."""
        letter, asked = self.bench.letter(request.path_params["letter"]), dict(request.query_params)
        openly = asked.pop("addresses", None) is not None
        look = Look.of(asked) if asked else None
        return _page(letter, look, openly=openly) if letter and (look or not asked) else nothing_here(request)

    def _picture(self, request: Request) -> Response:
        picture = self.bench.picture(request.path_params["letter"], request.path_params["picture"])
        if picture is None:
            return nothing_here(request)
        return Response(picture.content, media_type=picture.media_type, headers={"Content-Security-Policy": MAIL_POLICY})


def phone_routes(phones: Phones) -> list[Route]:
    """What phones ask for beside their page: what it shows, and the address a code is scanned as; the studio makes codes."""

    def state(request: Request) -> Response:
        return JSONResponse(phones.state(request.query_params.get("issue")))

    async def redeemed(request: Request) -> Response:
        """A scanned code: a session and the way to the page. Only a person's own visit uses it up."""
        if request.method != "GET" or looks_ahead(request.headers):
            return HTMLResponse(said_in_words(OPEN_IT))
        session = phones.redeem(request.path_params["code"])
        if session is None:
            phones.wrong(request.client.host if request.client else "")
            return HTMLResponse(said_in_words(SPENT), status_code=403)
        cookie = f"{COOKIE}={session}; HttpOnly; SameSite=Strict; Path=/"
        return Response(status_code=303, headers={"Location": "/phone", "Set-Cookie": cookie})

    async def code(_request: Request) -> Response:
        """A new code as an address and a picture, and the seconds it lives."""
        if not phones.host:
            return PlainTextResponse(f"{OFF}\n", status_code=404)
        url = phones.new_code()
        return JSONResponse({"url": url, "svg": phones.svg(url), "until": LIFETIME})

    return [Route("/phone/state", state), Route("/phone/{code}", redeemed), Route("/phone-code", code, methods=["POST"])]


def _page(letter: Letter, look: Look | None, *, openly: bool) -> Response:
    return Response(
        _dressed(letter, look, openly=openly), media_type="text/html", headers={"Content-Security-Policy": MAIL_POLICY}
    )


def _dressed(letter: Letter, look: Look | None, *, openly: bool) -> str:
    letter = letter if openly else letter.masked(masked(letter.address))
    page = letter.page_at(f"/mail/{letter.name}")
    return dressed(page, look) if look else page


def _static(name: str) -> Any:
    async def answer(_request: Request) -> Response:
        return Response(STATIC[name], media_type=_TYPES[Path(name).suffix])

    return answer


def nothing_here(_request: Request, _error: Any = None) -> Response:
    """404."""
    return PlainTextResponse("There is nothing here.\n", status_code=404)


def _our_bug(_request: Request, error: Exception) -> Response:
    return PlainTextResponse(f"This is a bug in the preview: {type(error).__name__}.\n", status_code=500)

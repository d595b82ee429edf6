"""The preview's web application: its page, what the page asks for, and the mails it shows in frames."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from newsletter.errors import Problem
from newsletter.preview.bench import Bench, View
from newsletter.preview.guard import MAIL_POLICY, Guard
from newsletter.preview.people import masked, name_of
from newsletter.preview.watch import saves
from newsletter.read.subscribers import Subscriber

# Every file that is served, by the path it is asked for: a request names an entry here or nothing.
STATIC = {
    "/": ("page.html", "text/html"),
    "/page.css": ("page.css", "text/css"),
    "/page.js": ("page.js", "text/javascript"),
    "/frames.js": ("frames.js", "text/javascript"),
    "/people.js": ("people.js", "text/javascript"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
}
HEARTBEAT = 15  # seconds; tells a page that has gone from one that is silent


@dataclass(slots=True)
class Studio:
    """The application around a bench. `close` ends what never ends by itself: the watching and the open event streams."""

    bench: Bench
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    def application(self, port: int) -> Guard:
        """The ASGI application, for serving at `port` of loopback only."""
        routes = [Route(path, _static(*about)) for path, about in STATIC.items()]
        routes += [
            Route("/state", self._state),
            Route("/people", self._people),
            Route("/events", self._events),
            Route("/mail/{letter}", self._mail),
            Route("/mail/{letter}/{picture}", self._picture),
        ]
        handlers: dict[Any, Any] = {404: _nothing_here, 405: _nothing_here, Exception: _our_bug}
        application = Starlette(routes=routes, lifespan=self._lifespan, exception_handlers=handlers)
        application.router.redirect_slashes = False
        return Guard(application, port)

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
        async for _ in saves(self.bench.folder, self.bench.named, self.bench.began, self._stop):
            await run_in_threadpool(self.bench.turn)
            async with self._news:
                self._news.notify_all()

    def _state(self, request: Request) -> Response:
        """What the page shows: an issue as a person, or what is wrong with it. Runs in a worker thread, as every `def` here."""
        asked = request.query_params
        view = self.bench.view(asked.get("issue"), asked.get("as"))
        return JSONResponse(self._shown(view, open_addresses="addresses" in asked))

    def _shown(self, view: View, *, open_addresses: bool) -> dict[str, Any]:
        letter = view.letter
        return {
            "version": view.version,
            "issues": [{"slug": slug, "title": title} for slug, title in view.issues.items()],
            "issue": view.slug,
            "person": self._person(view.person, open_addresses=open_addresses),
            "invented": self.bench.people.invented,
            "problems": [_problem(problem) for problem in view.problems],
            "current": view.current,
            "mail": letter
            and {
                "url": f"/mail/{letter.name}",
                "from": letter.sender,
                "subject": letter.subject,
                "preheader": letter.preheader,
                "text": letter.text,
                "size": letter.size,
            },
        }

    def _people(self, request: Request) -> Response:
        people, more = self.bench.search(request.query_params.get("q", "")[:200])
        shown = [self._person(person, open_addresses="addresses" in request.query_params) for person in people]
        return JSONResponse({"people": shown, "more": more})

    def _person(self, person: Subscriber, *, open_addresses: bool) -> dict[str, Any]:
        return {
            "id": self.bench.people.id_of(person),
            "name": name_of(person),
            "address": person.email if open_addresses else masked(person.email),
            "tags": sorted(person.tags),
        }

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

    def _mail(self, request: Request) -> Response:
        """A letter's page, as it is in the mail but for where its pictures are."""
        letter = self.bench.letter(request.path_params["letter"])
        if letter is None:
            return _nothing_here(request, None)
        page = letter.page_at(f"/mail/{letter.name}")
        return Response(page, media_type="text/html", headers={"Content-Security-Policy": MAIL_POLICY})

    def _picture(self, request: Request) -> Response:
        picture = self.bench.picture(request.path_params["letter"], request.path_params["picture"])
        if picture is None:
            return _nothing_here(request, None)
        return Response(picture.content, media_type=picture.media_type, headers={"Content-Security-Policy": MAIL_POLICY})


def _static(name: str, media_type: str) -> Any:
    content = (Path(__file__).parent / "static" / name).read_bytes()

    async def answer(_request: Request) -> Response:
        return Response(content, media_type=media_type)

    return answer


def _problem(problem: Problem) -> dict[str, Any]:
    return {"file": problem.path, "line": problem.line, "message": problem.message, "remedy": problem.remedy}


def _nothing_here(_request: Request, _error: Any) -> Response:
    return PlainTextResponse("There is nothing here.\n", status_code=404)


def _our_bug(_request: Request, error: Exception) -> Response:
    return PlainTextResponse(f"This is a bug in the preview: {type(error).__name__}.\n", status_code=500)

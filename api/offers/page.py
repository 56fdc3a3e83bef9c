"""Routes of the clients' page: GET shows, POST answers; throttled per network."""

import logging
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import parse_qs

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from api.http.client_network import network_of
from api.http.clock import now
from api.http.json_body import read_body
from api.http.problems import HttpRefusal
from api.offers.answering import AGREED, DECLINED, State, answer, find, state_of
from api.offers.html import (
    MOST_WORDS,
    STYLE_HASH,
    answered_page,
    busy_page,
    offer_page,
    void_page,
)
from db.domain.errors import Refusal, Unavailable
from db.domain.fields.texts import flaw
from db.domain.people.login_throttling import AttemptKey, Pace
from db.domain.steps.offers import TOKEN
from db.store.database import Database

log = logging.getLogger(__name__)

PATH = "/offer/{token}"
MOST_BYTES = 16_000
"""Of the form: a thousand Russian letters take six thousand bytes."""
GUESSING = "guessed-link"
"""In place of a login, which contains no hyphen: links that nobody was given."""
PACE = Pace(
    free=20,
    first=timedelta(seconds=30),
    longest=timedelta(minutes=30),
    forgotten=timedelta(hours=24),
)
"""Unknown links of one network. Guessing is hopeless anyway: this bounds the work."""
HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}
ANSWERS = {"agreed": AGREED, "declined": DECLINED}


def install(app: FastAPI, database: Database) -> None:
    """Add the page. It is open to everybody; nobody's session is read."""
    page = OfferPage(database)

    async def offer(request: Request) -> Response:
        """Read the form, then work in a thread: the database is asked."""
        form: Mapping[str, str] | None = None
        if request.method == "POST":
            try:
                form = _form(await read_body(request, MOST_BYTES))
            except HttpRefusal:
                return _html(void_page(), 404)
        return await run_in_threadpool(page.respond, request, form)

    app.add_route(PATH, offer, ["GET", "POST"], include_in_schema=False)


class OfferPage:
    """Shows an offer and takes its answer; the database knows the token's hash only."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def respond(self, request: Request, form: Mapping[str, str] | None) -> Response:
        """Show the offer, or with a ``form`` answer it."""
        token, network = request.path_params["token"], _network(request)
        try:
            if self._is_paused(network):
                return _html(busy_page(), 429)
            if form is None:
                return self._show(token, network)
            return self._answer(token, network, form)
        except Unavailable:
            return _html(busy_page(), 503)
        except Refusal as refusal:
            log.warning("An answer to an offer was not recorded: %s", refusal.code)
            return _html(busy_page(), 409)

    def _show(self, token: str, network: str) -> Response:
        if not TOKEN.fullmatch(token):
            return self._unknown(network)
        with self._database.reading() as store:
            found = find(store, token)
        if found is None:
            return self._unknown(network)
        offer, deal = found
        match state_of(offer, deal, now()):
            case State.OPEN:
                return _html(offer_page(offer, deal))
            case State.ANSWERED:
                return _html(answered_page(offer.answer == AGREED))
            case State.VOID:
                return _html(void_page(), 404)

    def _answer(self, token: str, network: str, form: Mapping[str, str]) -> Response:
        if not TOKEN.fullmatch(token):
            return self._unknown(network)
        with self._database.writing() as store:
            found = find(store, token, for_update=True)
            if found is not None:
                offer, deal = found
                state = state_of(offer, deal, now())
                if state is not State.OPEN:
                    page, status = (
                        (answered_page(offer.answer == AGREED), 200)
                        if state is State.ANSWERED
                        else (void_page(), 404)
                    )
                    return _html(page, status)
                said, words = ANSWERS.get(form.get("answer", "")), form.get("comment", "").strip()
                problem = flaw(words) or ("" if said else "Нажмите одну из двух кнопок.")
                if problem or said is None:
                    return _html(offer_page(offer, deal, problem, words), 422)
                answer(store, offer, deal, said, words[:MOST_WORDS], now())
                return _html(answered_page(said == AGREED))
        return self._unknown(network)

    def _is_paused(self, network: str) -> bool:
        with self._database.reading() as store:
            seen = store.login_attempts.seen(GUESSING, network, None)
        known = seen.get(AttemptKey(network, GUESSING))
        return known is not None and known.until > now()

    def _unknown(self, network: str) -> Response:
        """Count a link that nobody was given."""
        with self._database.writing() as store:
            store.login_attempts.count(AttemptKey(network, GUESSING), PACE, now())
        log.warning("A link of no offer was opened")
        return _html(void_page(), 404)


def _network(request: Request) -> str:
    return network_of(request.client.host if request.client else "")[:80]


def _form(body: bytes) -> Mapping[str, str]:
    """Fields of a form, the last value of each; what is no form has none."""
    try:
        fields = parse_qs(body.decode(), max_num_fields=5)
    except ValueError:
        return {}
    return {name: values[-1] for name, values in fields.items()}


def _html(page: str, status: int = 200) -> Response:
    return HTMLResponse(page, status, headers=HEADERS)

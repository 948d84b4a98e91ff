"""The real application on a real database file, and a browser without a screen in front of it."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.web import once
from tests.web import world as the_world
from tests.web.world import World
from web import access, create_app

ORIGIN = {"Origin": "http://localhost"}


class Visitor:
    """One browser: it keeps its cookies and sends the form token of the page it saw last, as a browser does."""

    def __init__(self, app: Flask, world: World) -> None:
        self.client = app.test_client()
        self.world = world
        self.token = ""

    def _saw(self, answer: TestResponse) -> TestResponse:
        found = re.search(r'name="csrf_token" value="([^"]+)"', answer.get_data(as_text=True))
        answer.close()
        self.token = found[1] if found else self.token
        return answer

    def get(self, path: str, **more: object) -> TestResponse:
        return self._saw(self.client.get(path, **more))  # type: ignore[arg-type]

    def post(
        self, path: str, follow: bool = False, headers: dict[str, str] | None = None, **form: object
    ) -> TestResponse:
        fields = {"csrf_token": self.token, **form}
        answer = self.client.post(
            path, data=fields, headers=ORIGIN if headers is None else headers, follow_redirects=follow
        )
        return self._saw(answer)

    def field(self, page: str, name: str) -> str:
        found = re.search(rf'name="{name}" value="([^"]*)"', page)
        assert found, f"no field {name} in the page"
        return found[1]

    def come_in(self, who: str) -> "Visitor":
        """As somebody who signed in earlier on this device."""
        self.client.set_cookie(access.COOKIE, self.world.device(who))
        assert self.get("/me").status_code == 200
        return self

    def come_through_a_link(self, who: str) -> "Visitor":
        """Now, and the device is one that is known from then on."""
        path = self.world.link(who)
        self.get(path)
        assert self.post(path).status_code == 303
        self.get("/me")
        return self


@pytest.fixture(scope="session", autouse=True)
def _once(tmp_path_factory: pytest.TempPathFactory) -> None:
    once.compiled_in(tmp_path_factory.mktemp("templates"))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = the_world.found(tmp_path)
    yield made
    made.db.close()


@pytest.fixture
def app(world: World) -> Iterator[Flask]:
    made = create_app(world.source)
    yield made
    made.config["HUB"].stop()
    made.config["TAKER"].stop()


@pytest.fixture
def visit(app: Flask, world: World) -> Callable[..., Visitor]:
    """visit("volunteer"): a browser that is signed in as them; visit(None): one that is not."""

    def make(who: str | None = "volunteer") -> Visitor:
        visitor = Visitor(app, world)
        return visitor if who is None else visitor.come_in(who)

    return make

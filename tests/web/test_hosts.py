"""Under which names the box answers: a stranger's DNS must not make a browser believe that it is theirs (DNS rebinding)."""

import socket

import pytest
from flask import Flask


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "192.168.1.7:8080",
        "[fe80::1]:8080",
        "localhost:8080",
        "textbank.local",
        "TextBank.local:8080",
        socket.gethostname(),
    ],
)
def test_numbers_and_local_names_are_ours(app: Flask, host: str) -> None:
    assert app.test_client().get("/sign-in", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8080",
        "192.168.1.7.evil.example",
        "local",
        "local.evil.example",
        "[",
        "a b",
    ],
)
def test_a_foreign_name_is_refused_in_words_before_anything_is_read(app: Flask, host: str) -> None:
    answer = app.test_client().get("/sign-in", headers={"Host": host})
    assert answer.status_code in (400, 421)
    if answer.status_code == 421:
        assert "does not answer to that name" in answer.get_data(as_text=True)
    assert "Your name" not in answer.get_data(as_text=True)

"""The watch for USB changes, as far as it needs no machine with USB."""

import socket

import pytest

from hardware import discovery


def test_a_watch_that_is_closed_may_be_woken(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = socket.socketpair()
    monkeypatch.setattr(discovery, "_context", lambda: None)
    monkeypatch.setattr(discovery, "_monitor", lambda context: ours)
    watch = discovery.Watch()
    watch.wake()
    assert watch.wait(10.0) == []
    watch.close()
    watch.wake()  # by a station that doubts, while finding begins anew
    ours.close()
    theirs.close()

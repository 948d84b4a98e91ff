"""One blueprint a screen; `BLUEPRINTS` is all of them."""

from flask import Blueprint

from web.screens import (
    board,
    campaigns,
    clock,
    contacts,
    home,
    inbox,
    keep,
    lists,
    me,
    modem_acts,
    modem_day,
    modems,
    optouts,
    people,
    script,
    send,
    sign_in,
    stream,
    talk,
    uncertain,
)

BLUEPRINTS: tuple[Blueprint, ...] = (
    home.bp,
    campaigns.bp,
    board.bp,
    script.bp,
    send.bp,
    inbox.bp,
    talk.bp,
    uncertain.bp,
    lists.bp,
    contacts.bp,
    optouts.bp,
    modems.bp,
    modem_acts.bp,
    modem_day.bp,
    people.bp,
    keep.bp,
    me.bp,
    sign_in.bp,
    stream.bp,
    clock.bp,
)

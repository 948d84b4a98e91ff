"""One blueprint a screen; `BLUEPRINTS` is all of them."""

from flask import Blueprint

from web.screens import (
    campaigns,
    home,
    inbox,
    me,
    modem_acts,
    modem_day,
    modems,
    people,
    send,
    sign_in,
    stream,
    uncertain,
)

BLUEPRINTS: tuple[Blueprint, ...] = (
    home.bp,
    campaigns.bp,
    send.bp,
    inbox.bp,
    uncertain.bp,
    modems.bp,
    modem_acts.bp,
    modem_day.bp,
    people.bp,
    me.bp,
    sign_in.bp,
    stream.bp,
)

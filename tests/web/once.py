"""What each application compiles anew is compiled once for all those of a process of tests: its templates, and the builders of its addresses.

That is two thirds of what a test of the panel would cost. Nothing outlives the run, so nothing stale is ever drawn.
"""

from collections.abc import Callable
from functools import wraps
from pathlib import Path

from flask import Flask
from jinja2 import Environment, FileSystemBytecodeCache
from werkzeug.routing import Rule

from web import forms
from web.screens import BLUEPRINTS

Built = Callable[..., tuple[str, str]]


def compiled_in(folder: Path) -> None:
    """From now on, every application of this process keeps its compiled templates in this empty folder."""
    plain = Flask.create_jinja_environment

    @wraps(plain)
    def create_jinja_environment(app: Flask) -> Environment:
        made = plain(app)
        made.bytecode_cache = FileSystemBytecodeCache(str(folder))
        return made

    Flask.create_jinja_environment = create_jinja_environment  # type: ignore[method-assign]
    _builders()


def build_addresses() -> None:
    """Before processes are made of this one: the builders that all of them will want."""
    app = Flask("web")
    app.url_map.converters["id"] = forms.Id
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)


def _builders() -> None:
    plain = Rule._compile_builder
    built: dict[tuple[object, ...], Built] = {}

    @wraps(plain)
    def compile_builder(rule: Rule, append_unknown: bool = True) -> Built:
        key = (
            rule.rule,
            repr(rule.defaults),
            *rule._trace,
            append_unknown,
        )  # all that the builder is made of
        if key not in built:
            built[key] = plain(rule, append_unknown)
        return built[key]

    Rule._compile_builder = compile_builder  # type: ignore[method-assign]

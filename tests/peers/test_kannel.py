"""Kannel's AT driver: bearerbox at the first modem and smsbox over it send, take reports and receive, short and long."""

import http.server
import threading
import urllib.parse
import urllib.request

import pytest

from tests.far import free_ports, listens

OUTSIDE = "+12025550170"
CONFIG = """
group = core
admin-port = {admin}
admin-interface = 127.0.0.1
admin-password = unused
smsbox-port = {boxes}
smsbox-interface = 127.0.0.1
box-allow-ip = 127.0.0.1
log-file = {folder}/bearerbox.log
store-type = spool
store-location = {folder}/spool
dlr-storage = internal

group = smsc
smsc = at
smsc-id = stick
modemtype = generic
device = {device}
my-number = {number}
sms-center = +12025550199
sim-buffering = true

group = modems
id = generic
name = generic
speed = 115200
init-string = "AT+CNMI=2,1,0,1,0"
message-storage = SM

group = smsbox
bearerbox-host = 127.0.0.1
bearerbox-port = {boxes}
sendsms-port = {sending}
sendsms-interface = 127.0.0.1

group = sendsms-user
username = tester
password = tester
default-sender = {number}
concatenation = true
max-messages = 10

group = sms-service
keyword = default
get-url = "{url}/in?from=%p&text=%b&charset=%C"
catch-all = true
concatenation = true
max-messages = 0
"""


class Application(http.server.ThreadingHTTPServer):
    """What Kannel calls for every text and report: it keeps the queries."""

    def __init__(self):
        self.queries = []
        queries = self.queries

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                path, _, query = self.path.partition("?")
                found = urllib.parse.parse_qs(query, encoding="latin-1")
                queries.append({"path": path, **{name: values[0] for name, values in found.items()}})
                self.send_response(200)
                self.end_headers()

            def log_message(self, *words):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"

    def came(self, path):
        return [query for query in self.queries if query["path"] == path]

    def texts(self):
        """The texts that came in; Kannel gives UCS2 as octets."""
        return [
            query["text"].encode("latin-1").decode(query["charset"])
            if query["charset"] != "UTF-8"
            else query["text"].encode("latin-1").decode()
            for query in self.came("/in")
        ]


@pytest.fixture
def application():
    application = Application()
    thread = threading.Thread(target=application.serve_forever)
    thread.start()
    yield application
    application.shutdown()
    thread.join()
    application.server_close()


@pytest.fixture
def send(need, programs, bank, tmp_path, until, application):
    """Both boxes, running; a function that hands smsbox a text, as an application would."""
    admin, boxes, sending = free_ports(3)
    (tmp_path / "spool").mkdir()
    config = tmp_path / "kannel.conf"
    config.write_text(
        CONFIG.format(
            admin=admin,
            boxes=boxes,
            sending=sending,
            folder=tmp_path,
            url=application.url,
            device=bank.ports[0],
            number=bank.modems()[0]["number"],
        )
    )
    programs.start(need("bearerbox", package="kannel"), config)
    until(lambda: listens(boxes), "bearerbox")
    programs.start(need("smsbox", package="kannel"), config)
    until(lambda: listens(sending), "smsbox")

    def send(to, text, **more):
        query = {
            "username": "tester",
            "password": "tester",
            "charset": "UTF-8",
            "to": to,
            "text": text,
            **more,
        }
        url = f"http://127.0.0.1:{sending}/cgi-bin/sendsms?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.read().decode()

    return send


def test_kannel_sends_and_takes_the_report(send, bank, until, application):
    delivered_or_not = {"dlr-mask": "3", "dlr-url": f"{application.url}/report?state=%d"}
    send(OUTSIDE, "Hello from Kannel {€}", **delivered_or_not)
    (sent,) = bank.wait_air(1, timeout_s=30)
    assert (sent.to, sent.text, sent.report) == (OUTSIDE, "Hello from Kannel {€}", True)
    until(lambda: application.came("/report"), "the delivery report")
    assert [query["state"] for query in application.came("/report")] == ["1"]


def test_kannel_receives_and_empties_the_modem(send, bank, until, application):
    for text in ("Is it today? {yes} €5", "¿Sí? Привет 👋"):
        bank.inbound(0, OUTSIDE, text)
    until(lambda: len(application.came("/in")) == 2, "both texts")
    bank.wait_stored(0, 0, timeout_s=30)
    assert application.texts() == ["Is it today? {yes} €5", "¿Sí? Привет 👋"]
    assert {query["from"] for query in application.came("/in")} == {OUTSIDE}


def test_kannel_sends_a_long_text_and_receives_one(send, bank, until, application, long_text):
    send(bank.modems()[0]["number"], long_text)
    sent = bank.wait_air(3, timeout_s=30)
    assert "".join(record.text for record in sent) == long_text
    assert len({record.concat[:2] for record in sent}) == 1
    until(lambda: application.texts() == [long_text], "the long text, sent to itself")

"""What a user of python-gsmmodem-new writes: send the rows of a table in order, keep what arrives.

python gsmmodem_loop.py PORT MODEM TABLE READY
"""

import sqlite3
import sys
import time
from pathlib import Path

from gsmmodem.modem import GsmModem

port, modem_number, path, ready = sys.argv[1:]


def table() -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, timeout=30)


def arrived(sms: object) -> None:
    """In the library's own thread."""
    db = table()
    db.execute("INSERT INTO came (number, text) VALUES (?,?)", [sms.number, sms.text])  # type: ignore[attr-defined]
    db.close()


modem = GsmModem(port, 115200, smsReceivedCallbackFunc=arrived)
modem.connect()
Path(ready).touch()
db = table()
while True:
    rows = db.execute(
        "SELECT id, number, text FROM out WHERE modem=? AND done=0 ORDER BY id LIMIT 50", [modem_number]
    ).fetchall()
    for row, number, text in rows:
        try:
            modem.sendSms(number, text)
        except Exception as error:  # as such loops do: it is tried again
            print(error, flush=True)
            break
        db.execute("UPDATE out SET done=1 WHERE id=?", [row])
    if not rows:
        time.sleep(0.05)

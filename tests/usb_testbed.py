"""Run by Debian's own Python inside umockdev-wrapper: a USB bus that tests plug sticks into. JSON lines in and out.

Only this process speaks to umockdev's library; what is tested runs beside it with the same tree in place of /sys.
"""

import json
import sys
import time

import gi

gi.require_version("UMockdev", "1.0")
from gi.repository import UMockdev  # noqa: E402

bed = UMockdev.Testbed.new()
print(json.dumps(bed.get_root_dir()), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    time.sleep(
        0.03
    )  # as a hub does: the socket of umockdev holds ten events, and one more for a busy listener ends it
    if request["do"] == "add":
        answer = bed.add_device(
            request["subsystem"],
            request["name"],
            request["parent"],
            request["attributes"],
            request["properties"],
        )
    else:
        bed.uevent(request["path"], "remove")
        bed.remove_device(request["path"])
        answer = ""
    print(json.dumps(answer), flush=True)

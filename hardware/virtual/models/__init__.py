"""What each virtual modem does differently, as data: one row a model, grouped by vendor. A new model is a new row."""

from hardware.virtual.models import huawei, modules, quectel, simcom, zte
from hardware.virtual.models.row import Personality, Usb

GENERIC = Personality(name="generic")
ROWS = (
    GENERIC,
    huawei.E3131,
    huawei.E3372_325,
    zte.MF190,
    simcom.SIM800L,
    simcom.A7670E,
    simcom.SIM7600,
    quectel.EC25,
    modules.CINTERION,
    modules.WAVECOM,
    modules.NOVATEL,
)

__all__ = ["GENERIC", "ROWS", "Personality", "Usb"]

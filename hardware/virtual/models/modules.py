"""Modules of three makers whose codes above 511 mean different things, and whose indications have one form only."""

from hardware.virtual.models.row import Personality, Usb

CINTERION = Personality(
    name="cinterion",
    manufacturer="Cinterion",
    model="MC75i",
    revision="REVISION 04.001",
    usb=Usb("0681", "0034"),
    storages={"SM": 20, "ME": 25},
    memory=("SM", "SM", "SM"),
    memories=(("ME", "SM", "MT"), ("ME", "SM", "MT"), ("SM", "MT")),
    cnmi=(0, 0, 0, 0, 1),
    cnmi_told="(0-3),(0,1),(0,2,3),(0,2),(1)",
    cnmi_taken=((0, 1, 2, 3), (0, 1), (0, 2, 3), (0, 2), (1,)),
    csms=(0, 1),
    boot_s=4.0,
    boot_lines=((0.0, "^SYSSTART"), (0.3, "+CPIN: READY")),
    swap_lines=("^SCKS: 0", "^SCKS: 1"),
    noise=("^SCN: 0", "+CIEV: rssi,4", '+CIEV: "service",1'),
    registration=("+CREG", "+CGREG"),
    technology=0,
    codes={"bad_address": 515, "full": 513, "escaped": 512},  # invalid character; unable to store; user abort
    sim_answers={
        "^SCID": ("^SCID: {iccid}",),
        "+CCID?": ("+CCID: {iccid}",),
        '^SPIC="SC"': ("^SPIC: {pin}",),
        "^SPIC": ("^SPIC: {left}",),
    },
    extras={
        "^SBV": ("^SBV: {millivolts}",),
        "^SCTM?": ("^SCTM: 0,0,{celsius:.0f}",),
        "^SMSO": ("^SMSO: MS OFF",),
    },
)

WAVECOM = Personality(
    name="wavecom",
    manufacturer="WAVECOM MODEM",
    model="MULTIBAND  900E  1800",
    revision="657f09gg.Q2406B 1266660 041807 14:17",
    storages={"SM": 25},
    cpms_arguments=(1,),
    cpms_told='(("SM","BM","SR"),("SM"))',
    cnmi_told="(2),(0,1,2,3),(0,1,2,3),(0,1,2),(0,1)",
    cnmi_taken=((0, 1, 2), (0, 1, 2, 3), (0, 1, 2, 3), (0, 1, 2), (0, 1)),
    boot_s=3.0,
    boot_lines=((0.0, "+WIND: 3"), (2.0, "+WIND: 4")),
    init_s=2.0,
    registration=("+CREG", "+CGREG"),
    technology=0,
    noise=("+WIND: 7", "+WIND: 4", "+CREG: 1"),
    codes={"no_service": 512},  # MM establishment failure
    sim_answers={"+CCID": ('+CCID: "{iccid}"',), "+CCID?": ('+CCID: "{iccid}"',)},
    extras={"+CBC": ("+CBC: 0,100",), "+ADC?": ("+ADC: {millivolts}",)},
)

NOVATEL = Personality(
    name="novatel",
    manufacturer="Novatel Wireless Incorporated",
    model="MC545 HSPA",
    revision="Revision: 11.3.13",
    usb=Usb("1410", "7042", cdrom="5059", serial=True),
    storages={"SM": 30, "ME": 100},
    first_index=0,
    cnmi_told="(0,1,2),(0,1,2,3),(0,2),(0,1,2),(0,1)",
    cnmi_taken=((0, 1), (0, 1, 2, 3), (0, 2), (0, 1, 2), (0, 1)),  # mode 2 is advertised and refused
    cds_hangs=True,
    boot_s=3.0,
    reboot_drops_port=True,
    noise=("$NWRSSI: 21", "+CREG: 1"),
    registration=("+CREG", "+CGREG"),
    technology=2,
    sim_answers={"$NWPINR?": ("$NWPINR: PIN1,{pin},PUK1,{puk}",)},
    extras={"$NWRSSI": ("$NWRSSI RX0={rssi}, RX1=0",)},
)

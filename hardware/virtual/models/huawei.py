"""Huawei sticks: message indexes from 0, `^` commands and `^` noise, USSD packed, everything in ME."""

from hardware.virtual.models.row import Lines, Personality, Usb

PIN_ANSWER = ("^CPIN: {state},{left},{puk},{pin},10,3",)  # what it wants, how often, PUK, PIN, PUK2, PIN2
SIM_ANSWERS: dict[str, Lines] = {"^ICCID?": ("^ICCID: {iccid}",), "^CPIN?": PIN_ANSWER}
MEASURES: dict[str, Lines] = {
    "^CHIPTEMP?": ("^CHIPTEMP: {tenths},{tenths},65535,{tenths},65535",),
    "+CBC": ("+CBC: 0,100",),
}
CURC: dict[str, Lines] = {
    "^CURC=0": (),
    "^CURC=1": (),
    "^CURC?": ("^CURC: 1",),
    "^PORTSEL=0": (),
    "^PORTSEL=1": (),
}
UMTS_NOISE = (
    "^RSSI:18",
    '^HCSQ:"WCDMA",39,29,45',
    "^DSFLOWRPT:00000124,00000082,00000000,0000000000000000,0000000000000000,00000000,00000000",
    "^MODE:5,4",
    "^CSNR:-93,-23",
)

E3131 = Personality(
    name="huawei-e3131",
    manufacturer="huawei",
    model="E3131",
    revision="21.157.31.00.209",
    usb=Usb("12d1", "1442", cdrom="1f01", hilink="14db"),
    esc_answer="OK",
    unknown="COMMAND NOT SUPPORT",
    storages={"SM": 20, "ME": 20},
    memory=("ME", "ME", "ME"),
    first_index=0,
    cpms_arguments=(1, 2, 3),
    empty_slot="OK",
    memory_full_urc='^SMMEMFULL:"{}"',
    cnmi_told="(0,1,2),(0,1,2,3),(0,2),(0,1,2),(0,1)",
    cnmi_taken=((0, 1, 2), (0, 1, 2, 3), (0, 2), (0, 2), (0, 1)),  # ds 1 is advertised and refused (Qualcomm)
    csms=(0,),
    urc_while_sending=True,
    boot_s=2.0,
    boot_lines=((0.0, "^BOOT:35323129,0,0,0,26"), (0.2, "^SIMST:1"), (0.4, "^SRVST:2"), (0.5, "^MODE:5,4")),
    pin_lines=("^SIMST:1", "^SRVST:2"),
    swap_lines=("^SIMST:255", "^SIMST:1", "^SRVST:2"),
    reboot_drops_port=True,
    resets=("+CFUN=1,1", "+CFUN=16", "^RESET"),
    noise=UMTS_NOISE,
    registration=("+CREG", "+CGREG"),
    technology=2,
    radios={"^SYSCFG=2,0,3FFFFFFF,1,2": 2, "^SYSCFG=13,1,3FFFFFFF,1,2": 0, "^SYSCFG=14,2,3FFFFFFF,1,2": 2},
    ussd="packed",
    sim_answers=SIM_ANSWERS,
    extras={
        **CURC,
        **MEASURES,
        "^SYSINFO": ("^SYSINFO:2,3,0,5,1,,4",),
        "^HCSQ?": ('^HCSQ: "WCDMA",39,29,45',),
        "^GETPORTMODE": ("^GETPORTMODE:TYPE:WCDMA:huawei,MDM:0,DIAG:1,PCUI:2",),
    },
)

E3372_325 = Personality(
    name="huawei-e3372-325",
    manufacturer="Huawei Technologies Co., Ltd.",
    model="E3372-325",
    revision="3.0.2.61(H057SP5C983)",
    usb=Usb("12d1", "1506", cdrom="1f01", hilink="14dc"),
    storages={"SM": 20, "ME": 500},
    memory=("SM", "SM", "SM"),
    first_index=0,
    cpms_arguments=(3,),  # one or two end in ERROR
    memory_full_urc='^SMMEMFULL:"{}"',
    boot_s=3.0,
    boot_lines=((0.2, "^SIMST:1"), (0.6, "^SRVST:2")),
    pin_lines=("^SIMST:1", "^SRVST:2"),
    swap_lines=("^SIMST:255", "^SIMST:1", "^SRVST:2"),
    reboot_drops_port=True,
    resets=("+CFUN=1,1", "^RESET"),
    noise=('^HCSQ:"LTE",59,50,161,24', "^RSSI:21", "^LTERSRP: -96,-11", "^SRVST:2"),
    technology=7,
    radios={
        '^SYSCFGEX="00",3FFFFFFF,1,2,7FFFFFFFFFFFFFFF,,': 7,
        '^SYSCFGEX="01",3FFFFFFF,1,2,7FFFFFFFFFFFFFFF,,': 0,
        '^SYSCFGEX="02",3FFFFFFF,1,2,7FFFFFFFFFFFFFFF,,': 2,
        '^SYSCFGEX="03",3FFFFFFF,1,2,7FFFFFFFFFFFFFFF,,': 7,
    },
    ussd="ucs2",
    sim_answers=SIM_ANSWERS,
    extras={**CURC, **MEASURES, "^HCSQ?": ('^HCSQ: "LTE",59,50,161,24',)},
)

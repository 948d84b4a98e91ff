"""ZTE sticks: a flood of +ZUSIMR:2 until storages are asked, a SIM that is busy after its PIN, +CDS with a comma."""

from hardware.virtual.models.row import Personality, Usb

MF190 = Personality(
    name="zte-mf190",
    manufacturer="ZTE CORPORATION",
    model="MF190",
    revision="BD_MF190V1.0.0B04",
    usb=Usb("19d2", "0117", cdrom="0154", interface=1, serial=True),
    storages={"SM": 20, "ME": 100},
    memory=("SM", "SM", "SM"),
    first_index=0,
    cnmi_told="(0,1,2),(0,1,2,3),(0,2,3),(0,1,2),(0,1)",
    cnmi_taken=((0, 1, 2), (0, 1, 2, 3), (0, 2, 3), (0, 1, 2), (0, 1)),
    cds_head="+CDS: ,{}",
    boot_s=3.0,
    boot_lines=((0.3, "+ZPASR: UMTS"),),
    pin_settles_s=2.0,
    swap_lines=("+ZUSIMR:2", "+CPIN: READY"),
    reboot_drops_port=True,
    flood="+ZUSIMR:2",
    flood_s=2.0,
    flood_until=("+CPMS?",),
    noise=("+ZUSIMR:2", "+ZEND", "+ZDONR: 310410", "+ZPASR: UMTS", "+ZPSTM: 0,0"),
    registration=("+CREG", "+CGREG"),
    technology=2,
    radios={"+ZSNT=0,0,0": 2, "+ZSNT=1,0,0": 0, "+ZSNT=2,0,0": 2},
    ussd="ascii",
    sim_answers={"+ZICCID?": ("+ZICCID: {iccid}",), "+ZPINPUK=?": ("+ZPINPUK: {pin},{puk}",)},
    extras={"+ZOPRT=5": (), "+ZCDRUN=8": ("Close autorun state result(0:FAIL 1:SUCCESS):1",)},
)

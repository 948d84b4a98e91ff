"""What a modem forgets at a restart or ATZ: echo, error form, message format, routing, storages, character set."""

from dataclasses import dataclass, field

from hardware.virtual.models.row import Personality


@dataclass(slots=True)
class Settings:
    """The volatile settings, named after their commands."""

    echo: bool = True
    cmee: int = 0
    cmgf: int = 0  # 0 PDU, 1 text
    csms: int = 0
    cnmi: tuple[int, int, int, int, int] = (0, 0, 0, 0, 0)
    memory: tuple[str, str, str] = ("SM", "SM", "SM")
    cscs: str = "GSM"
    csdh: int = 0
    csmp: tuple[int, int, int, int] = (17, 167, 0, 0)  # fo, vp, pid, dcs
    cmms: int = 0
    cops_format: int = 0
    clip: int = 0
    reporting: dict[str, int] = field(default_factory=dict)  # "+CREG": n


def fresh(personality: Personality) -> Settings:
    """The settings after a restart."""
    return Settings(echo=personality.echo, cnmi=personality.cnmi, memory=personality.memory)

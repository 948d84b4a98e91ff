"""I4: a list whose own rows say who asked to stop brings none of them in, also where nobody here knows of it."""

import io
from pathlib import Path

import pytest

from gateway import campaigns, exporting, listcsv, listfile, lists, optoutfile, optouts, results, store
from tests.campaigning import Hall
from tests.web import world as the_world
from tests.web.world import World, names

HEAD = "Name,Cell,{}\n"


@pytest.mark.parametrize(
    "column", ["Opted out", "opted_out_at", "Do not text", "SMS opt-out", "Unsubscribed"]
)
@pytest.mark.parametrize("said", ["yes", "Y", "TRUE", "1", "x", "2026-03-01"])
def test_a_row_that_says_stop_is_not_taken(world: World, column: str, said: str) -> None:
    """It was taken like any other, for the column was one that scripts may use; the people were texted after their stop."""
    made = world.list_of(
        HEAD.format(column) + f"Ana,2025550141,{said}\nRosa,2025550142,no\nLuis,2025550143,\nSam,2025550144\n"
    )
    assert names(world, made) == ["Rosa", "Luis", "Sam"]
    [left] = lists.not_taken(world.db, made)
    assert (left["row"], left["outcome"]) == (2, "opted_out")
    assert lists.by_id(world.db, made).counts["opted_out"] == 1


def test_a_row_that_says_stop_holds_for_every_row_with_its_number(world: World) -> None:
    """An opt-out is a number's: a household, or an older row of the same person, brought it in all the same."""
    made = world.list_of(
        HEAD.format("Opted out")
        + "Luis,2025550141,\nAna,(202) 555-0141,yes\nAna,2025550141,no\nRosa,2025550142,no\n"
    )
    assert names(world, made) == ["Rosa"]
    assert lists.by_id(world.db, made).counts["opted_out"] == 3


def test_our_own_file_of_a_list_brings_nobody_back_on_another_box(world: World, tmp_path: Path) -> None:
    made = world.list_of("Name,Cell\nAna,2025550141\nRosa,2025550142\n")
    ana = world.conversation("+12025550141")
    optouts.opt_out(world.db, ana, source="text", by=None, reason="", now=store.wall_ms())
    (tmp_path / "other").mkdir()
    other = the_world.found(tmp_path / "other")
    assert names(other, other.list_of("".join(listcsv.people(world.db, made)))) == ["Rosa"]
    other.db.close()


def test_our_own_files_of_a_campaign_and_of_everything_bring_nobody_back_on_another_box(
    world: World, tmp_path: Path
) -> None:
    """Only the file of a list said who had stopped: by the others they were texted."""
    hall = Hall(world.db, world.rules, world.users, store.wall_ms())
    campaign = campaigns.load(world.db, hall.started())
    rosa = world.conversation("+12025550100")
    for number in ("+12025550100", "+12025550141"):
        world.draft("Rosa", number, "Hello")
    optouts.opt_out(world.db, rosa, source="text", by=None, reason="", now=store.wall_ms())
    exporting.export(world.db, tmp_path / "out")
    (tmp_path / "other").mkdir()
    other = the_world.found(tmp_path / "other")
    made = "".join(map(listcsv.line, results.csv_rows(world.db, campaign)))
    for content in (
        made,
        *((tmp_path / "out" / f"{name}.csv").read_bytes() for name in ("contacts", "lists", "campaigns")),
    ):
        found = [row["number"] for row in lists.members(other.db, other.list_of(content))]
        assert (len(found), "+12025550100" in found) == (5, False)
    exporting.export(world.db, tmp_path / "texts")
    taken = other.list_of((tmp_path / "texts" / "texts.csv").read_bytes())
    assert [row["number"] for row in lists.members(other.db, taken)] == ["+12025550141"]
    other.db.close()


@pytest.mark.parametrize("column", ["Do not text", "Opt out", "Unsubscribed"])
def test_a_file_whose_numbers_stand_under_such_a_name_opts_them_out(world: World, column: str) -> None:
    upload = listfile.keep(io.BytesIO(f"{column}\n2025550141\n2025550142\n".encode()), world.path)
    by, now = world.users["coordinator"], store.wall_ms()
    optoutfile.bring(world.db, upload, name="stops.csv", region="US", database=world.path, by=by, now=now)
    world.work()
    assert world.db.execute("SELECT count(*) FROM opt_out").fetchone()[0] == 2


@pytest.mark.parametrize(
    ("column", "yes", "no"),
    [
        ("Status", "Opted-out", "Active"),
        ("Status", "UNSUBSCRIBED", "subscribed"),
        ("Mobile opt in", "false", "true"),
        ("SMS consent", "No", ""),
        ("Status", "DO_NOT_TEXT", "Opted-In"),
        ("Status", "do-not-contact", "-"),
        ("SMS opt out status", "Opted-Out", "Opted-In"),
        ("Opted out", "yes", "-"),
        ("Unsubscribe", "yes", "no"),
        ("Abgemeldet am", "3.2.2026", ""),
        ("Status", "STOP", "Stops by on Friday"),
        ("Status", "Do not text!", "Do not call"),
        ("Next step", "stop by text", "Stop by"),
        ("Status", "Opt out - SMS", "Opt in - SMS"),
        ("Notes", "unsubscribed (texts)", "unsubscribed from e-mail"),
        ("Is it OK to text you?", "No, thanks", "yes"),
        ("Do you agree to receive text messages from us?", "no", "Yes"),
        ("Can we text you?", "No", ""),
        ("Consent", "no", "yes"),
        ("¿Podemos enviarle mensajes de texto?", "No, gracias", "Sí"),
        ("Estado", "No contactar", "Activo"),
        ("is_opt_out", "1", "0"),
        ("optout_time", "2022-02-21T11:59:29Z", ""),
        ("doNotText", "TRUE", "FALSE"),
        ("Accepts SMS Marketing", "no", "yes"),
        ("smsOptIn", "0", "1"),
        ("Do_Not_Text__c", "TRUE", "FALSE"),
        ("SMS_Opt_In__c", "false", "true"),
        ("Tags", '"Volunteer, do not text"', '"Volunteer, texts: yes"'),
        ("Notes", "STOP please", "Bus stop 3"),
        ("Notes", "Please don't text!", "Texts rarely"),
        ("Notes", "Opted out on 3/4", "Opted in on 3/4"),
        ("SMS Consent", "Withdrawn", "Given"),
        ("SMS Marketing Status", "Not subscribed", "Subscribed"),
        ("Text Message Opt Out", "Yes", "No"),
        ("TextOptOut", "1", "0"),
        ("Cell Phone Opt-In", "No", "Yes"),
        ("SMS", "no", "yes"),
        ("subscribedSms", "FALSE", "TRUE"),
        ("SMS erlaubt", "nein", "ja"),
        ("Accepte les SMS", "Non", "Oui"),
        ("Désinscription", "oui", "non"),
        ("SMS consent", "NEVER_SUBSCRIBED", "SUBSCRIBED"),
        ("SMS subscription status", "nonsubscribed", "subscribed"),
        ("SMS consent", "not given", "given"),
        ("OK to text?", "Never", "Any time"),
        ("Status", "Não contatar", "Ativo"),
        ("Status", "Nie kontaktować", "Kontaktować"),
        ("Notes", "Replied STOP", "Replied"),
        ("Notes", "DO NOT TEXT - asked 3/4", "Asked 3/4 - texts are fine"),
        ("Notes", "No texts (calls only)", "Texts (no calls)"),
        ("Status", "do not text / call", "do not call"),
        ("Notes", "Take me off the list", "Took a list"),
        ("No SMS", "yes", "no"),
        ("SMS enabled", "no", "yes"),
        ("Text consent given", "no", "yes"),
        ("Texting allowed?", "No", "Yes"),
        ("Notes", "Do not text - prefers e-mail", "Prefers e-mail - no texts at night"),
        ("Notes", "Do not text: asked 3/4", "Asked 3/4: she may be texted"),
        ("Notes", "STOP - asked 3/4", "STOP - San Jose"),
        ("Estado", "Dada de baja", "Alta"),
        ("HasOptedOutOfSMS", "1", "0"),
        ("et4ae5__HasOptedOutOfMobile__c", "TRUE", "FALSE"),
        ("Opted Out of Text Messages", "yes", "no"),
        ("¿Podemos mandarle textos?", "No", "Sí"),
        ("SMS-Einwilligung erteilt", "nein", "ja"),
        ("Consentement SMS donné", "Non", "Oui"),
        ("Do you consent to receiving SMS?", "No", "Yes"),
        ("Don't text", "x", ""),
        ("Replied STOP", "yes", "no"),
        ("No enviar SMS", "Sí", "No"),
    ],
)
def test_a_row_that_says_stop_in_the_words_of_other_programs_is_not_taken(
    world: World, column: str, yes: str, no: str
) -> None:
    """As Action Network, Salesforce, Shopify and others export it: the column was kept for scripts, and they were texted after their stop."""
    made = world.list_of(HEAD.format(column) + f"Ana,2025550141,{yes}\nRosa,2025550142,{no}\n")
    assert names(world, made) == ["Rosa"]
    assert lists.by_id(world.db, made).counts["opted_out"] == 1


@pytest.mark.parametrize(
    "stops", ["Do Not SMS,Opt Out", "Do not contact,Unsubscribed", "Unsubscribed,No texts"]
)
def test_of_several_columns_for_a_stop_each_counts(world: World, stops: str) -> None:
    """As CiviCRM exports it: "Opt Out" was heard and "Do Not SMS: 1" kept for scripts, and they were texted."""
    more = ",".join(f"More {at}" for at in range(45))
    row = ",".join(["-"] * 45)
    made = world.list_of(
        f"Name,Cell,{more},{stops}\nAna,2025550141,{row},1,0\nRosa,2025550142,{row},0,Yes\nLuis,2025550143,{row},0,\n"
    )
    assert names(world, made) == ["Luis"]


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("Email status", "unsubscribed"),
        ("Email opt out", "yes"),
        ("Opt out method", "import"),
        ("Bus", "no"),
        ("Note", "will not opt out"),
        ("Text sent", "no"),
        ("Mensaje", "no"),
        ("Text in Spanish", "no"),
        ("Text opt-out flag", "no"),
        ("Prioridad", "Baja"),
        ("Text", '"Coming? YES, NO, STOP"'),
        ("Texts", "0"),
        ("Text status", "No reply"),
        ("SMS status", "No answer yet"),
        ("Notes", "Opt out - e-mail"),
        ("Notes", "E-mail - unsubscribed"),
        ("Notes", "Do not text - no"),
        ("Text", '"STOP - or reply YES"'),
        ("Given name in texts", "No"),
        ("Organisation", "STOP (Students to Oppose Pollution)"),
        ("Status", "Widersprochen - Mieterhöhung"),
        ("Dues", "Opted out - Janus"),
        ("Last contact", "No texts - new"),
        ("No. SMS", "3"),
        ("Contact No. (SMS)", "yes"),
        ("Notes", "Unsubscribed (newsletter)"),
    ],
)
def test_what_is_about_something_else_keeps_nobody_out(world: World, column: str, cell: str) -> None:
    assert names(world, world.list_of(HEAD.format(column) + f"Ana,2025550141,{cell}\n")) == ["Ana"]


def test_a_column_that_only_sounds_like_it_keeps_nobody_out(world: World) -> None:
    made = world.list_of(HEAD.format("Stop") + "Ana,2025550141,Union Square\nRosa,2025550142,Oak Street\n")
    assert names(world, made) == ["Ana", "Rosa"]


@pytest.mark.parametrize("column", ["Unsubscribe", "Unsubscribed", "Opt out"])
@pytest.mark.parametrize(
    "way",
    ["https://list.example.org/u?id=7", "WWW.example.org/u", "mailto:stop@example.org", "stop@example.org"],
)
def test_a_link_by_which_each_could_unsubscribe_keeps_nobody_out(world: World, column: str, way: str) -> None:
    """As a mailing program exports it: everybody was left out as having asked to stop."""
    rows = f"Ana,2025550141,{way}\nRosa,2025550142,{way}\nLuis,2025550143,yes\nSam,2025550144,yes see {way}\n"
    assert names(world, world.list_of(HEAD.format(column) + rows)) == ["Ana", "Rosa"]

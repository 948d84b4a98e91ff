"""Lists, contacts and opt-outs on the panel: from a file to its people, and every bad file a plain sentence."""

import io
import re
from collections.abc import Callable

import pytest
from flask import Flask

from gateway import listfile, lists, optoutfile, recording, store
from tests.campaigning import started
from tests.web.conftest import Visitor
from tests.web.world import HELLO, World
from web import uploads

Visit = Callable[..., Visitor]
FAIR = b"Vorname;Nachname;Handy;Haus\nRosa;Delgado;(202) 555-0141;14 Oak\nLuis;Ortega;1,20255E+10;12 Oak\n"
CONSENT = {
    "source": "Sign-up sheet",
    "consented_on": "2026-10-03",
    "cool_down_days": "3",
    "name": "Fair",
    "do": "take",
}


def bring(visitor: Visitor, content: bytes, name: str = "fair.csv", path: str = "/lists") -> str:
    """Upload it; the address of the page that comes next, or the sentence that refused it."""
    visitor.get(path)
    answer = visitor.post(path if path == "/lists" else f"{path}/bring", file=(io.BytesIO(content), name))
    if answer.status_code == 303:
        return str(answer.headers["Location"])
    return answer.get_data(as_text=True)


def columns(visitor: Visitor, page: str) -> dict[str, object]:
    """The form as the page drew it."""
    html = visitor.get(page).get_data(as_text=True)
    chosen: dict[str, object] = {}
    for name, inside in re.findall(r'<select id="[^"]+" name="([^"]+)">(.*?)</select>', html, re.DOTALL):
        found = re.search(r'value="([^"]*)" selected', inside)
        chosen[name] = found[1] if found else ""
    chosen["keep"] = re.findall(r'name="keep" value="(\d+)" checked', html)
    if 'name="header" value="1" checked' in html:
        chosen["header"] = "1"
    return chosen


def test_a_file_becomes_a_list_without_a_script_in_the_browser(
    app: Flask, visit: Visit, world: World
) -> None:
    cleo = visit("coordinator")
    page = bring(cleo, FAIR)
    form = columns(cleo, page)
    assert form["column_number"] == "2"
    assert form["keep"] == ["3"]
    looked = cleo.get(page).get_data(as_text=True)
    assert "1 would be taken" in looked
    assert "1 has no number that can be texted" in looked
    assert world.db.execute("SELECT count(*) FROM contact").fetchone()[0] == 0
    assert cleo.post(page, **form, **CONSENT).status_code == 303
    assert app.config["TAKER"].wait(10)
    result = cleo.get(page).get_data(as_text=True)
    assert "1 person is in <bdi>Fair</bdi>" in result
    assert "its last digits are lost" in result
    assert "{haus}" in result
    left = cleo.get(f"{page}/not-taken.csv")
    assert left.headers["Content-Disposition"] == 'attachment; filename="list-1-not-taken.csv"'


def test_a_reason_is_said_once_for_all_its_rows_and_households_are_counted(
    app: Flask, visit: Visit, world: World
) -> None:
    """The same long sentence stood under each of 15 rows; that two people share a number stood nowhere."""
    cleo = visit("coordinator")
    rows = ["Name,Phone", "Ana,1.2E+10", "Ben,1.3E+10", "Cy,(202) 555-0101", "Dee,(202) 555-0101", "Eli,123"]
    page = bring(cleo, "\n".join(rows).encode())
    assert cleo.post(page, **columns(cleo, page), **CONSENT).status_code == 303
    assert app.config["TAKER"].wait(10)
    result = cleo.get(page).get_data(as_text=True)
    assert result.count("its last digits are lost") == 1
    assert "This is a number that a spreadsheet shortened" in result
    assert "“123” is a short code" in result
    assert [f"Row {n}<" in result for n in (2, 3, 6)] == [True] * 3
    assert "1 household: several people at one number" in result


def test_consent_is_asked_for_and_what_was_typed_stays(visit: Visit, world: World) -> None:
    cleo = visit("coordinator")
    page = bring(cleo, FAIR)
    answer = cleo.post(page, **columns(cleo, page), **{**CONSENT, "source": "", "name": "My fair"})
    assert answer.status_code == 409
    said = answer.get_data(as_text=True)
    assert "Say how these people agreed" in said
    assert 'value="My fair"' in said
    assert lists.by_id(world.db, 1).state == "staged"


def test_columns_encoding_and_header_can_be_corrected(visit: Visit, world: World) -> None:
    cleo = visit("coordinator")
    page = bring(cleo, "Łukasz;+12025550141\nŻaneta;+12025550142\n".encode("cp1250"))
    form = columns(cleo, page)
    assert "Łukasz" not in cleo.get(page).get_data(as_text=True)
    cleo.post(page, **{**form, "encoding": "cp1250"}, do="look")
    assert "Łukasz" in cleo.get(page).get_data(as_text=True)
    form = columns(cleo, page)
    cleo.post(page, **{**form, "column_first_name": "0", "keep": []}, do="look")
    assert lists.by_id(world.db, 1).meaning.fields == {"number": 1, "first_name": 0}
    twice = cleo.post(page, **{**columns(cleo, page), "column_name": "0"}, do="look")
    assert "is chosen twice" in twice.get_data(as_text=True)


def test_a_column_that_says_who_stopped_is_not_unticked_unawares(visit: Visit, world: World) -> None:
    """Kept "for scripts", it looked like one that no script needs; without it they were texted."""
    made = world.list_of("Name,Cell,Ward,Opt Out,Do Not SMS,Country\nAna,2025550141,4,0,1,US\n", take=False)
    page = visit("coordinator").get(f"/lists/{made}").get_data(as_text=True)
    ticks = re.findall(r'<label class="tick"><input type="checkbox" name="keep".*?</label>', page)
    heard = [re.findall(r'soft">([^<]*), while it is ticked', tick) for tick in ticks]
    assert heard == [
        [],
        ["Whoever asked to stop by this column stays out"],
        ["By it a number of another country is told"],
    ]


def test_a_file_that_is_read_anew_is_looked_at_before_it_is_taken(visit: Visit, world: World) -> None:
    """Another way to read it and “Take” in one press took it by columns that nobody had seen: a neighbour's numbers, here."""
    cleo = visit("coordinator")
    page = bring(cleo, "Name;Phone;Mobile\nŁukasz;+12025550141;+12025550142\n".encode("cp1250"))
    form = {**columns(cleo, page), "column_number": "1", "encoding": "cp1250"}
    said = cleo.post(page, **form, **CONSENT)
    assert said.status_code == 409
    assert "read anew" in said.get_data(as_text=True)
    one = lists.by_id(world.db, 1)
    assert (one.state, one.format.encoding) == ("staged", "cp1250")
    assert cleo.post(page, **{**columns(cleo, page), "column_number": "1"}, **CONSENT).status_code == 303
    assert lists.by_id(world.db, 1).meaning.fields["number"] == 1


def test_the_very_same_file_is_pointed_out(app: Flask, visit: Visit) -> None:
    cleo = visit("coordinator")
    page = bring(cleo, FAIR)
    cleo.post(page, **columns(cleo, page), **CONSENT)
    assert app.config["TAKER"].wait(10)
    assert "This is the very same file as" in cleo.get(bring(cleo, FAIR)).get_data(as_text=True)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40, "This file is a picture"),
        (b"PK\x03\x04" + bytes(200), "spreadsheet in its own format"),
        (b"", "This file is empty"),
        (b"Name,Tel\n", "no rows with people"),
    ],
)
def test_what_is_no_list_is_said_where_it_was_brought(
    visit: Visit, world: World, content: bytes, sentence: str
) -> None:
    said = bring(visit("coordinator"), content)
    assert sentence in said
    assert "Bring a list" in said
    assert not lists.all_of(world.db)
    assert not list(listfile.folder(world.path).iterdir())


def test_two_hundred_megabytes_are_refused_unread(app: Flask, visit: Visit) -> None:
    cleo = visit("coordinator")
    answer = cleo.client.post(
        "/lists",
        headers={"Origin": "http://localhost"},
        content_type="multipart/form-data; boundary=x",
        environ_overrides={"CONTENT_LENGTH": str(200 * 2**20)},
    )
    assert answer.status_code == 409
    assert "This file has 200 MB, and up to 50 MB can be brought" in answer.get_data(as_text=True)
    assert uploads.MOST_BODY > 200 * 2**20


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_file_larger_than_a_forms_fields_is_taken(visit: Visit, end: str) -> None:
    """Werkzeug counted its reading buffer against the limit of the fields: more than 128 KB were "too long"."""
    rows = [f"+1202555{number % 10_000:04d};Ana {number}" for number in range(20_000)]
    page = bring(visit("coordinator"), end.join(["Phone;Name", *rows]).encode())
    assert re.fullmatch(r"/lists/\d+", page), page


def test_a_form_of_any_other_page_stays_small(visit: Visit) -> None:
    cleo = visit("coordinator")
    assert cleo.post("/opt-outs/add", number="1", reason="x" * 70_000).status_code == 413


def test_a_list_is_deleted_with_its_people(app: Flask, visit: Visit, world: World) -> None:
    list_id = world.list_of("Name,Tel\nRosa,2025550141\n")
    cleo = visit("coordinator")
    assert "Whoever stands in no other list" in cleo.get(f"/lists/{list_id}/delete").get_data(as_text=True)
    assert "The list Street fair is deleted" in cleo.post(f"/lists/{list_id}/delete", follow=True).get_data(
        as_text=True
    )
    assert app.config["TAKER"].wait(10)
    assert world.db.execute("SELECT count(*) FROM contact").fetchone()[0] == 0
    assert cleo.get(f"/lists/{list_id}").status_code == 409


def test_a_contact_is_found_and_shows_lists_consent_and_household(visit: Visit, world: World) -> None:
    world.list_of("Name,Tel,Building\nRosa Delgado,2025550141,14 Oak\nAna Delgado,2025550141,\n")
    cleo = visit("coordinator")
    found = cleo.get("/contacts?q=delgado+rosa").get_data(as_text=True)
    assert "1 person found" in found
    page = cleo.get(re.search(r"/contacts/\d+", found)[0]).get_data(as_text=True)  # type: ignore[index]
    for words in (
        "Sign-up sheet",
        "3 October 2026",
        "14 Oak",
        "Ana Delgado",
        "Street fair",
        "+1 202 555 0141",
    ):
        assert words in page
    assert "Nobody here is called so" in cleo.get("/contacts?q=%E2%80%8E%00xyz").get_data(as_text=True)


def test_a_wrong_number_is_said_on_the_persons_page(visit: Visit, world: World) -> None:
    now = store.wall_ms()
    campaign_id = started(world.db, world.users["coordinator"], world.rules, now=now)
    target = world.db.execute(
        "SELECT id, contact_id FROM target WHERE campaign_id=?", [campaign_id]
    ).fetchone()
    world.db.execute("UPDATE contact SET language='es'")
    cleo = visit("coordinator")
    path = f"/contacts/{target['contact_id']}"
    assert "A wrong number" not in cleo.get(path).get_data(as_text=True)
    by = world.users["volunteer"]
    recording.record(world.db, target["id"], "contact", "wrong_number", by=by, now=now)
    page = cleo.get(path).get_data(as_text=True)
    assert "A wrong number" in page
    assert "Spanish" in page


def test_opt_outs_are_brought_added_and_undone_on_one_page(app: Flask, visit: Visit, world: World) -> None:
    world.draft("Rosa", "+12025550141", HELLO)
    cleo = visit("coordinator")
    page = bring(cleo, b"Tel\n2025550141\n12\n", "stops.csv", "/opt-outs")
    assert app.config["TAKER"].wait(10)
    said = cleo.get(page).get_data(as_text=True)
    assert "1 number is off every list by <bdi>stops.csv</bdi>" in said
    assert ("Row 3" in said, "1 row was rejected" in said) == (True, True)
    rejected = cleo.get(f"{page}/rejected.csv").get_data(as_text=True)
    assert rejected.splitlines()[1].startswith("3,")
    said = cleo.get("/opt-outs").get_data(as_text=True)
    assert ("1 text to them did not go out" in said, "stops.csv" in said) == (True, True)
    assert "stops.csv" not in cleo.get("/lists").get_data(as_text=True)
    assert cleo.get(page.replace("/opt-outs/files/", "/lists/")).status_code == 409
    cleo.post(f"{page}/delete")
    said = cleo.get("/opt-outs").get_data(as_text=True)
    assert ("stops.csv is gone" in said, "1 person is opted out" in said) == (True, True)
    cleo.post("/opt-outs/add", number="202 555 0142", reason="rang")
    assert "2 people are opted out" in cleo.get("/opt-outs").get_data(as_text=True)
    assert "+12025550142" in cleo.get("/opt-outs/opt-outs.csv").get_data(as_text=True)
    refused = cleo.post("/opt-outs/undo", number="2025550199", reason="rang again").get_data(as_text=True)
    assert "Nobody with this number is opted out" in refused
    cleo.post("/opt-outs/undo", number="2025550142", reason="rang again")
    assert "1 person is opted out" in cleo.get("/opt-outs").get_data(as_text=True)


def test_a_long_file_of_opt_outs_says_how_far_it_is_and_why_it_stands_still(
    visit: Visit, world: World
) -> None:
    upload = listfile.keep(
        io.BytesIO(b"Tel\n" + b"".join(b"202555%04d\n" % n for n in range(60))), world.path
    )
    made = optoutfile.bring(world.db, upload, name="stops.csv", region="US", database=world.path,
                            by=world.users["coordinator"], now=store.wall_ms())  # fmt: skip
    world.work(stop_after=1)  # the panel closes after the first piece
    cleo = visit("coordinator")
    page = cleo.get(f"/opt-outs/files/{made}").get_data(as_text=True)
    assert re.search(r"33% of <bdi>stops.csv</bdi> are taken", page)
    assert "20 of 60 rows" in page
    assert "33% taken" in cleo.get("/opt-outs").get_data(as_text=True)
    listfile.path_of(world.path, made).unlink()
    world.work()
    page = cleo.get(f"/opt-outs/files/{made}").get_data(as_text=True)
    assert ("It stands still." in page, "bring the file again" in page) == (True, True)


def test_a_panel_that_starts_again_goes_on_with_a_list(app: Flask, world: World) -> None:
    list_id = world.list_of("Name,Tel\nRosa,2025550141\n", take=False)
    lists.begin(world.db, list_id, name="Fair", source="Sheet", consented_on="2026-10-03", cool_down_days=3,
                by=world.users["coordinator"], now=store.wall_ms())  # fmt: skip
    app.config["TAKER"].ring()
    assert app.config["TAKER"].wait(10)
    assert lists.by_id(world.db, list_id).state == "ready"


def test_a_list_whose_file_a_restore_did_not_bring_says_so_and_can_be_deleted(
    visit: Visit, world: World
) -> None:
    list_id = world.list_of("Name,Tel\nRosa,2025550141\n", take=False)
    listfile.remove(listfile.path_of(world.path, list_id))
    cleo = visit("coordinator")
    assert "a backup does not hold it" in cleo.get(f"/lists/{list_id}").get_data(as_text=True)
    assert cleo.post(f"/lists/{list_id}/delete").status_code == 303
    assert not lists.all_of(world.db)


def test_a_disk_without_room_is_said_and_leaves_nothing(
    visit: Visit, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    cleo = visit("coordinator")
    monkeypatch.setattr("gateway.listfile.os.fsync", full)
    said = bring(cleo, FAIR)
    assert "No space left on device. Nothing was kept." in said
    assert not list(listfile.folder(world.path).iterdir())

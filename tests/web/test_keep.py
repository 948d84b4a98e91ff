"""The admin's page of the data, and what a card and a thread say after a restore."""

from collections.abc import Callable

from gateway import backup, keeping, store
from gateway.config import load
from tests.web.conftest import Visitor
from tests.web.world import World, busy_day

Visit = Callable[..., Visitor]


def test_the_page_tells_how_old_the_last_backup_is_and_asks_for_another(visit: Visit, world: World) -> None:
    plan = keeping.plan_of(load(world.source))
    admin = visit("admin")
    assert "There is no backup yet" in admin.get("/data").get_data(as_text=True)
    answer = admin.post("/data/backup", follow=True).get_data(as_text=True)
    assert "A backup is being made." in answer
    assert keeping.asked(world.db)
    assert keeping.turn(plan, now=store.wall_ms()), "the gateway's part"
    page = admin.get("/data").get_data(as_text=True)
    [saved] = keeping.listing(plan.folder)
    assert saved.path.name in page
    assert "The last backup is of" in page
    assert "being made" not in page
    assert "on the same card" in page
    backup.check(saved.path)


def test_what_went_wrong_is_said_in_words(visit: Visit, world: World) -> None:
    world.source.write_text(world.source.read_text() + '\n[backup]\nfolder = "/backups-of-a-stick"\n')
    keeping.turn(keeping.plan_of(load(world.source)), now=store.wall_ms())
    keeping.ask(world.db, now=store.wall_ms())
    keeping.turn(keeping.plan_of(load(world.source)), now=store.wall_ms())
    page = visit("admin").get("/data").get_data(as_text=True)
    assert "is not in, or not mounted" in page


def test_no_backup_is_given_out_through_the_page(visit: Visit, world: World) -> None:
    keeping.make(keeping.plan_of(load(world.source)), now=store.wall_ms())
    page = visit("admin").get("/data").get_data(as_text=True)
    assert ".db<" in page
    assert '.db"' not in page


def test_a_card_and_a_thread_say_who_may_have_been_texted_already(visit: Visit, world: World) -> None:
    ids = busy_day(world)
    luis = ids["Luis Ortega"]
    row = world.db.execute("SELECT conversation_id FROM message WHERE id=?", [luis]).fetchone()
    volunteer = visit("volunteer")
    words = "may have been texted already"
    assert words not in volunteer.get(f"/send?card={luis}").get_data(as_text=True)
    world.db.execute(
        "UPDATE conversation SET perhaps_texted_at=? WHERE id=?", [store.wall_ms(), row["conversation_id"]]
    )
    assert words in volunteer.get(f"/send?card={luis}").get_data(as_text=True)
    assert words in volunteer.get(f"/inbox/{row['conversation_id']}").get_data(as_text=True)

"""What is looked for on every page: what axe finds, what scrolls sideways, what is too small for a thumb, what Tab does not reach or does not show.

Each function says what it found, in words; nothing found is an empty list.
"""

from pathlib import Path

from playwright.sync_api import Page

AXE = (Path(__file__).parent / "vendor/axe-core/axe.min.js").read_text()
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# What another scheme can change: everything else is the same in light and dark, which differ in tokens.css alone.
OF_COLOURS = ["color-contrast", "link-in-text-block"]
RUN = """async rules => (await axe.run(document, {runOnly: rules, resultTypes: ["violations"], preload: false})).violations.flatMap(found =>
  found.nodes.map(node => `${found.id}: ${node.html.slice(0, 160)} ${(node.failureSummary || "").slice(0, 200)}`))"""
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SMALL = """() => [...document.querySelectorAll('main a, main button, main input, main textarea, nav a')]
  .filter(e => e.offsetParent && !e.closest('.sr, p, dialog') && !e.matches('.sr, h2 a, input[type=radio], .tick input'))
  .filter(e => e.getBoundingClientRect().height < 43.5).map(e => e.outerHTML.slice(0, 90))"""
OVER = """() => [...document.querySelectorAll('.log > li > *')].filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.outerHTML.slice(0, 90))"""
TURN = "[...document.querySelectorAll('main .key.turn')].filter(e => e.offsetParent).length"
OPEN = "document.querySelectorAll('main details').forEach(details => { details.open = true; })"
DOUBLED = "size => { document.documentElement.style.fontSize = size; }"
NAMED = """() => [
  ...(document.title.trim() && !document.title.startsWith("Textbank ·") ? [] : ["no title of its own"]),
  ...(document.querySelectorAll("h1").length === 1 ? [] : [`${document.querySelectorAll("h1").length} h1`]),
  ...[...document.querySelectorAll("h1:not(.sr)")].filter(e => e.getBoundingClientRect().width < 48)
    .map(e => `nobody sees the heading: ${e.textContent}`)]"""

# Before every Tab: is where the focus stands ringed, on the screen and under nothing else?
WALK = """() => {
  const shown = e => e.checkVisibility({visibilityProperty: true}) && !e.closest("[inert], dialog:not([open])");
  const ringed = e => { const s = getComputedStyle(e); return s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2; };
  const label = e => (e.labels && e.labels[0]) || e.closest("label");
  const group = e => [...document.querySelectorAll(`input[type=radio][name="${CSS.escape(e.name)}"]`)].filter(r => r.form === e.form);
  const entry = e => group(e).find(r => r.checked) || group(e)[0];
  const stops = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]")]
    .filter(e => e.tabIndex >= 0 && !e.disabled && shown(e)).filter(e => e.type !== "radio" || e === entry(e));
  const walk = window.walk = {left: new Set(stops), wrong: []};
  const say = e => e.outerHTML.slice(0, 120).replace(/\\s+/g, " ");
  walk.look = () => {
    const e = document.activeElement;
    if (!e || e === document.body || e === document.documentElement) return;
    if (walk.left.has(e)) walk.left.delete(e); else if (walk.seen?.has(e)) return;
    (walk.seen ||= new Set()).add(e);
    const seen = e.matches("input") && label(e) && e.getBoundingClientRect().width < 8 ? label(e) : e;
    if (!ringed(e) && !ringed(seen)) walk.wrong.push(`Tab reaches it and does not show it: ${say(e)}`);
    const box = seen.getClientRects()[0];
    const x = Math.min(Math.max(box.left + box.width / 2, 1), innerWidth - 1), y = Math.min(Math.max(box.top + box.height / 2, 1), innerHeight - 1);
    const top = document.elementFromPoint(x, y);
    if (!(top && (seen.contains(top) || top.contains(seen)))) walk.wrong.push(`the focus is behind ${top ? say(top) : "the edge"}: ${say(e)}`);
  };
  addEventListener("keydown", walk.look, true);
  getSelection().removeAllRanges(); document.activeElement.blur();
  return stops.length + 5 * document.querySelectorAll("input[type=date], input[type=time]").length;
}"""
WALKED = "() => { walk.look(); return [...walk.wrong, ...[...walk.left].map(e => `Tab does not reach it: ${e.outerHTML.slice(0, 120)}`)]; }"
MORE_TABS = 12  # boxes that scroll are stops too


def findings(page: Page, *, colours: bool = False) -> list[str]:
    """What axe says of the page as it is now; of its `colours` alone when the rest was looked at in the other scheme."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    rules = {"type": "rule", "values": OF_COLOURS} if colours else {"type": "tag", "values": TAGS}
    said: list[str] = page.evaluate(RUN, rules)
    return said


def in_both_schemes(page: Page) -> list[str]:
    """What axe says in light and in dark; leaves it in light."""
    light = findings(page)
    page.emulate_media(color_scheme="dark")
    dark = [f"in dark, {said}" for said in findings(page, colours=True)]
    page.emulate_media(color_scheme="light")
    return light + dark


def shape(page: Page) -> list[str]:
    """Nothing scrolls sideways or over its neighbour, nothing is too small for a thumb, one key at most is marigold, one heading names the page."""
    found = [f"too small for a thumb: {small}" for small in page.evaluate(SMALL)]
    found += [f"runs over what stands beside it: {wide}" for wide in page.evaluate(OVER)]
    if (over := page.evaluate(SIDEWAYS)) > 0:
        found.append(f"{over} px scroll sideways")
    if (keys := page.evaluate(TURN)) > 1:
        found.append(f"{keys} marigold keys")
    return found + page.evaluate(NAMED)


def on_phones(page: Page) -> list[str]:
    """Nothing scrolls sideways at 320 px, nor with text doubled there and on wider phones; leaves the page so."""
    found = []
    for width, size in ((320, "100%"), (320, "200%"), (360, "200%"), (412, "200%")):
        page.set_viewport_size({"width": width, "height": 640})
        page.evaluate(DOUBLED, size)
        if (over := page.evaluate(SIDEWAYS)) > 0:
            found.append(f"{over} px scroll sideways at {width} px with text at {size}")
    return found


def by_keyboard(page: Page) -> list[str]:
    """Tab reaches everything that can be used, and shows where it is."""
    for _ in range(page.evaluate(WALK)):
        page.keyboard.down("Tab")
    if found := page.evaluate(WALKED):
        for _ in range(MORE_TABS):
            page.keyboard.down("Tab")
        found = page.evaluate(WALKED)
    page.keyboard.up("Tab")
    return list(found)


def in_order(page: Page, where: str) -> None:
    """A page in the middle of what somebody does: axe and its shape."""
    assert in_both_schemes(page) + shape(page) == [], where

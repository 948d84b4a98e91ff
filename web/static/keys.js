/* Keys. They act on release and once a press, so that holding one sends once. Letters rest while somebody types, and can
   be switched off. What a key does is written on the element it presses: data-key="s". */
"use strict";
(() => {
  const held = new Map(); /* what is down, by its place -> its name as it went down: Ctrl or Shift may come up first, and then it has another */
  const place = (event) => event.code || event.key;
  const writes = (element) => element.closest && element.closest("input:not([type=radio]), textarea, select, [contenteditable]");
  const lettersOn = () => document.body.dataset.letters !== "off";
  const shut = () => textbank.shielded() || document.body.classList.contains("veiled") || document.querySelector("dialog[open]");
  const name = (event) => {
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    return event.ctrlKey || event.metaKey ? `Ctrl+${key}` : key;
  };
  const target = (key) => [...document.querySelectorAll("[data-key]")].find((element) => element.dataset.key === key && !element.closest("[inert]"));

  function press(element) {
    if (element instanceof HTMLFormElement) {
      const button = element.querySelector("button:not([type=button])") || document.querySelector(`button[form="${element.id}"]`);
      if (button) button.click(); else element.requestSubmit();
    } else if (writes(element)) element.focus();
    else element.click();
  }
  function neighbour(step) {
    const links = [...document.querySelectorAll("#rows a")], at = links.findIndex((link) => link.hasAttribute("aria-current"));
    const next = links[at < 0 ? 0 : at + step];
    if (next) next.click();
  }
  /* Enter belongs to the focused link or button, except on the Send key itself. */
  const takesEnter = (element) => element.closest && element.closest("a, button, summary") && element.id !== "send";

  /* What a key presses here; nothing where letters rest, or where the key belongs to what has the focus. */
  function meant(event, key = name(event)) {
    if (key.length === 1 && (!lettersOn() || writes(event.target))) return null;
    if (key === "Enter" && (writes(event.target) || takesEnter(event.target))) return null;
    const element = target(key), of = event.target.form || event.target.closest?.("a, form");
    return key === "Ctrl+Enter" && of && of !== element ? null : element; /* somebody writes a note, or stands on a link */
  }

  addEventListener("keydown", (event) => {
    const key = name(event);
    if (event.isComposing) return;
    if (key === "Enter" && event.repeat) return void event.preventDefault();
    const acts = key === "Enter" || key === "Ctrl+Enter";
    if (acts && !takesEnter(event.target) && meant(event)) event.preventDefault();
    if (key === "Ctrl+." || key === "Ctrl+,") event.preventDefault();
    if (key.length === 1 && !event.altKey && meant(event)) event.preventDefault(); /* Firefox would open its own find with "/" */
    if (event.repeat || event.altKey || shut()) return; /* with Alt it is the browser's, also when Alt comes up first */
    if (writes(event.target) && (key.length === 1 || key === "Enter")) return; /* the box's, wherever it comes up */
    if (!textbank.sending()) held.set(place(event), key);
    else if (meant(event)) textbank.tooEarly(meant(event));
  });
  function act(event, key) {
    if (event.altKey || shut() || event.isComposing) return;
    const element = meant(event, key);
    if (textbank.sending()) return void (element && textbank.tooEarly(element));
    if (key === "Ctrl+." || key === "Ctrl+,") return neighbour(key === "Ctrl+." ? 1 : -1);
    if (key === "?" && lettersOn() && !writes(event.target)) return document.getElementById("keys")?.showModal();
    if (key === "Escape" && writes(event.target) && event.target.closest("#reply")) return event.target.blur();
    if (element) press(element);
  }
  addEventListener("keyup", (event) => {
    /* A Mac tells of no key that comes up under its command key: they act as that comes up. */
    const up = event.key === "Meta" ? [...held.keys()].filter((at) => held.get(at).startsWith("Ctrl+")) : [place(event)];
    for (const [at, named] of up.map((at) => [at, held.get(at)])) if (held.delete(at)) act(event, named);
  });
  addEventListener("blur", () => held.clear());
  /* A key that went down on one card does not act on the next one, however long it is held. */
  document.addEventListener("textbank:fresh", () => held.clear());
})();

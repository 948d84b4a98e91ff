/* Words outlive the page that they are typed on: one that is drawn anew, one that has to be asked for again (signed out, a newer
   panel), one that was left for a look at something else. They stay in this tab, for this person alone, and go with it
   or with the person, who signs out. */
"use strict";
(() => {
  const NAME = "textbank:typed:";
  const WRITING = /^(text|search|number|tel|email|url|date|time)$/;
  const main = () => document.getElementById("main");
  const boxes = () => [...main().querySelectorAll("textarea[id]")].filter((box) => box.form && !box.form.dataset.gone);
  const half = (box) => box.value !== box.defaultValue || (box.value && box.getAttribute("aria-invalid") === "true");
  /* Lines, choices and ticks too, once a person was at them: what a browser makes of a value is nobody's wish. */
  const touched = new WeakSet(), TICKS = /^(radio|checkbox)$/;
  for (const type of ["input", "change"]) addEventListener(type, (event) => touched.add(event.target), true);
  const fields = (root) => [...root.querySelectorAll("textarea[id], select[name], input[name]:not([type=hidden])")].filter((field) => field.form && !field.form.dataset.gone);
  const begun = (field) => (field.matches("textarea") ? half(field) : touched.has(field) && (field.matches("select") ? chosen(field) : changed(field)));
  let here = location.pathname; /* of what is drawn: going back changes the address first */

  textbank.typing = (piece) => {
    const field = document.activeElement;
    return field && piece.contains(field) && /^(TEXTAREA|INPUT|SELECT)$/.test(field.tagName) && field.type !== "radio";
  };
  const chosen = (list) => list.selectedIndex !== Math.max(0, [...list.options].findIndex((one) => one.defaultSelected));
  const changed = (field) => field.type !== "hidden" && (field.value !== field.defaultValue || field.checked !== field.defaultChecked);
  /* Whether drawing `fresh` in place of this page would take words, or the place where they are being typed. */
  textbank.holdsWords = (fresh) => textbank.typing(main()) ||
    boxes().some((box) => box.value && fresh.getElementById(box.id)?.value !== box.value) ||
    fields(main()).some((field) => WRITING.test(field.type) && begun(field));
  /* What was typed into the box of the form that was sent, after it was: the words below, or others in their place. */
  const words = (box, body) => (body.get(box.name) || "").replaceAll("\r\n", "\n");
  function since(box, body) {
    const sent = words(box, body);
    return sent.startsWith(box.value) ? "" : box.value.startsWith(sent) ? box.value.slice(sent.length).trimStart() : box.value;
  }
  /* What was changed in it since it was sent. */
  function after(field, body) {
    if (TICKS.test(field.type)) return touched.has(field) && body.getAll(field.name).includes(field.value) !== field.checked;
    return field.matches("select") ? body.get(field.name) !== field.value : field.type !== "file" && since(field, body);
  }
  textbank.halfTyped = (root, sent, body) => fields(root).filter((field) => (field.form === sent ? after(field, body) : begun(field)));
  /* Whether the box has other words to begin with by now than those that were typed over. */
  textbank.otherWords = (box, fresh) => {
    const newer = box.matches("textarea") && fresh.querySelector(`#${box.id}`);
    return newer && newer.defaultValue !== box.defaultValue;
  };
  /* The same field of the page as it is now. */
  function twin(field, own) {
    const where = (form) => (own ? new URL(form.action).pathname : form.action), id = field.id && document.getElementById(field.id);
    const all = field.id ? [id] : [...main().querySelectorAll(`[name="${CSS.escape(field.name)}"]`)];
    return all.find((one) => one?.form && one.type === field.type && where(one.form) === where(field.form) && (!TICKS.test(one.type) || one.value === field.value));
  }
  /* What is half typed or half chosen in another form than the one that was sent: a form with words stays whole, with what it says that
     was read, and so does one with a line that was typed over another than stands there now. Where the box has other words by now (an
     answer that was taken back), they stand below those. */
  textbank.putBack = (typed, sent, body) => {
    for (const field of typed) {
      const own = field.form === sent, box = twin(field, own), long = field.matches("textarea");
      if (!box || box === field) continue;
      if (own && (long || WRITING.test(field.type))) {
        const more = since(field, body), refused = box.value === words(field, body); /* they stand there again */
        box.value = refused ? field.value : long && box.value ? `${box.value}\n${more}` : more;
        if (long) box.dispatchEvent(new Event("input", { bubbles: true }));
      } else if (long && box.defaultValue === field.defaultValue) box.form.replaceWith(field.form);
      else if (long) box.value += `\n${field.value}`;
      else if (WRITING.test(field.type) && box.defaultValue !== field.defaultValue) box.form.replaceWith(field.form); /* its Keep is refused: others kept theirs */
      else if (field.type === "file") box.replaceWith(field);
      else if (TICKS.test(field.type)) box.checked = field.checked;
      else if (!field.matches("select") || [...box.options].some((one) => one.value === field.value)) box.value = field.value;
      touched.add(box);
    }
  };
  /* Where somebody writes on: in the form that was sent only when they wrote on in it. Else the next letters would be keys: "u" takes back. */
  textbank.goesOn = (field, typed, sent) => {
    const writes = typed.includes(field) || (field.form && field.form !== sent && (field.matches("textarea") || WRITING.test(field.type)));
    return writes && (document.contains(field) ? field : twin(field, field.form === sent));
  };

  /* ---- from one page to the next ---- */
  const quietly = (act) => { try { return act(); } catch (error) { return undefined; /* a browser that keeps nothing */ } };
  const read = (key) => quietly(() => JSON.parse(sessionStorage.getItem(key)));
  const all = () => quietly(() => Object.keys(sessionStorage).filter((key) => key.startsWith(NAME))) || [];
  function write(key, kept) {
    quietly(() => Object.keys(kept.boxes).length ? sessionStorage.setItem(key, JSON.stringify(kept)) : sessionStorage.removeItem(key));
  }
  function keep(fields) {
    const who = document.body.dataset.who, key = NAME + here, kept = read(key) || { who, boxes: {} };
    if (!who || !fields.length) return;
    for (const box of fields) kept.boxes[box.id] = [box.value, box.defaultValue, box.form.elements.key?.value];
    write(key, kept);
  }
  /* The page goes away without anybody's wish: whatever is half typed is there again on the next one. */
  textbank.leave = (go = () => location.reload()) => {
    keep(boxes().filter(half));
    go();
  };
  /* Somebody leaves it: an answer, a note and changed words stay, until they are sent or given up; those of a script are asked about,
     and stay where the browser does not ask: an iPhone tells no page that it will be left. */
  let asked = false;
  addEventListener("beforeunload", () => { asked = true; });
  const keepAll = () => keep(boxes().filter((box) => half(box) && ("stays" in box.dataset || !asked)));
  addEventListener("pagehide", keepAll);
  /* A phone throws a page away behind another app without a word; on one that is looked at again its words stand already. */
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return keepAll();
    const key = NAME + here, kept = read(key);
    if (!kept) return;
    for (const box of boxes()) if (kept.boxes[box.id]?.[0] === box.value) delete kept.boxes[box.id];
    write(key, kept);
  });
  addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    event.target.dataset.gone = "yes";
    if ("forgets" in event.target.dataset) for (const key of all()) quietly(() => sessionStorage.removeItem(key)); /* signs out: for whoever comes next */
  });
  addEventListener("pageshow", () => document.querySelectorAll("form[data-gone]").forEach((form) => delete form.dataset.gone));
  /* Sent: what was left for this box earlier is of the past. */
  textbank.forget = (form) => {
    const key = NAME + here, kept = read(key);
    if (!kept) return;
    for (const box of form.querySelectorAll("textarea[id]")) delete kept.boxes[box.id];
    write(key, kept);
  };
  addEventListener("click", (event) => {
    const form = document.getElementById(event.target.closest?.("[data-gives-up]")?.dataset.givesUp);
    if (!form) return;
    form.dataset.gone = "yes";
    textbank.forget(form);
  });
  function restore() {
    const key = NAME + here, kept = read(key);
    for (const [id, [words, before, nonce]] of Object.entries(kept?.boxes || {})) {
      const box = document.getElementById(id);
      if (!box || (box.value && box.value !== before && box.value !== words)) continue; /* other words stand there: it waits */
      box.value = words;
      if (nonce && box.form?.elements.key) box.form.elements.key.value = nonce; /* they may have been sent as their page was left: once */
      delete kept.boxes[id];
      box.dispatchEvent(new Event("input", { bubbles: true }));
    }
    if (kept) write(key, kept);
  }
  /* Safari keeps pages whole: one that comes back where this person is not signed in any more, in whatever tab they signed out, is nobody
     else's to read. A browser that keeps nothing does not know. */
  function notTheirs() {
    main().replaceChildren();
    document.getElementById("bar").replaceChildren();
    for (const said of [document.getElementById("say"), document.querySelector("title")]) said.textContent = "";
    location.reload();
  }
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    const who = quietly(() => localStorage.getItem("textbank:who"));
    if (who !== (document.body.dataset.who || "")) notTheirs();
    else restore(); /* what was left with it is in it */
  });
  document.addEventListener("textbank:drawn", () => { here = location.pathname; });
  document.addEventListener("DOMContentLoaded", () => {
    const who = document.body.dataset.who;
    quietly(() => localStorage.setItem("textbank:who", who || ""));
    if (!who) return void (all().length && textbank.tell("calm", "What you typed is kept in this tab. Come in again and go back to it."));
    for (const key of all()) if (read(key)?.who !== who) quietly(() => sessionStorage.removeItem(key));
    restore();
  });
})();

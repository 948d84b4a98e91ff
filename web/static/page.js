/* The page as one thing that is exchanged piece by piece: forms are sent without leaving it, pieces that changed are
   put in place, times are said in the reader's habit. Everything works without this file, by plain forms and links. */
"use strict";
const textbank = (window.textbank = {});

(() => {
  const QUIET_MS = 200; /* a fresh card takes no tap: the finger that sent the one before must not send this one */
  const SEND_TIMEOUT_MS = 20000, MEANT_MS = 600000; /* who pressed ten minutes ago may mean something else by now: looks again, and presses */
  const drawn = new Map(); /* id of a live piece -> its words as the server drew them */
  const thumbs = matchMedia("(pointer: coarse)");
  let sending = null; /* the form that is under way */

  /* What differs at every drawing and changes nothing that is seen. */
  const gist = (html) => html.replace(/name="csrf_token" value="[^"]*"/g, "").replace(/<time[^>]*data-how="there"[^>]*>[^<]*/g, "")
    .replace(/data-left="[^"]*"|stroke-dasharray="[^"]*"|<span class="seconds">[^<]*/g, "");
  const pieces = (root) => root.querySelectorAll("[data-live][id]");
  const remember = () => {
    drawn.clear();
    for (const piece of pieces(document)) drawn.set(piece.id, gist(piece.outerHTML));
  };

  /* ---- fingers ---- */
  /* Nothing is exchanged under a finger that is down: its tap would fall on what is gone. */
  const CLICK_MS = 300, LONGEST_PRESS_MS = 3000; /* after it comes up a click follows; one that never comes up is forgotten */
  let pressed = false, release = null;
  function letGo(ms) {
    clearTimeout(release);
    release = setTimeout(() => { pressed = false; document.dispatchEvent(new Event("textbank:released")); }, ms);
  }
  addEventListener("pointerdown", () => { pressed = true; letGo(LONGEST_PRESS_MS); }, true);
  addEventListener("pointerup", () => letGo(CLICK_MS), true);
  /* Space presses what has the focus when it comes up. */
  const ofKey = (event) => /^( |Enter)$/.test(event.key) && !event.repeat && event.target.closest?.("a, button, summary, [type=radio], [type=checkbox]");
  addEventListener("keydown", (event) => { if (ofKey(event)) { pressed = true; letGo(LONGEST_PRESS_MS); } }, true);
  addEventListener("keyup", (event) => { if (ofKey(event)) letGo(CLICK_MS); }, true);
  for (const end of ["click", "pointercancel"]) addEventListener(end, () => letGo(0), true);
  textbank.pressed = () => pressed;

  /* ---- times ---- */
  const said = new Intl.RelativeTimeFormat(undefined, { numeric: "auto", style: "short" });
  const clock = (options, zone) => new Intl.DateTimeFormat(undefined, { ...options, timeZone: zone });
  const HOURS = { hour: "numeric", minute: "2-digit" };
  /* A browser may be older than the name of a zone (“Europe/Kyiv” is of 2022) or than its rules (Mexico's too): where it knows another hour
     than the box did, it goes on from the box's. */
  function hourThere(time, now) {
    const [, sign, hours, minutes] = /([+-])(\d\d):(\d\d)$/.exec(time.dateTime);
    const boxs = (at) => clock(HOURS, "UTC").format(at.getTime() + Number(`${sign}1`) * (Number(hours) * 60 + Number(minutes)) * 60000);
    try {
      const own = clock(HOURS, time.dataset.zone), drawn = new Date(time.dateTime);
      if (own.format(drawn) === boxs(drawn)) return own.format(now);
    } catch (error) { /* it does not know the name */ }
    return boxs(now);
  }
  /* What is said of now goes by the box's clock, by which texts leave: that of an old laptop may be hours away. A page takes its time to come. */
  const COMES_MS = 60000;
  let origin = null; /* the box's time when this browser's stopwatch began, where their clocks differ */
  function setClock(main) {
    const now = Number(main.dataset.now);
    origin = Math.abs(now - Date.now()) > COMES_MS ? now - performance.now() : null;
  }
  function sayTime(time) {
    const at = new Date(time.dateTime), now = new Date(origin === null ? Date.now() : origin + performance.now()), how = time.dataset.how;
    if (Number.isNaN(at.getTime())) return;
    if (how === "there") return void (time.textContent = hourThere(time, now));
    const minutes = Math.round((now - at) / 60000);
    if (how === "ago" && minutes < 60) return void (time.textContent = minutes < 1 ? said.format(0, "second") : said.format(-minutes, "minute"));
    if (how === "day") return void (time.textContent = clock({ day: "numeric", month: "short", year: "numeric" }, "UTC").format(at));
    const year = at.getFullYear() === now.getFullYear() ? {} : { year: "numeric" };
    if (how === "date") return void (time.textContent = clock({ weekday: "short", day: "numeric", month: "short", ...year, ...HOURS }).format(at));
    const parts = { ...HOURS };
    if (how === "second") parts.second = "2-digit";
    if (at.toDateString() !== now.toDateString()) Object.assign(parts, { day: "numeric", month: "short", ...year });
    time.textContent = clock(parts).format(at);
  }
  const LABELS = { clock: HOURS, hour: { hour: "numeric" }, weekday: { weekday: "short" }, day: { day: "numeric", month: "short" } };
  const sayLabel = (label) => { label.textContent = clock(LABELS[label.dataset.how]).format(new Date(label.dataset.at)); };
  const sayTimes = (root) => {
    root.querySelectorAll("time[data-how]").forEach(sayTime);
    root.querySelectorAll("text[data-how]").forEach(sayLabel);
  };
  setInterval(() => document.hidden || sayTimes(document), 30000);

  /* ---- pieces ---- */
  /* The end of what was said; of a text longer than its place, its beginning. The answer that is meant stands among the others. */
  const place = (element) => element.getBoundingClientRect();
  function toTail() {
    for (const talk of document.querySelectorAll("[data-tail]")) {
      const newest = lastSaid(talk);
      talk.scrollTop = talk.scrollHeight;
      if (newest && newest.offsetHeight > talk.clientHeight) talk.scrollTop += place(newest).top - place(talk).top;
    }
    for (const chip of document.querySelectorAll(".answers > .meant, .answers > [aria-current], .ready > .meant")) {
      const row = chip.parentElement, from = place(row), at = place(chip);
      row.scrollTop += at.top - from.top - (from.height - at.height) / 2;
      row.scrollLeft += at.left - from.left - (from.width - at.width) / 2;
    }
  }
  /* Keys that do the same, or the same words to unfold: of several, such as the “yes” of each question, it is the one at the same place. */
  const alike = (held) => [...document.querySelectorAll(held.tagName)].filter((one) => one.form?.action === held.form?.action &&
    one.name === held.name && one.value === held.value && (held.form || one.textContent === held.textContent));
  function keepFocus(change) {
    const held = document.activeElement, id = held && held.id;
    const href = held && held.getAttribute && held.getAttribute("href");
    const key = held && held.closest && held.closest("form[data-key]") && held.closest("form[data-key]").dataset.key;
    const before = held ? alike(held) : [];
    change();
    if (!held || held === document.activeElement) return;
    const now = alike(held), twin = now.length === before.length && now[before.indexOf(held)];
    const again = (document.contains(held) && held) || (id && document.getElementById(id)) || (href && document.querySelector(`a[href="${CSS.escape(href)}"]`)) ||
      twin || (key && document.querySelector(`form[data-key="${key}"] button:only-of-type`));
    if (again) again.focus({ preventScroll: true });
  }
  let quiet = null;
  function shield() {
    document.body.classList.add("fresh");
    document.dispatchEvent(new Event("textbank:fresh"));
    clearTimeout(quiet); /* that of the card before would end this one's too early */
    quiet = setTimeout(() => document.body.classList.remove("fresh"), QUIET_MS);
  }
  textbank.shield = shield;
  textbank.shielded = () => document.body.classList.contains("fresh");

  const parse = (html) => new DOMParser().parseFromString(html, "text/html");
  function same(fresh) {
    /* Another version of the panel, signed out, or somebody else signed in: the whole page is asked for again. */
    if (fresh.getElementById("main") && ["build", "who"].every((name) => fresh.body.dataset[name] === document.body.dataset[name])) {
      setClock(fresh.getElementById("main"));
      return true;
    }
    textbank.leave();
    return false;
  }
  function adopt(fresh) {
    const main = document.getElementById("main"), newer = fresh.getElementById("main");
    for (const name of ["at", "conversations", "topics", "refresh", "later"]) {
      if (name in newer.dataset) main.dataset[name] = newer.dataset[name];
      else delete main.dataset[name];
    }
    for (const part of [".tabs", ".near"]) { /* both count who waits */
      const older = document.querySelector(`#bar > ${part}`), newest = fresh.querySelector(`#bar > ${part}`);
      if (older && newest && older.innerHTML !== newest.innerHTML) keepFocus(() => older.replaceWith(document.adoptNode(newest)));
    }
    document.title = fresh.title;
  }

  const lastSaid = (talk) => [...talk.querySelectorAll(".bubble")].pop();
  function tellNew(older, newer) {
    const before = lastSaid(older), now = lastSaid(newer);
    if (now && !now.matches(".out") && now.textContent !== before?.textContent) textbank.say(now.textContent);
  }
  /* A page with other pieces, beside words that are being typed: the new ones come to stand beside the same neighbours, those that are
     gone go. What belongs to a form stays as it is: its words were typed over it. */
  function fit(fresh) {
    for (const piece of pieces(document)) {
      if (!fresh.getElementById(piece.id) && !piece.closest("form") && !piece.querySelector("textarea")) piece.remove();
    }
    for (const piece of pieces(fresh)) {
      if (document.getElementById(piece.id)) continue;
      const [before, after] = [piece.previousElementSibling, piece.nextElementSibling].map((one) => one?.id && document.getElementById(one.id));
      if (!before && !after) continue;
      const copy = document.importNode(piece, true);
      drawn.set(piece.id, gist(piece.outerHTML));
      sayTimes(copy);
      if (before) before.after(copy); else after.before(copy);
    }
    for (const turn of [".thread", "#reply > .key.big"]) { /* which key is the one to press now */
      const [older, newer] = [document, fresh].map((page) => page.querySelector(turn));
      if (older && newer) older.className = newer.className;
    }
  }
  /* What changed elsewhere, put in place here: nobody's typing and nobody's finger is disturbed. */
  textbank.refresh = (html, elsewhere) => {
    const fresh = parse(html);
    if (!same(fresh)) return;
    textbank.behind = false;
    const wanted = [...pieces(fresh)].map((piece) => piece.id).join(), had = [...pieces(document)].map((piece) => piece.id).join();
    if (wanted !== had) {
      if (!textbank.holdsWords(fresh)) return void exchange(fresh);
      textbank.behind = true;
      if (elsewhere) {
        const why = fresh.querySelector("main > .notice[role=alert]")?.textContent || "This is not here any more. Your words stay until you leave this page.";
        return void (document.getElementById("refused")?.textContent === why || textbank.tell("bad", why)); /* once, not at each change */
      }
      fit(fresh);
    }
    const token = fresh.querySelector("[name=csrf_token]")?.value; /* that of an hour ago may be of another sign-in */
    if (token) document.querySelectorAll("[name=csrf_token]").forEach((field) => field.setAttribute("value", token));
    for (const newer of pieces(fresh)) {
      const older = document.getElementById(newer.id);
      const words = gist(newer.outerHTML);
      if (!older || drawn.get(newer.id) === words) continue;
      if (textbank.typing(older)) { textbank.behind = true; continue; }
      const typed = textbank.halfTyped(older);
      if (typed.some((box) => textbank.otherWords(box, newer))) continue; /* what stands there is refused with the next press, and kept */
      const atEnd = older.scrollHeight - older.scrollTop - older.clientHeight < 80, top = older.scrollTop;
      const other = newer.dataset.words && newer.dataset.words !== older.dataset.words; /* another person's, or other words */
      drawn.set(newer.id, words);
      for (const open of older.querySelectorAll("details[id][open]")) newer.querySelector(`#${open.id}`)?.setAttribute("open", "");
      document.adoptNode(newer);
      sayTimes(newer);
      keepFocus(() => {
        older.replaceWith(newer);
        textbank.putBack(typed);
      });
      newer.scrollTop = newer.hasAttribute("data-tail") && atEnd ? newer.scrollHeight : top;
      if (newer.id === "card" && other) shield();
      if (newer.id === "talk") tellNew(older, newer);
      if (newer.dataset.tell && newer.dataset.tell !== older.dataset.tell) textbank.say(newer.dataset.tell);
    }
    adopt(fresh);
    document.dispatchEvent(new Event("textbank:drawn"));
  };

  /* Whoever opens words to change them goes on where they end. */
  function toEnd(field) {
    if (field && /^(textarea|text|search|tel|url)$/.test(field.type)) field.setSelectionRange(field.value.length, field.value.length);
  }
  function exchange(fresh, sent, body, before) {
    const said = document.querySelector("#refused.calm"); /* of what was pressed too early: on the page before nobody could read it */
    const main = document.getElementById("main"), newer = document.adoptNode(fresh.getElementById("main"));
    const typed = textbank.halfTyped(main, sent, body), writing = document.activeElement, at = [writing.selectionStart, writing.selectionEnd], was = writing.value;
    main.replaceWith(newer);
    if (said && said !== before) newer.prepend(said);
    textbank.putBack(typed, sent, body);
    const goesOn = sent && textbank.goesOn(writing, typed, sent);
    const bar = fresh.getElementById("bar");
    if (bar) document.getElementById("bar").replaceWith(document.adoptNode(bar));
    document.title = fresh.title;
    document.body.className = fresh.body.className;
    settle();
    shield();
    const next = goesOn || newer.querySelector("[autofocus], [data-focus]") || newer.querySelector("[role=alert] strong") || newer.querySelector("#who") || newer.querySelector("h1");
    if (next && (goesOn || !(next.tagName === "TEXTAREA" && thumbs.matches))) { /* there it would open the keyboard over the answers */
      if (!next.hasAttribute("tabindex") && !/^(TEXTAREA|INPUT|SELECT|BUTTON|A)$/.test(next.tagName)) next.tabIndex = -1;
      next.focus({ preventScroll: true });
      if (goesOn && next.value === was && at[0] != null) next.setSelectionRange(...at); else toEnd(next);
    }
    textbank.say(newer.dataset.say || "");
  }
  function settle() {
    remember();
    sayTimes(document);
    toTail();
    document.dispatchEvent(new Event("textbank:drawn"));
  }

  textbank.say = (sentence) => {
    const place = document.getElementById("say");
    if (place && sentence.trim()) {
      place.textContent = "";
      setTimeout(() => { place.textContent = sentence.trim(); }, 50);
    }
  };

  /* ---- forms ---- */
  function filled(form, button) {
    const body = new URLSearchParams(new FormData(form));
    if (button && button.name) body.set(button.name, button.value);
    return body;
  }
  async function send(form, body, at = Date.now()) {
    if (sending) return void textbank.tooEarly(form);
    sending = form;
    const said = document.getElementById("refused");
    const stop = new AbortController(), timer = setTimeout(() => stop.abort(), SEND_TIMEOUT_MS);
    form.dispatchEvent(new Event("textbank:sending", { bubbles: true }));
    try {
      const answer = await fetch(form.action, { method: "POST", body, signal: stop.signal, headers: { Accept: "text/html", "X-Now": Date.now() } });
      const html = await answer.text();
      try { came(answer, html, form, body, said); } catch (error) { anew(error, answer, form); }
    } catch (error) {
      /* Doing it again is harmless: the form carries what was seen, or a key of its own. It goes as it was pressed: behind the veil the
         page is drawn anew, with words that nobody has read. What would be done twice is looked at by a person first, and so is what
         was pressed before a telephone slept in a pocket; but what keeps texts from going out goes whenever the box is there. */
      const late = () => Date.now() - at > MEANT_MS && !("stops" in form.dataset);
      textbank.lost(() => ("once" in form.dataset || late() ? unsure() : send(form, body, at)));
    } finally {
      clearTimeout(timer);
      sending = null;
      document.dispatchEvent(new Event("textbank:sent"));
    }
  }
  function came(answer, html, form, body, said) {
    if (answer.redirected && new URL(answer.url).pathname === "/sign-in") return void textbank.leave(() => location.assign(answer.url));
    const fresh = parse(html), error = fresh.querySelector("[data-error]");
    if (answer.status === 404) document.dispatchEvent(new Event("textbank:missing"));
    if (error) return void refuse(error);
    if (!same(fresh)) return;
    if (answer.redirected && answer.url !== location.href) history.pushState({}, "", answer.url);
    textbank.forget(form);
    exchange(fresh, form, body, said);
  }
  /* The box has answered and this page cannot draw it: it is asked for whole, and nothing is sent twice. What was taken is not half typed. */
  function anew(error, answer, form) {
    console.error(error);
    if (answer.ok && answer.redirected) form.dataset.gone = "yes";
    textbank.leave(() => (answer.redirected && answer.url !== location.href ? location.assign(answer.url) : location.reload()));
  }
  /* Whatever is pressed beside a form that is under way was meant for a page that goes: it is not done later on another one. */
  textbank.tooEarly = (what) => what === sending ||
    textbank.tell("calm", "That was too early, and nothing was done: what you pressed before was still on its way. Look at what stands here now, then press what you want.");
  /* A sentence above what somebody typed, which stays where it is. */
  textbank.tell = (kind, ...said) => {
    document.getElementById("refused")?.remove();
    const notice = document.createElement("div"), words = document.createElement("p");
    words.append(...said);
    notice.append(words);
    notice.id = "refused";
    notice.className = `notice ${kind} said`;
    notice.setAttribute("role", "alert");
    document.getElementById("main").prepend(notice);
    notice.scrollIntoView({ block: "nearest" });
    return notice;
  };
  const unsent = () => document.querySelectorAll(".bubble.wait.sent").forEach((bubble) => bubble.classList.remove("sent"));
  function unsure() {
    unsent();
    textbank.tell("calm", "The box did not answer, so nobody knows whether that was done. It was not sent again. Look whether it is there; press again only if it is not.");
  }
  function refuse(error) {
    const what = document.createElement("strong");
    what.textContent = `${error.querySelector("h1").textContent}. `;
    const notice = textbank.tell("bad", what, ...document.importNode(error.querySelector("p"), true).childNodes);
    unsent();
    sayTimes(notice);
  }
  /* What this page was about is not here any more: of somebody who was erased nothing stays, nor words that were for them. */
  textbank.gone = (html) => {
    const fresh = parse(html);
    if (!same(fresh) || document.querySelector("main [data-error]")) return;
    if (!document.getElementById("main").dataset.conversations && textbank.holdsWords(fresh)) return void textbank.refused(html);
    document.querySelectorAll("main form").forEach(textbank.forget);
    document.getElementById("say").textContent = "";
    exchange(fresh);
  };
  textbank.refused = (html) => {
    const error = parse(html).querySelector("[data-error]");
    if (error && !document.querySelector("main [data-error]")) refuse(error); /* the page itself says so already */
  };
  /* The first key in the box makes the conversation this person's; that somebody was faster is said before more is typed. */
  addEventListener("input", async (event) => {
    const form = event.target.form;
    if (!form || !form.dataset.begin || form.dataset.begun) return;
    form.dataset.begun = "yes";
    try {
      const body = new URLSearchParams({ csrf_token: form.elements.csrf_token.value });
      const html = await (await fetch(form.dataset.begin, { method: "POST", body, headers: { Accept: "text/html" } })).text();
      if (document.querySelector("form[data-begin]")?.dataset.begin === form.dataset.begin) textbank.refused(html); /* else another one is open by now */
    } catch (error) { delete form.dataset.begun; /* the next key asks again; Send asks in any case */ }
  });
  textbank.sending = () => Boolean(sending);
  addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !form.hasAttribute("data-swap") || event.submitter?.hasAttribute("formaction")) return;
    if (!("submitter" in event) && !sending) { /* an old Safari does not say which key: it sends it itself, and once */
      sending = form;
      return void setTimeout(() => { sending = null; }, SEND_TIMEOUT_MS);
    }
    event.preventDefault();
    if (textbank.shielded() || !(event.submitter?.formNoValidate || form.reportValidity())) return;
    send(form, filled(form, event.submitter));
  });
  addEventListener("click", (event) => {
    if (textbank.shielded() && event.target.closest && event.target.closest("#dock, #card")) {
      event.preventDefault();
      event.stopPropagation();
    }
  }, true);
  /* Words that were typed and not kept: the browser asks before they are left. */
  const unkept = (field) => field.value !== field.defaultValue || field.checked !== field.defaultChecked;
  addEventListener("beforeunload", (event) => {
    const form = document.querySelector("form[data-unkept]");
    if (!form || sending) return;
    if (form.dataset.unkept || [...form.querySelectorAll("textarea, input:not([type=hidden])")].some(unkept)) {
      event.preventDefault();
      event.returnValue = "yes"; /* the browser of Windows 7 asks for this alone */
    }
  });
  addEventListener("pageshow", (event) => { if (event.persisted) sending = null; });
  addEventListener("popstate", () => textbank.leave());
  document.addEventListener("DOMContentLoaded", () => {
    setClock(document.getElementById("main"));
    settle();
    const field = document.querySelector("textarea[autofocus]");
    if (![document.body, field].includes(document.activeElement) || !field) return; /* somebody is elsewhere already */
    if (!thumbs.matches) field.focus(); /* Safari's own autofocus comes after this, and goes to the beginning */
    toEnd(field);
  });
})();

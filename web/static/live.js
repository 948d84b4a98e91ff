/* Live: one stream tells which parts changed; the page is asked for again and its changed pieces are put in place.
   When the stream fails the page is asked for every 15 seconds; when the box does not answer at all, a veil says so. */
"use strict";
(() => {
  const GAP_MS = 350, POLL_MS = 15000, GRACE_MS = 4000, ELSEWHERE_MS = 1500, ASK_MS = 20000;
  const SILENT_MS = 40000, LOOK_MS = 5000; /* a stream beats every 15 s: a box without power does not say that it ends */
  const WAITS_S = [2, 4, 8, 15];
  const main = () => document.getElementById("main");
  const light = (on) => document.body.classList.toggle("lost", !on);
  let source = null, poll = null, grace = null, last = 0, due = null, asking = false, again = false;
  let pending = null, tries = 0, countdown = null, heard = 0, forms = 0, writing = null;
  if (!document.getElementById("light")) return void (window.textbank.lost = () => location.reload());

  /* ---- asking for what changed ---- */
  const busy = () => window.textbank.sending() || window.textbank.pressed();
  async function ask() {
    due = null;
    if (asking || busy()) return void (again = true);
    asking = true;
    last = Date.now();
    const before = forms;
    const stop = new AbortController(), timer = setTimeout(() => stop.abort(), ASK_MS);
    try {
      const answer = await fetch(main().dataset.refresh || location.href, { signal: stop.signal, headers: { Accept: "text/html", "X-Now": Date.now() } });
      const html = await answer.text();
      try { draw(answer, html, before); } catch (error) { anew(error); }
    } catch (error) {
      alarm();
    } finally {
      clearTimeout(timer);
      asking = false;
      goOn(GAP_MS);
    }
  }
  function draw(answer, html, before) {
    if (answer.redirected && new URL(answer.url).pathname === "/sign-in") return void window.textbank.leave();
    if (busy() || forms !== before) again = true; /* it may be older than what a form brought, and would put the card before in its place */
    else if (answer.ok) window.textbank.refresh(html, answer.redirected);
    else if (answer.status >= 500) askIn(POLL_MS); /* too busy to show this change: there may be no other one */
    else if (answer.status === 409) window.textbank.refused(html); /* it is somebody else's by now */
    else if (answer.status === 404) window.textbank.gone(html);
  }
  /* A page that cannot draw what came is asked for whole, at most every 15 s: it may fail again. */
  function anew(error) {
    console.error(error);
    if (performance.now() > POLL_MS) window.textbank.leave(); else askIn(POLL_MS - performance.now());
  }
  /* The box asks what time it is: this browser is a voice, and the time on the page goes on. */
  const ticks = () => document.hidden || (document.querySelector("[data-ticks]") && soon(0));
  setInterval(ticks, 30000);
  document.addEventListener("DOMContentLoaded", ticks);
  function soon(ms) {
    if (due === null) due = setTimeout(ask, Math.max(ms, last + GAP_MS - Date.now(), 0));
  }
  /* What was told while a form was under way, whose answer may be older than that, or a finger was down. */
  document.addEventListener("textbank:sent", () => { forms += 1; });
  for (const end of ["textbank:sent", "textbank:released"]) document.addEventListener(end, () => goOn(0));
  function goOn(ms) { if (again && !asking && !busy()) { again = false; soon(ms); } }
  /* What a form was for is not there: whether the page itself still is. */
  document.addEventListener("textbank:missing", () => { again = true; });
  /* Who leaves a field sees what was not drawn under their hands. */
  addEventListener("focusout", () => textbank.behind && soon(0));
  /* A number that takes long to count was kept for a while: it is asked for once more after that. */
  let later = null;
  function askIn(ms) {
    clearTimeout(later);
    later = setTimeout(() => document.hidden || soon(0), ms); /* who comes back to the page asks anyway */
  }
  document.addEventListener("textbank:drawn", () => {
    clearTimeout(later);
    if (main().dataset.later) askIn(Number(main().dataset.later));
  });
  function concerns(change) {
    const topics = (main().dataset.topics || "").split(" "), mine = (main().dataset.conversations || "").split(" ").filter(Boolean);
    const hit = change.topics.filter((topic) => topics.includes(topic));
    if (!hit.length) return null;
    const near = change.conversations === null || !mine.length || change.conversations.some((id) => mine.includes(String(id)));
    if (near) return 0;
    /* Somebody else's texts: only the counts here change, and not everybody asks in the same moment. */
    return hit.length === 1 && hit[0] === "texts" ? null : ELSEWHERE_MS * Math.random();
  }

  /* ---- the stream ---- */
  const alive = () => { heard = Date.now(); };
  setInterval(() => {
    if (!source || document.hidden || Date.now() - heard < SILENT_MS) return;
    close();
    alarm();
  }, LOOK_MS);
  function open() {
    if (source || document.hidden) return;
    alive();
    source = new EventSource(`/live?since=${encodeURIComponent(main().dataset.at || "")}`);
    source.onopen = () => {
      alive();
      clearTimeout(grace); grace = null;
      clearInterval(poll); poll = null;
      light(true); document.body.dataset.stream = "open";
    };
    source.addEventListener("beat", alive);
    source.addEventListener("change", (event) => {
      alive();
      /* The page that a form's answer brings may have other topics than this one, and be older than this change. */
      if (window.textbank.sending()) again = true;
      const wait = concerns(JSON.parse(event.data));
      if (wait !== null) soon(wait);
    });
    /* Signed out, here or by an admin: the box answers with the sign-in. */
    source.addEventListener("out", () => { close(); window.textbank.leave(); });
    source.onerror = () => {
      document.body.dataset.stream = "waiting";
      if (source && source.readyState === EventSource.CLOSED) { source = null; setTimeout(open, POLL_MS); soon(0); }
      if (grace === null) grace = setTimeout(alarm, GRACE_MS);
    };
  }
  function close() {
    if (source) source.close();
    source = null;
    clearTimeout(grace); grace = null;
  }
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return close();
    open(); soon(0);
  });
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => { if (event.persisted) { open(); soon(0); } });

  /* ---- the veil ---- */
  const answers = async () => {
    const stop = new AbortController(), timer = setTimeout(() => stop.abort(), 4000);
    try { return (await fetch("/alive", { signal: stop.signal, cache: "no-store" })).ok; }
    catch (error) { return false; }
    finally { clearTimeout(timer); }
  };
  async function alarm() {
    grace = null;
    if (document.hidden) return;
    if (await answers()) {
      /* The box is there but gives no stream: too many people, or it just started. */
      if (poll === null) poll = setInterval(() => document.hidden || soon(0), POLL_MS);
      soon(0);
      return void open();
    }
    if (!document.body.classList.contains("veiled")) cover();
  }
  function cover() {
    light(false);
    writing = document.activeElement;
    document.body.classList.add("veiled");
    for (const part of [document.getElementById("bar"), main()]) part.inert = true;
    document.getElementById("veil").hidden = false;
    document.getElementById("veil-now").focus();
    tries = 0;
    wait();
  }
  function wait() {
    let left = WAITS_S[Math.min(tries, WAITS_S.length - 1)];
    const place = document.getElementById("veil-when"), ordinal = tries + 1;
    const say = () => { place.textContent = `Trying again in ${left} s${ordinal > 1 ? `, try ${ordinal}` : ""}`; };
    clearInterval(countdown);
    say();
    countdown = setInterval(() => { left -= 1; if (left <= 0) retry(); else say(); }, 1000);
  }
  async function retry() {
    clearInterval(countdown);
    document.getElementById("veil-when").textContent = "Trying now.";
    tries += 1;
    const there = await answers();
    if (!document.body.classList.contains("veiled")) return; /* another look was faster: the focus is theirs by now */
    if (there) uncover(); else wait();
  }
  function uncover() {
    document.body.classList.remove("veiled");
    for (const part of [document.getElementById("bar"), main()]) part.inert = false;
    document.getElementById("veil").hidden = true;
    window.textbank.shield(); /* a second press of “Try now” is none of what has the focus again */
    const drawn = document.contains(writing) ? writing : document.getElementById(writing?.id); /* it may have been drawn anew */
    drawn?.focus({ preventScroll: true }); /* where they were: else what they type on would be keys */
    light(true);
    window.textbank.say("Connected again.");
    const unfinished = pending;
    pending = null;
    close(); open();
    if (unfinished) unfinished();
    soon(0); /* waits for a form that goes again */
  }
  window.textbank.lost = (unfinished) => { pending = unfinished; alarmNow(); };
  function alarmNow() { if (!document.body.classList.contains("veiled")) cover(); }

  document.addEventListener("DOMContentLoaded", () => {
    document.getElementById("veil-now").addEventListener("click", retry);
    open();
  });
})();

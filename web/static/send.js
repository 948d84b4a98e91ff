/* The *Send* screen: the ring that empties while an approval can be taken back, the bubble that changes its ink, the
   ruler under words while they are typed. */
"use strict";
(() => {
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let ticking = null, counting = null, asking = 0;

  function ring() {
    clearInterval(ticking);
    const toast = document.getElementById("toast");
    if (!toast) return;
    const ends = (toast.ends ??= performance.now() + Number(toast.dataset.left)), whole = Number(toast.dataset.of) || 1;
    const circle = toast.querySelector(".left"), seconds = toast.querySelector(".seconds");
    const step = () => {
      const left = ends - performance.now();
      if (left <= 0 || !document.contains(toast)) {
        clearInterval(ticking);
        if (document.contains(toast)) { toast.classList.add("over"); toast.inert = true; }
        return;
      }
      circle.setAttribute("stroke-dasharray", `${(100 * left) / whole} 100`);
      const shown = String(Math.ceil(left / 1000));
      if (seconds && seconds.textContent !== shown) seconds.textContent = shown;
    };
    step();
    ticking = setInterval(step, calm.matches ? 1000 : 100);
  }

  /* An approved text changes its ink at once; the next card follows when the box has it. */
  addEventListener("textbank:sending", (event) => {
    if (!event.target.hasAttribute("data-ink")) return;
    const bubble = document.querySelector("#card .bubble.wait");
    if (bubble) bubble.classList.add("sent");
  });

  /* A key that is still there keeps the focus, and a finger: what is the same is not drawn again. */
  function exchange(newer, older) {
    if (!older) return;
    const held = document.activeElement, key = older.contains(held) && held.value;
    if (older.innerHTML !== newer.innerHTML) older.replaceChildren(...newer.childNodes);
    if (key && !document.contains(held)) [...older.querySelectorAll("button")].find((button) => button.value === key)?.focus({ preventScroll: true });
    const tell = newer.dataset.tell;
    if (tell === undefined || tell === older.dataset.tell) return;
    older.dataset.tell = tell;
    textbank.say(tell);
  }
  /* Words while they are typed: measured, read and checked by the box, which knows the alphabets and the list. What it
     answers is put into the pieces of the same names. */
  addEventListener("input", (event) => {
    const field = event.target;
    if (!field.dataset || !field.dataset.count) return;
    clearTimeout(counting);
    counting = setTimeout(async () => {
      const asked = ++asking;
      try {
        const answer = await fetch(field.dataset.count, { method: "POST", body: new URLSearchParams(new FormData(field.form)) });
        if (!answer.ok || answer.redirected) return; /* the sign-in is no measure: its pieces would take the place of this page */
        const drawing = new DOMParser().parseFromString(await answer.text(), "text/html");
        if (asked !== asking || !document.contains(field)) return; /* an answer to older words, or those of a page that is gone */
        for (const piece of drawing.querySelectorAll("[id]")) exchange(piece, document.getElementById(piece.id));
      } catch (error) { /* the words stay; the next key measures again */ }
    }, 150);
  });

  /* A chip puts its placeholder where the words are being written. */
  addEventListener("click", (event) => {
    const chip = event.target.closest && event.target.closest("[data-put]");
    const field = chip && document.getElementById(chip.dataset.put);
    if (!field) return;
    event.preventDefault();
    field.setRangeText(chip.value.split(":").pop(), field.selectionStart, field.selectionEnd, "end");
    field.focus();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });

  document.addEventListener("textbank:drawn", ring);
})();

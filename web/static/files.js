/* What leaves the page whole: a second tap does not go after the first one, whose answer nobody would see. Files that people
   bring: one that is too large is said before a minute of sending, and what is on its way says so.
   Everything works without this file. */
"use strict";
(() => {
  const MB = 1048576, LEAVES_MS = 10000;
  let left = null; /* the form that is on its way */
  addEventListener("pageshow", () => { left = null; });
  function refuse(field, sentence) {
    const place = document.getElementById(field.dataset.wrong);
    place.textContent = sentence;
    place.hidden = !sentence;
    field.setAttribute("aria-invalid", sentence ? "true" : "false");
  }
  const tooLarge = (field) => field.files.length && field.files[0].size > Number(field.dataset.most);
  addEventListener("change", (event) => {
    const field = event.target;
    if (!field.matches || !field.matches("input[type=file][data-most]")) return;
    refuse(field, tooLarge(field)
      ? `This file has ${Math.ceil(field.files[0].size / MB).toLocaleString()} MB, and up to ${Math.floor(field.dataset.most / MB)} MB can be brought. Save only the columns that you need, or split it.` : "");
  });
  addEventListener("submit", (event) => {
    const field = event.target.querySelector("input[type=file][data-most]");
    if (event.defaultPrevented || event.target.method !== "post") return;
    if (left === event.target || (field && tooLarge(field))) return void event.preventDefault();
    left = event.target;
    setTimeout(() => { left = null; }, LEAVES_MS); /* somebody stopped it */
    if (!field) return;
    const key = event.target.querySelector("button");
    key.textContent = key.dataset.going;
    window.textbank.say(key.dataset.going);
  });
  /* A start of a long list is taken in pieces: the page asks for the next one as soon as it has said how far it is. */
  document.querySelector("form[data-goes-on] button")?.click();
})();

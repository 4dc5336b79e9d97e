// Takes in a part of the page anew every few seconds. Without it the page works, and is loaded anew by hand.
"use strict";
(() => {
  const part = document.querySelector("[data-live]");
  if (!part) return;
  const every = 10000;
  const look = async () => {
    // Nobody looks, or somebody is at work in it: what has the focus is not taken away.
    if (document.hidden || part.contains(document.activeElement)) return;
    const answer = await fetch(part.dataset.live, { headers: { Accept: "text/html" }, redirect: "error" });
    if (!answer.ok || part.contains(document.activeElement)) return;
    const text = await answer.text();
    if (text === part.dataset.last) return;
    part.dataset.last = text;
    const told = new DOMParser().parseFromString(text, "text/html");
    part.replaceChildren(...told.body.childNodes);
  };
  // Signed out or away: the page stays as it is.
  setInterval(() => look().catch(() => {}), every);
})();

// Looks again at what goes on while somebody looks at the page, and at once when they come back to it.

const INTERVAL = 10_000; // milliseconds

function look() {
  if (document.visibilityState === "visible") window.htmx.trigger("#now", "look");
}

setInterval(look, INTERVAL);
document.addEventListener("visibilitychange", look);

// The strips of last runs: Tab leads to the latest of each, the arrows from there to the others.
const WAYS = { ArrowLeft: (cells, at) => cells[at - 1], ArrowRight: (cells, at) => cells[at + 1], Home: (cells) => cells[0], End: (cells) => cells.at(-1) };

document.addEventListener("keydown", (event) => {
  const strip = event.target.closest?.(".strip");
  if (!strip || !(event.key in WAYS)) return;
  event.preventDefault();
  const cells = [...strip.querySelectorAll("a")];
  const next = WAYS[event.key](cells, cells.indexOf(event.target));
  if (!next) return;
  event.target.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
});

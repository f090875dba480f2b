// Looks again at what goes on while somebody looks at the page, and at once when they come back to it.

const INTERVAL = 10_000; // milliseconds

function look() {
  if (document.visibilityState === "visible") window.htmx.trigger("#now", "look");
}

setInterval(look, INTERVAL);
document.addEventListener("visibilitychange", look);

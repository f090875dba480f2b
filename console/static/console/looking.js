// Looks again at the parts of a page that tell what goes on (`data-looks`, with an id), while somebody looks at it, and at
// once when they come back; a selector there has to find something in the part. Nobody is told of a look that fails, as when one leaves the page meanwhile: the next one comes.

const INTERVAL = 10_000; // milliseconds

async function look(part) {
  if (part.contains(document.activeElement)) return; // nobody is torn from what they are about to press
  if (part.dataset.looks && !part.querySelector(part.dataset.looks)) return;
  try {
    const headers = { "HX-Request": "true", "HX-Target": part.id };
    const answer = await fetch(`${location.pathname}${location.search}`, { headers });
    const elsewhere = answer.headers.get("HX-Redirect");
    if (elsewhere) location.assign(elsewhere);
    else if (answer.ok) window.htmx.swap(part, await answer.text(), { swapStyle: "innerHTML" });
  } catch {
    // as above
  }
}

function lookAround() {
  if (document.visibilityState === "visible") document.querySelectorAll("[data-looks]").forEach(look);
}

setInterval(lookAround, INTERVAL);
document.addEventListener("visibilitychange", lookAround);

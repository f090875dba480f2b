// The grid: draws what the service has told, keeps one's place while pages turn, and looks for newer runs.

import { Drawing } from "./drawing.js";
import { Keys } from "./keys.js";
import { Live } from "./live.js";

const INTERVAL = 10_000; // milliseconds between two looks for newer runs

let now = null; // the grid that is shown: { drawing, keys, live }
let entered = null; // where a page that a key has turned to is entered
let left = null; // where one was on the page before
let looking = null;
let whole = false; // whether all is asked for, and not only what a newer run brings

function grid() {
  return document.getElementById("grid");
}

/** Ask for the page again; for all of it where something on it has changed. */
function look(changed) {
  whole ||= changed;
  looking ??= setTimeout(() => {
    looking = null;
    if (document.visibilityState === "visible") window.htmx.trigger("#grid", "look");
  }, 300);
}

function beyond(id, to) {
  const link = document.getElementById(id);
  if (!link) return false;
  entered = { ...to, key: now.drawing.rows[now.keys.row]?.[0] };
  link.click();
  return true;
}

function begin() {
  now?.live.close();
  now = null;
  const scroller = grid().querySelector(".grid-scroll");
  if (!scroller) return;
  const drawing = new Drawing(scroller, JSON.parse(document.getElementById("grid-drawn").textContent));
  const keys = new Keys(drawing, beyond);
  now = { drawing, keys, live: new Live(drawing, () => look(true)) };
  follow(scroller, drawing);
  settle(scroller, drawing, keys);
}

/** Tell in a line what the pointer or the focus is at. */
function follow(scroller, drawing) {
  const told = grid().querySelector(".readout");
  let on = null;
  const tell = (event) => {
    const place = drawing.placeOf(event.target);
    if (!place) return;
    const [row, column] = place;
    const head = drawing.heads[column];
    on?.classList.remove("on");
    on = head.parentElement;
    on.classList.add("on");
    const run = head.getAttribute("aria-label");
    told.textContent = row < 0 ? run : `${drawing.told(row, column)} \u00b7 ${run}`;
  };
  scroller.addEventListener("pointerover", tell);
  scroller.addEventListener("focusin", tell);
}

/** Go to where a key has led, or back to where one was, or to the latest run. */
function settle(scroller, drawing, keys) {
  const end = { row: drawing.rows.length - 1, column: drawing.runs.length - 1 };
  if (entered) {
    const same = drawing.place.get(entered.key);
    const row = entered.row === "last" ? end.row : (entered.row && same) ?? entered.row;
    const column = { first: 0, last: end.column }[entered.column] ?? entered.column;
    keys.go(Math.min(row, end.row), Math.min(column, end.column));
  } else if (left) {
    scroller.scrollTop = left.top;
    const column = drawing.runs.findIndex((run) => run.id === left.run);
    if (column >= 0 && !left.latest) scroller.scrollLeft = left.left;
    drawing.look();
    const row = left.key === undefined ? -1 : drawing.place.get(left.key);
    if (column >= 0 && row !== undefined) {
      keys.take(row, column);
      if (left.focused) drawing.at(row, column)?.focus({ preventScroll: true });
    }
  }
  entered = left = null;
}

function leave() {
  if (!now) return;
  const { drawing, keys } = now;
  const { scroller } = drawing;
  left = {
    top: scroller.scrollTop,
    left: scroller.scrollLeft,
    latest: drawing.latest,
    key: drawing.rows[keys.row]?.[0],
    run: drawing.runs[keys.column].id,
    focused: scroller.contains(document.activeElement),
  };
}

document.body.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.elt !== grid()) return;
  const all = whole || !now || now.live.partial;
  whole = false;
  if (!all) event.detail.parameters.seen = now.drawing.runs.at(-1).id; // nothing new: nothing is sent
});
document.body.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.shouldSwap) leave();
});
// Settled and not swapped: only then do its links turn pages in place.
document.body.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.elt === grid()) begin();
});
function lookForNewer() {
  if (grid().hasAttribute("data-newest")) look(false);
}
setInterval(lookForNewer, INTERVAL);
document.addEventListener("visibilitychange", lookForNewer);

begin();

// The run page: reads the tasks once, follows their events, and shows them as it is asked to.

import { Head } from "./head.js";
import { addressed, Panel } from "./panel.js";
import { picture } from "./picture.js";
import { follow } from "./stream.js";
import { table } from "./table.js";
import { Tasks } from "./tasks.js";
import { timeline } from "./timeline.js";
import { tree } from "./tree.js";
import { make } from "../elements.js";
import { tell } from "../base.js";

const VIEWS = { picture, table, timeline, tree };
const SMALL = 300; // tasks up to which the picture is what is seen first
const root = document.getElementById("run");
const place = document.getElementById("view");
const find = document.getElementById("find");
const buttons = [...document.querySelectorAll("[data-view]")];
const chips = [...document.querySelectorAll("#counts [data-state]")];

const tasks = Object.assign(new Tasks(), { chosen: null });
const head = new Head(tasks);
const made = {};
let view = null;
let stop = () => {};

const panel = new Panel(tasks, (one) => {
  view?.tick();
  if (one) requestAnimationFrame(() => view?.reveal(one));
});

/** Read everything, and follow what comes after. */
async function begin() {
  stop();
  const answer = await fetch(root.dataset.data, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`The service answers ${answer.status}.`);
  const told = await answer.json();
  tasks.read(told);
  stop = head.ended ? () => {} : follow(root.dataset.events, told.after, { transition: (event) => tasks.move(event), progress: (event) => tasks.report(event) }, {
    told: (live) => head.live(live),
    ended: () => head.refresh().then(() => head.live(true)),
  });
}

function show(name) {
  const wanted = name in VIEWS ? name : "table";
  view = made[wanted] ??= VIEWS[wanted](tasks);
  place.replaceChildren(view.element);
  for (const button of buttons) button.setAttribute("aria-pressed", button.dataset.view === wanted);
  fill();
  const one = tasks.byKey.get(tasks.chosen);
  if (one) view.reveal(one);
}

/** Show the tasks that are looked for. */
function fill() {
  const text = find.value.trim().toLowerCase();
  const states = new Set(chips.filter((chip) => chip.getAttribute("aria-pressed") === "true").map((chip) => chip.dataset.state));
  const found = tasks.all.filter((one) => (!states.size || states.has(one.state)) && one.text.includes(text));
  view.show(found);
  place.classList.toggle("nothing", !found.length);
}

function choose(name) {
  if (view) show(name); // else as soon as the tasks are there
  const url = new URL(location.href);
  url.searchParams.set("view", name);
  history.replaceState(history.state, "", url);
}

for (const button of buttons) {
  button.disabled = false;
  button.addEventListener("click", () => choose(button.dataset.view));
}
for (const chip of chips) {
  chip.addEventListener("click", () => {
    chip.setAttribute("aria-pressed", chip.getAttribute("aria-pressed") !== "true");
    if (!view) return;
    head.count();
    fill();
  });
}
find.addEventListener("input", () => view && fill());
tasks.addEventListener("change", () => view && fill());
tasks.addEventListener("born", () => start());
tasks.addEventListener("run", (event) => {
  if (event.detail !== document.getElementById("head").dataset.state) head.refresh();
});
setInterval(() => {
  if (!head.ended && document.visibilityState === "visible") view?.tick();
}, 1000);

// Faults of a form are told where they are; all others where the page tells everything.
document.getElementById("main").addEventListener("told", (event) => {
  const { field, text } = event.detail;
  for (const one of event.target.querySelectorAll(".fault")) one.hidden = true;
  for (const one of event.target.querySelectorAll("[aria-invalid]")) one.removeAttribute("aria-invalid");
  const fault = event.target.querySelector(`#fault-${CSS.escape(field ?? "")}`);
  if (!field || !fault) return;
  event.stopPropagation();
  Object.assign(fault, { textContent: text, hidden: false });
  const at = event.target.querySelector(`[name="${CSS.escape(field)}"]`);
  at.setAttribute("aria-invalid", "true");
  at.focus();
});

// A menu closes as menus do: by Escape, or by a press elsewhere.
for (const name of ["keydown", "pointerdown"]) {
  document.addEventListener(name, (event) => {
    const menu = document.querySelector(".menu[open]");
    if (!menu || (name === "keydown" ? event.key !== "Escape" : menu.contains(event.target))) return;
    menu.open = false;
    if (name === "keydown") menu.querySelector("summary").focus();
  });
}

let starting = null;

/** Begin, once at a time. */
function start() {
  starting ??= begin()
    .then(opened)
    .catch((error) => {
      place.replaceChildren(make("p", "empty", "The tasks cannot be shown."));
      tell(`The tasks cannot be shown. ${error.message}`);
    })
    .finally(() => {
      starting = null;
    });
}

function opened() {
  if (view) return;
  show(new URL(location.href).searchParams.get("view") ?? (tasks.all.length <= SMALL ? "picture" : "table"));
  const failed = tasks.all.find((one) => one.state === "FAILED");
  const key = addressed() ?? (head.ended ? failed?.key : null);
  if (key !== null && key !== undefined) panel.choose(key);
}

window.addEventListener("hashchange", () => {
  const key = addressed();
  if (key !== null && key !== tasks.chosen) panel.choose(key);
});
start();

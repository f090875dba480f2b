// The editor of a graph: what is chosen, what is done to the draft, and how it is shown. Its parts are in their own files.

import { makeCamera } from "../picture/camera.js";
import * as edits from "./draft.js";
import { located, placeOf, summed, textOf } from "./faults.js";
import { makeHistory } from "./history.js";
import { makeKeeping } from "./keeping.js";
import { listenToKeyboard } from "./keyboard.js";
import { makePanel } from "./panel.js";
import { makePicture } from "./picture.js";
import { listenToPointer } from "./pointer.js";
import { ask } from "./requests.js";
import { makeSaving } from "./saving.js";
import { makeSearch } from "./search.js";
import { HEIGHT, WIDTH } from "./shapes.js";
import { neighbour } from "./walking.js";

const editor = document.getElementById("graph-editor");
const data = JSON.parse(document.getElementById("graph-editor-data").textContent);
const { urls, readonly } = data;
const token = editor.dataset.token;
const svg = editor.querySelector(".stage svg");
const [ASIDE, BEHIND] = [24, 76]; // as the service draws
const button = (name) => editor.querySelector(`[data-do="${name}"]`);

const picture = makePicture(svg, { readonly, view: () => camera.view() });
const camera = makeCamera(svg, picture.look);
const keeping = makeKeeping(data.draft);
let saved = edits.fromGraph(data.graph); // as the service has it
const history = makeHistory(saved);
let base = data.graph.revision;
let chosen = { kind: "graph" };
let faults = [];
let extent = data.drawing; // of the picture
let connecting = null; // the task that an edge begins at, drawn by the keyboard
let drawing = null; // the request for a picture that is on its way

// --- Telling ---

function say(text, level = "") {
  const place = editor.querySelector(".said");
  place.className = `said ${level}`;
  place.textContent = text;
}

function show() {
  const draft = history.present;
  const known = { task: ({ id }) => edits.taskOf(draft, id), edge: ({ from, to }) => edits.edgeOf(draft, from, to) };
  if (known[chosen.kind] && !known[chosen.kind](chosen)) chosen = { kind: "graph" };
  picture.show(draft, new Set(faults.map((fault) => fault.id)), chosen.kind === "task" ? chosen.id : draft.tasks[0]?.id);
  const pair = chosen.kind === "edge" ? [`${chosen.from}-${chosen.to}`] : [];
  picture.mark("chosen", chosen.kind === "task" ? [chosen.id] : [], pair);
  svg.setAttribute("tabindex", draft.tasks.length ? "-1" : "0"); // one task is reached by Tab, the others from there by arrows
  panel.show(draft, chosen, (place, field) => textOf(faults, place, field));
  editor.querySelector(".nothing").hidden = draft.tasks.length > 0;
  if (readonly) return;
  const changed = draft !== saved;
  button("undo").disabled = !history.canUndo;
  button("redo").disabled = !history.canRedo;
  button("save").disabled = !changed && base !== null;
  editor.querySelector(".unsaved").hidden = !changed;
  if (changed) keeping.keep({ base, draft });
  else keeping.forget();
}

// --- Drawing ---

async function draw() {
  const draft = history.present;
  drawing?.abort();
  drawing = new AbortController();
  const place = new Map(draft.tasks.map((task, index) => [task.id, index]));
  const pairs = draft.edges.map(({ from, to }) => [place.get(from), place.get(to)]);
  try {
    const { signal } = drawing;
    const { status, body } = await ask("POST", urls.drawing, { size: draft.tasks.length, edges: pairs }, { token, signal });
    if (status !== 200) return;
    look(draft, body);
    show();
    if (chosen.kind === "task") camera.reveal(picture.boxOf(chosen.id));
  } catch (error) {
    if (error.name !== "AbortError") throw error;
  }
}

function look(draft, drawing) {
  extent = drawing;
  picture.take(draft, drawing);
  camera.open(drawing);
}

function edit(draft, { like = "", shape = false } = {}) {
  const before = history.present;
  history.push(draft, like);
  if (history.present === before) return;
  picture.mark("lit", []);
  say("");
  show();
  if (shape) draw();
}

// --- What can be done ---

const act = {
  choose(next, { focus } = {}) {
    chosen = next;
    connecting = null;
    picture.mark("lit", []);
    show();
    if (focus === "node" && chosen.kind === "task") picture.node(chosen.id).focus({ preventScroll: true });
    if (focus === "panel") panel.focus();
  },
  set(kind, { id, from, to }, field, value) {
    faults = faults.filter((fault) => fault.field !== field || (kind === "task" && fault.id !== id));
    const draft = history.present;
    const like = `${kind} ${id} ${from} ${to} ${field}`;
    if (kind === "graph") edit(edits.setGraph(draft, field, value), { like });
    if (kind === "task") {
      const keys = new Set(saved.tasks.map((task) => task.key));
      edit(edits.setTask(draft, id, field, value, keys), { like });
    }
    if (kind === "edge") edit(edits.setEdge(draft, from, to, value));
  },
  add(point = null, parent = null) {
    const [draft, id] = edits.addTask(history.present, "New task", parent);
    picture.place(id, placeFor(point, parent));
    chosen = { kind: "task", id };
    edit(draft, { shape: true });
    camera.reveal(picture.boxOf(id));
    panel.focus("name");
  },
  addBehind: () => act.add(null, chosen.kind === "task" ? chosen.id : null),
  remove() {
    const draft = history.present;
    if (chosen.kind === "graph") return;
    const { kind, id, from, to } = chosen;
    const near = kind === "task" ? (edits.parentsOf(draft, id)[0] ?? edits.childrenOf(draft, id)[0]) : from;
    const next = kind === "task" ? edits.removeTask(draft, id) : edits.removeEdge(draft, from, to);
    const other = near ?? next.tasks[0]?.id;
    chosen = other === undefined ? { kind: "graph" } : { kind: "task", id: other };
    edit(next, { shape: true });
    say(kind === "task" ? "The task is deleted. Ctrl+Z brings it back." : "The edge is deleted. Ctrl+Z brings it back.");
    if (chosen.kind === "task") picture.node(chosen.id).focus({ preventScroll: true });
    else act.toPicture();
  },
  connect(from, to) {
    const draft = history.present;
    const name = (id) => edits.taskOf(draft, id).name;
    if (edits.edgeOf(draft, from, to)) return say(`${name(to)} waits for ${name(from)} already.`, "bad");
    const way = edits.findWay(draft, to, from);
    if (way) {
      light(way);
      return say(`That would make a cycle: ${[...way, way[0]].map(name).join(" → ")}.`, "bad");
    }
    chosen = { kind: "edge", from, to };
    edit(edits.addEdge(draft, from, to), { shape: true });
    return say(`${name(to)} now waits for ${name(from)}.`);
  },
  beginEdge() {
    if (chosen.kind !== "task") return say("Choose the task that the edge begins at, then press E.");
    connecting = chosen.id;
    return say("Go to the task that is to wait for it, and press Enter; Escape lets it be.");
  },
  go(x, y) {
    const to = neighbour(history.present.tasks, picture, chosen.kind === "task" ? chosen.id : null, x, y);
    if (to === null) return;
    const from = connecting;
    camera.reveal(picture.boxOf(to)); // what is out of sight takes no focus
    act.choose({ kind: "task", id: to }, { focus: "node" });
    connecting = from;
    if (from !== null) picture.mark("aimed", [to]);
  },
  enter() {
    if (connecting === null) return chosen.kind === "task" ? act.toPanel() : act.go(1, 0);
    const from = connecting;
    connecting = null;
    picture.mark("aimed", []);
    if (chosen.kind === "task" && chosen.id !== from) act.connect(from, chosen.id);
    return picture.node(chosen.id ?? chosen.to)?.focus({ preventScroll: true });
  },
  leave() {
    picture.mark("lit", []);
    picture.mark("aimed", []);
    if (connecting === null) return act.choose({ kind: "graph" });
    connecting = null;
    return say("");
  },
  aim: (id) => picture.mark("aimed", id === null ? [] : [id]),
  toPanel: () => panel.focus(),
  toPicture() {
    const id = chosen.kind === "task" ? chosen.id : chosen.from;
    (id === undefined ? svg : picture.node(id)).focus({ preventScroll: true });
  },
  search: () => editor.querySelector(".search").focus(),
  help: () => editor.querySelector(".help").showModal(),
  undo: () => step("undo"),
  redo: () => step("redo"),
  save: () => saving.save(history.present, base),
};

/** Return where a new task stands until the service has drawn it: around a point, behind a task, or below all. */
function placeFor(point, parent) {
  if (point) return { x: point.x - WIDTH / 2, y: point.y - HEIGHT / 2 };
  if (parent === null) return { x: ASIDE, y: extent.height };
  const { x, y } = picture.boxOf(parent);
  return { x: x + WIDTH + BEHIND, y };
}

function step(way) {
  const before = history.present;
  history[way]();
  if (history.present === before) return;
  say("");
  show();
  draw();
}

function light(way) {
  const pairs = way.slice(1).map((id, index) => `${way[index]}-${id}`);
  picture.mark("lit", way, pairs);
}

// --- Saving ---

const saving = makeSaving(editor, {
  data,
  token,
  say,
  saved(graph, draft) {
    [base, saved, faults] = [graph.revision, draft, []];
    if (data.graph.graph_id === null) {
      keeping.forget();
      return location.assign(urls.graph.replace(/0$/, graph.graph_id));
    }
    if (editor.dataset.afterwards === "reload") {
      keeping.forget();
      return location.reload(); // the rest of the page is about the graph too
    }
    for (const place of document.querySelectorAll("[data-revision]")) place.textContent = base;
    show();
    return say(`Saved as revision ${base}.`, "good");
  },
  refused(found, cycle) {
    const draft = history.present;
    faults = located(found, draft);
    const [first] = faults;
    chosen = placeOf(first, chosen);
    show();
    if (chosen.kind === "task") camera.reveal(picture.boxOf(chosen.id));
    const ids = (cycle ?? []).map((key) => draft.tasks.find((task) => task.key === key)?.id);
    if (ids.length) light([...ids, ids[0]]);
    say(summed(faults, draft), "bad");
    if (first.field) panel.focus(first.field);
  },
  overwrite(revision) {
    base = revision;
    act.save();
  },
  takeTheirs() {
    keeping.forget();
    location.reload();
  },
});

const panel = makePanel(editor.querySelector(".side"), { drivers: data.drivers, act });

// --- Beginning ---

const kept = readonly ? null : keeping.kept();
if (data.restored) history.push(edits.fromGraph({ ...data.graph, ...data.restored }));
else if (kept?.draft) {
  base = kept.base;
  history.push(kept.draft);
}
listenToPointer(svg, { camera, picture, readonly, act });
listenToKeyboard(editor, editor.querySelector(".stage"), { camera, readonly, act });
makeSearch(editor, { tasks: () => history.present.tasks, picture, camera, act });
for (const one of editor.querySelectorAll("[data-do]")) {
  const acts = { fit: camera.fit, "zoom-in": camera.zoomIn, "zoom-out": camera.zoomOut };
  one.addEventListener("click", () => (acts[one.dataset.do] ?? act[one.dataset.do])());
}
for (const close of editor.querySelectorAll("[data-close]")) close.addEventListener("click", () => close.closest("dialog").close());
editor.querySelector(".new-parent")?.addEventListener("change", (event) => {
  if (event.target.value !== "") act.connect(Number(event.target.value), chosen.id);
});
look(saved, data.drawing);
show();
if (history.present !== saved) {
  draw();
  say(data.restored ? `This is revision ${data.restored.revision}. Save it to make it the present one.` : "Your changes, which are not saved yet, were kept.");
}
editor.classList.add("ready");

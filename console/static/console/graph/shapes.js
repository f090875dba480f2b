// How a task and an edge of the draft look close by.

import { drawn } from "../elements.js";
import { cutter } from "../fitting.js";

export const [WIDTH, HEIGHT] = [200, 44]; // of a task, as the service draws it
const GAP = 38; // in which an edge bends

const cut = cutter("550 14px", WIDTH - 28); // as the stylesheet has names
const called = (task) => task.name || "no name";

const told = new WeakMap(); // what each element tells

/** Tell whether an element has to tell something else than it does: of what is in view, an edit changes little. */
function differs(element, ...facts) {
  const last = told.get(element);
  told.set(element, facts);
  return !last || facts.some((fact, index) => fact !== last[index]);
}

export function makeNode(id, readonly) {
  const node = drawn("g", { role: "button", "data-id": id });
  node.append(
    drawn("title"),
    drawn("rect", { width: WIDTH, height: HEIGHT, rx: 9 }),
    drawn("text", { class: "node-name", x: 14, y: 19 }),
    drawn("text", { class: "node-what", x: 14, y: 35 }),
  );
  if (!readonly) node.append(drawn("circle", { class: "handle", cx: WIDTH, cy: HEIGHT / 2, r: 7 }));
  return node;
}

/** Have a node tell of a task; `roving` is the one that Tab leads to. */
export function tellNode(node, task, { x, y }, marks, roving) {
  if (!differs(node, task, x, y, marks, roving)) return;
  node.setAttribute("class", `node ${marks}`);
  node.setAttribute("transform", `translate(${x} ${y})`);
  node.setAttribute("tabindex", roving ? "0" : "-1");
  node.setAttribute("aria-label", `${called(task)}, ${task.driver}`);
  node.querySelector(".node-name").textContent = cut(called(task));
  node.querySelector("title").textContent = called(task);
  node.querySelector(".node-what").textContent = task.driver;
}

export function makeEdge(pair) {
  const edge = drawn("g", { "data-edge": pair });
  edge.append(drawn("title"), drawn("path", { class: "hit" }), drawn("path", { class: "line" }));
  return edge;
}

/** Have an element tell of an edge; `ends` are the tasks that it goes between. */
export function tellEdge(edge, { condition, path }, ends, marks) {
  const [from, to] = ends.map(called);
  if (!differs(edge, condition, path, from, to, marks)) return;
  edge.setAttribute("class", `edge ${marks}`);
  edge.dataset.condition = condition;
  edge.querySelector("title").textContent = `${from} → ${to}: ${condition}`;
  for (const line of edge.querySelectorAll("path")) line.setAttribute("d", path);
}

/** Return the path of an edge that the service has not drawn yet: it goes straight. */
export function direct(start, end) {
  const [x, y, left, level] = [start.x + WIDTH, start.y + HEIGHT / 2, end.x, end.y + HEIGHT / 2];
  return `M${x} ${y}C${x + GAP} ${y} ${left - GAP} ${level} ${left} ${level}`;
}

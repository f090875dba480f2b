// The graph of the run with live states, drawn by level of detail: close by, the tasks in view; from afar, a path for each state.

import { drawn, look, make, shape, STATES, word } from "./words.js";
import { camera } from "./camera.js";

const CLOSE = 0.34; // pixels for a unit, from which on tasks are drawn one by one
const LETTERS = 21; // of a name that fit
const WINDING = 2000; // edges up to which they wind from afar, too

export function picture(tasks) {
  const element = make("div", "picture");
  const svg = drawn("svg", { class: "canvas", role: "group", "aria-label": "The graph of the run", tabindex: "0" });
  const edges = drawn("path", { class: "edges" });
  const lit = drawn("path", { class: "edges lit" });
  const far = Object.fromEntries(STATES.map((state) => [state, drawn("path", { class: `far state-${look(state)}` })]));
  const close = drawn("g");
  const nodes = new Map();
  let drawing = null;
  let found = new Set();
  let waiting = 0;
  let afar = false; // whether what is seen from afar is drawn, and as it is now
  svg.append(edges, lit, ...Object.values(far), close);
  const eye = camera(svg, () => draw());
  element.append(svg, eye.buttons);
  load();

  async function load() {
    const answer = await fetch(document.getElementById("run").dataset.picture, { headers: { Accept: "application/json" } });
    if (!answer.ok) return element.replaceChildren(make("p", "empty", "The picture cannot be shown."));
    drawing = await answer.json();
    drawing.boxes = boxes(drawing, tasks.all);
    eye.open(drawing, CLOSE);
    const one = tasks.byKey.get(tasks.chosen);
    return one && reveal(one);
  }

  function draw() {
    waiting ||= requestAnimationFrame(() => {
      waiting = 0;
      if (drawing && svg.clientWidth) paint();
    });
  }

  function paint() {
    const view = eye.view();
    const near = view.scale >= CLOSE;
    const seen = near ? tasks.all.filter((one) => inside(at(one), view, drawing)) : [];
    if (near || !afar) edges.setAttribute("d", way(near ? view : null));
    lit.setAttribute("d", near && tasks.chosen !== null ? drawing.paths.filter((_, n) => drawing.boxes[n].ends.includes(tasks.chosen)).join("") : "");
    if (near || !afar) for (const state of STATES) far[state].setAttribute("d", near ? "" : squares(state));
    afar = !near;
    const kept = new Set(seen);
    for (const [one, node] of nodes) {
      if (kept.has(one) || node.contains(document.activeElement)) continue;
      node.remove();
      nodes.delete(one);
    }
    for (const one of seen) put(one);
  }

  function at(one) {
    return [drawing.places[2 * one.node], drawing.places[2 * one.node + 1]];
  }

  /** Return the edges in view as one path; from afar all of them, and straight where they are many. */
  function way(view) {
    if (view) return drawing.paths.filter((_, n) => overlaps(drawing.boxes[n], view)).join("");
    if (drawing.paths.length <= WINDING) return drawing.paths.join("");
    return drawing.boxes.map(({ first, last }) => `M${first}L${last}`).join("");
  }

  function squares(state) {
    const [width, height] = drawing.task;
    let path = "";
    for (const one of tasks.all) {
      if (one.state !== state || !found.has(one)) continue;
      const [x, y] = at(one);
      path += `M${x} ${y}h${width}v${height}h-${width}z`;
      if (state === "FAILED") path += `M${x} ${y}l${width} ${height}m0 -${height}l-${width} ${height}`; // not by its colour alone
    }
    return path;
  }

  function put(one) {
    let node = nodes.get(one);
    if (!node) {
      node = build(one);
      nodes.set(one, node);
      close.append(node);
    }
    if (node.dataset.state !== one.state) {
      node.dataset.state = one.state;
      node.querySelector("svg").replaceWith(icon(one.state));
      node.querySelector("title").textContent = `${one.name}: ${word(one.state)}`;
    }
    node.setAttribute("class", `node state-${look(one.state)}${one.key === tasks.chosen ? " is-chosen" : ""}${found.has(one) ? "" : " dim"}`);
  }

  function build(one) {
    const [x, y] = at(one);
    const [width, height] = drawing.task;
    const node = drawn("a", { href: `?task=${encodeURIComponent(one.key)}`, transform: `translate(${x} ${y})` });
    node.dataset.taskKey = one.key;
    const name = drawn("text", { x: 38, y: height / 2, "dominant-baseline": "central" });
    const letters = [...one.name];
    name.textContent = letters.length > LETTERS ? `${letters.slice(0, LETTERS - 1).join("")}…` : one.name;
    node.append(drawn("title"), drawn("rect", { width, height, rx: 8 }), drawn("svg"), name);
    return node;
  }

  function icon(state) {
    const svg = shape(state);
    for (const [name, value] of Object.entries({ x: 13, y: drawing.task[1] / 2 - 8, width: 16, height: 16 })) svg.setAttribute(name, value);
    return svg;
  }

  function reveal(one) {
    if (!drawing) return;
    const [x, y] = at(one);
    eye.reveal(x + drawing.task[0] / 2, y + drawing.task[1] / 2, CLOSE * 2);
    draw();
  }

  function show(list) {
    found = new Set(list);
    afar = false;
    draw();
  }

  return { element, show, tick: draw, reveal };
}

/** Return for each edge where it begins and ends, what it spans, and the keys of its ends. */
function boxes(drawing, all) {
  const pairs = all.flatMap((one) => one.after.map((other) => [one, other]));
  return drawing.paths.map((path, n) => {
    const numbers = path.match(/-?\d+/g).map(Number);
    const first = path.match(/^M(-?\d+ -?\d+)/)[1];
    const [x, y] = first.split(" ").map(Number);
    const [, end] = pairs[n];
    const last = [drawing.places[2 * end.node], drawing.places[2 * end.node + 1] + drawing.task[1] / 2];
    const heights = path.match(/ (-?\d+)/g).map(Number);
    return {
      first,
      last: last.join(" "),
      ends: pairs[n].map((one) => one.key),
      left: x,
      right: Math.max(last[0], numbers[0]),
      top: Math.min(y, last[1], ...heights),
      bottom: Math.max(y, last[1], ...heights),
    };
  });
}

function inside([x, y], view, drawing) {
  return x + drawing.task[0] >= view.x && x <= view.x + view.width && y + drawing.task[1] >= view.y && y <= view.y + view.height;
}

function overlaps(box, view) {
  return box.right >= view.x && box.left <= view.x + view.width && box.bottom >= view.y && box.top <= view.y + view.height;
}

// The graph of the run with live states: close by the tasks in view, from afar a path for each state.

import { drawn, make } from "../elements.js";
import { cutter } from "../fitting.js";
import { perFrame } from "../frames.js";
import { boxes, lines, spanOf } from "../picture/afar.js";
import { CLOSE, makeCamera } from "../picture/camera.js";
import { dragToPan, wheelToZoom } from "../picture/gestures.js";
import { meets, Near } from "../picture/near.js";
import { steerByKeys, steeringButtons } from "./steering.js";
import { look, shape, STATES, word } from "./words.js";

const LOW = 160; // pixels
const HIGH = 0.6; // of the window

export function picture(tasks) {
  const element = make("div", "picture");
  const svg = drawn("svg", { class: "canvas", role: "group", "aria-label": "The graph of the run", tabindex: "0" });
  const edges = drawn("path", { class: "edges" });
  const lit = drawn("path", { class: "edges lit" });
  const far = Object.fromEntries(STATES.map((state) => [state, drawn("path", { class: `far state-${look(state)}` })]));
  const close = drawn("g");
  const nodes = new Near(close, build, fill);
  let drawing = null;
  let places = []; // the box of each task
  let wires = []; // the edges, with their paths
  let found = new Set();
  let afar = false; // whether what is seen from afar is drawn, and as it is now
  svg.append(edges, lit, ...Object.values(far), close);
  const draw = perFrame(() => drawing && svg.clientWidth && paint());
  const camera = makeCamera(svg, draw, { whole: true, grow });
  element.append(svg, steeringButtons(camera));
  dragToPan(svg, camera);
  wheelToZoom(svg, camera);
  steerByKeys(svg, camera);
  load();

  async function load() {
    const answer = await fetch(document.getElementById("run").dataset.picture, { headers: { Accept: "application/json" } });
    if (!answer.ok) return element.replaceChildren(make("p", "empty", "The picture cannot be shown."));
    drawing = await answer.json();
    const [width, height] = drawing.task;
    places = drawing.places.map(([x, y]) => ({ x, y, width, height }));
    const pairs = tasks.all.flatMap((one) => one.after.map((other) => [one, other]));
    wires = drawing.paths.map((path, n) => ({ path, span: spanOf(path), ends: pairs[n].map((one) => one.key) }));
    camera.open(drawing);
    const one = tasks.byKey.get(tasks.chosen);
    return one && reveal(one);
  }

  function grow(height) {
    svg.style.height = `${Math.max(LOW, Math.min(height, innerHeight * HIGH))}px`;
  }

  function paint() {
    const view = camera.view();
    if (view.scale >= CLOSE) paintNear(view);
    else if (!afar) paintFar();
  }

  function paintNear(view) {
    afar = false;
    nodes.show(tasks.all.filter((one) => meets(boxOf(one), view)));
    edges.setAttribute("d", wires.filter((wire) => meets(wire.span, view)).map((wire) => wire.path).join(""));
    lit.setAttribute("d", wires.filter((wire) => wire.ends.includes(tasks.chosen)).map((wire) => wire.path).join(""));
    for (const path of Object.values(far)) path.setAttribute("d", "");
  }

  function paintFar() {
    afar = true;
    nodes.show([]);
    edges.setAttribute("d", lines(wires));
    lit.setAttribute("d", "");
    for (const state of STATES) {
      const places = tasks.all.filter((one) => one.state === state && found.has(one)).map(boxOf);
      far[state].setAttribute("d", boxes(places, drawing.task, state === "FAILED"));
    }
  }

  function boxOf(one) {
    return places[one.node];
  }

  function fill(node, one) {
    if (node.dataset.state !== one.state) {
      node.dataset.state = one.state;
      node.querySelector("svg").replaceWith(icon(one.state));
      node.querySelector("title").textContent = `${one.name}: ${word(one.state)}`;
    }
    node.setAttribute("class", `node state-${look(one.state)}${one.key === tasks.chosen ? " is-chosen" : ""}${found.has(one) ? "" : " dim"}`);
  }

  function build(one) {
    const { x, y, width, height } = boxOf(one);
    const node = drawn("a", { href: `?task=${encodeURIComponent(one.key)}`, transform: `translate(${x} ${y})` });
    node.dataset.taskKey = one.key;
    const name = drawn("text", { x: 38, y: height / 2, "dominant-baseline": "central" });
    name.textContent = cutter("500 13px", width - 50)(one.name); // as the stylesheet has names
    node.append(drawn("title"), drawn("rect", { width, height, rx: 8 }), drawn("svg"), name);
    return node;
  }

  function icon(state) {
    const svg = shape(state);
    for (const [name, value] of Object.entries({ x: 13, y: drawing.task[1] / 2 - 8, width: 16, height: 16 })) svg.setAttribute(name, value);
    return svg;
  }

  function reveal(one) {
    if (drawing) camera.reveal(boxOf(one));
  }

  function show(list) {
    found = new Set(list);
    afar = false;
    draw();
  }

  return { element, show, tick: draw, reveal };
}

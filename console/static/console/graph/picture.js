// The draft as a picture: close by the tasks and edges in view, from afar all of them as a few paths.

import { drawn } from "../elements.js";
import { perFrame } from "../frames.js";
import { boxes, lines, spanOf } from "../picture/afar.js";
import { CLOSE } from "../picture/camera.js";
import { meets, Near } from "../picture/near.js";
import { direct, HEIGHT, makeEdge, makeNode, tellEdge, tellNode, WIDTH } from "./shapes.js";

const MARKS = ["found", "chosen", "faulty", "aimed", "lit"]; // each is drawn above those before
const CROSSED = new Set(["faulty", "lit"]); // from afar: not by their colour alone
const NEW = { x: 24, y: 24 }; // where a task stands that nobody has placed

const boxAt = ({ x, y }) => ({ x, y, width: WIDTH, height: HEIGHT });
const pairOf = ({ from, to }) => `${from}-${to}`;

/** Make what shows drafts in `svg`; `view()` tells what of it is looked at. */
export function makePicture(svg, { readonly, view }) {
  const [farEdges, farNodes] = ["far-edges", "far"].map((kind) => ["", ...MARKS].map((name) => drawn("path", { class: `${kind} ${name}` })));
  const [edgesLayer, nodesLayer] = [drawn("g"), drawn("g")];
  const nodes = new Near(nodesLayer, (id) => makeNode(id, readonly), tellOfTask);
  const edges = new Near(edgesLayer, makeEdge, tellOfEdge);
  const marks = new Map(MARKS.map((name) => [name, { ids: new Set(), pairs: new Set() }]));
  const places = new Map(); // the box of each task
  let shown = { tasks: [], edges: [] }; // the draft
  let tasks = new Map();
  let wires = new Map(); // the edges by pair, with their paths
  let routes = new Map(); // how the service draws edges
  let roving = null; // the task that Tab leads to
  let stale = true; // whether something else than the marks has changed since it was drawn from afar
  const look = perFrame(paint);
  svg.append(...farEdges, edgesLayer, ...farNodes, nodesLayer);

  function marksOf(kind, one) {
    return MARKS.filter((name) => marks.get(name)[kind].has(one)).join(" ");
  }

  function tellOfTask(node, id) {
    tellNode(node, tasks.get(id), places.get(id), marksOf("ids", id), id === roving);
  }

  function tellOfEdge(edge, pair) {
    const wire = wires.get(pair);
    tellEdge(edge, wire, [tasks.get(wire.from), tasks.get(wire.to)], marksOf("pairs", pair));
  }

  /** Show a draft, with its `faulty` tasks and the one that Tab leads to; of thousands, an edit changes a few. */
  function show(draft, faulty, rove) {
    marks.get("faulty").ids = faulty;
    roving = rove;
    if (draft.tasks !== shown.tasks) tasks = new Map(draft.tasks.map((task) => [task.id, task]));
    for (const { id } of draft.tasks) if (!places.has(id)) places.set(id, boxAt(NEW));
    if (draft.edges !== shown.edges) wire(draft.edges);
    stale ||= draft.tasks.length !== shown.tasks.length;
    shown = draft;
    look();
  }

  function wire(all) {
    wires = new Map(all.map((edge) => [pairOf(edge), { ...edge, ...(routes.get(pairOf(edge)) ?? straight(edge)) }]));
    stale = true;
  }

  function straight({ from, to }) {
    const path = direct(places.get(from), places.get(to));
    return { path, span: spanOf(path) };
  }

  /** Take over how the service draws a draft. */
  function take(draft, drawing) {
    draft.tasks.forEach(({ id }, index) => {
      const [x, y] = drawing.places[index];
      places.set(id, boxAt({ x, y }));
    });
    routes = new Map(draft.edges.map((edge, index) => [pairOf(edge), { path: drawing.paths[index], span: spanOf(drawing.paths[index]) }]));
    wire(shown.edges);
  }

  function paint() {
    const seen = view();
    const near = seen.scale >= CLOSE;
    svg.classList.toggle("afar", !near);
    nodes.show([...tasks.keys()].filter((id) => id === roving || (near && meets(places.get(id), seen))), (id) => tasks.has(id));
    edges.show(near ? [...wires.values()].filter(({ span }) => meets(span, seen)).map(pairOf) : []);
    if (!near) paintFar();
  }

  function paintFar() {
    const draw = (at, ids, pairs, crossed) => {
      const known = [...ids].filter((id) => tasks.has(id));
      farNodes[at].setAttribute("d", boxes(known.map((id) => places.get(id)), [WIDTH, HEIGHT], crossed));
      farEdges[at].setAttribute("d", lines([...pairs].filter((pair) => wires.has(pair)).map((pair) => wires.get(pair))));
    };
    if (stale) draw(0, tasks.keys(), wires.keys(), false);
    MARKS.forEach((name, index) => draw(index + 1, marks.get(name).ids, marks.get(name).pairs, CROSSED.has(name)));
    stale = false;
  }

  return {
    show,
    take,
    look,
    mark(name, ids, pairs = []) {
      marks.set(name, { ids: new Set(ids), pairs: new Set(pairs) });
      look();
    },
    /** Return the element of a task, wherever it is. */
    node: (id) => nodes.put(id),
    /** Return the task that is seen at a point from afar, null where there is none; close by, its element is there. */
    taskAt: (point) => [...tasks.keys()].find((id) => meets(places.get(id), { ...point, width: 0, height: 0 })) ?? null,
    place: (id, corner) => places.set(id, boxAt(corner)),
    boxOf: (id) => places.get(id),
  };
}

// The draft as a picture: what the service has drawn is taken over, what is new is made, what is gone is removed.

const SVG = "http://www.w3.org/2000/svg";
const LONGEST = 23; // characters of a name that a box has room for
const [WIDTH, HEIGHT, GAP] = [200, 44, 38];
const MANY = 500; // tasks; of more, what is out of sight is not painted

function element(name, attributes = {}, text = null) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== null) made.textContent = text;
  return made;
}

const short = (text) => ([...text].length > LONGEST ? `${[...text].slice(0, LONGEST - 1).join("")}…` : text);
const pairOf = ({ from, to }) => `${from}-${to}`;

/** Make what shows drafts in `world`. */
export function makePicture(world, { readonly }) {
  const [edgesLayer, nodesLayer] = [world.querySelector(".edges"), world.querySelector(".nodes")];
  const nodes = new Map([...nodesLayer.children].map((node) => [Number(node.dataset.id), node]));
  const edges = new Map([...edgesLayer.children].map((edge) => [edge.dataset.edge, edge]));
  const places = new Map([...nodes].map(([id, node]) => [id, placeOf(node)]));
  let view = null;
  let culled = false;
  const shown = new WeakMap(); // what each element was made of
  let paths = new Map([...edges].map(([pair, edge]) => [pair, edge.querySelector(".line").getAttribute("d")]));

  function placeOf(node) {
    const [x, y] = node.getAttribute("transform").match(/-?[\d.]+/g).map(Number);
    return { x, y };
  }

  function makeNode(id) {
    const node = element("g", { class: "node", role: "button", tabindex: "-1", "data-id": id });
    node.append(
      element("rect", { width: WIDTH, height: HEIGHT, rx: 9 }),
      element("text", { class: "node-name", x: 14, y: 19 }),
      element("text", { class: "node-what", x: 14, y: 35 }),
    );
    if (!readonly) node.append(element("circle", { class: "handle", cx: WIDTH, cy: HEIGHT / 2, r: 7 }));
    nodesLayer.append(node);
    return node;
  }

  function makeEdge(pair) {
    const edge = element("g", { class: "edge", "data-edge": pair });
    edge.append(element("title"), element("path", { class: "hit" }), element("path", { class: "line" }));
    edgesLayer.append(edge);
    return edge;
  }

  function direct({ from, to }) {
    const [start, end] = [places.get(from), places.get(to)];
    const [x, y, left, level] = [start.x + WIDTH, start.y + HEIGHT / 2, end.x, end.y + HEIGHT / 2];
    return `M${x} ${y}C${x + GAP} ${y} ${left - GAP} ${level} ${left} ${level}`;
  }

  /** Show a draft; edges that are not drawn yet go straight. */
  function show(draft, faulty) {
    const tasks = new Map(draft.tasks.map((task) => [task.id, task]));
    for (const [id, node] of nodes) if (!tasks.has(id)) drop(nodes, id, node);
    for (const task of draft.tasks) {
      const node = nodes.get(task.id) ?? makeNode(task.id);
      nodes.set(task.id, node);
      if (!places.has(task.id)) places.set(task.id, { x: 24, y: 24 });
      if (!differs(node, task, places.get(task.id), faulty.has(task.id))) continue;
      const { x, y } = places.get(task.id);
      node.setAttribute("transform", `translate(${x} ${y})`);
      node.setAttribute("aria-label", `${task.name || "no name"}, ${task.driver}`);
      node.querySelector(".node-name").textContent = short(task.name || "no name");
      node.querySelector(".node-what").textContent = task.driver;
      node.classList.toggle("faulty", faulty.has(task.id));
    }
    const pairs = new Map(draft.edges.map((edge) => [pairOf(edge), edge]));
    for (const [pair, edge] of edges) if (!pairs.has(pair)) drop(edges, pair, edge);
    for (const [pair, { from, to, condition }] of pairs) {
      const edge = edges.get(pair) ?? makeEdge(pair);
      edges.set(pair, edge);
      const path = paths.get(pair) ?? direct({ from, to });
      if (!differs(edge, tasks.get(from).name, tasks.get(to).name, condition, path)) continue;
      edge.dataset.condition = condition;
      edge.querySelector("title").textContent = `${tasks.get(from).name} → ${tasks.get(to).name}: ${condition}`;
      for (const line of edge.querySelectorAll("path")) line.setAttribute("d", path);
    }
    look(view);
  }

  /** Paint what is in view, and of a large graph nothing else; edges that bend far out of the way are missed. */
  function look(next) {
    view = next;
    if (!view || (nodes.size < MANY && !culled)) return;
    culled = nodes.size >= MANY;
    const within = (left, right, top, bottom) =>
      !culled || (right >= view.x && left <= view.x + view.width && bottom >= view.y && top <= view.y + view.height);
    for (const [id, node] of nodes) {
      const { x, y } = places.get(id);
      hide(node, !within(x, x + WIDTH, y, y + HEIGHT) && node !== document.activeElement);
    }
    for (const [pair, edge] of edges) {
      const [from, to] = pair.split("-").map((id) => places.get(Number(id)));
      hide(edge, !within(from.x, to.x, Math.min(from.y, to.y), Math.max(from.y, to.y) + HEIGHT));
    }
  }

  function hide(element, out) {
    if ((element.style.display === "none") !== out) element.style.display = out ? "none" : "";
  }

  /** Tell whether something has to be shown anew: of thousands, an edit changes a few. */
  function differs(element, ...facts) {
    const last = shown.get(element);
    shown.set(element, facts);
    return !last || facts.some((fact, index) => fact !== last[index]);
  }

  function drop(known, key, shown) {
    shown.remove();
    known.delete(key);
  }

  function mark(name, ids, pairs = []) {
    for (const marked of world.querySelectorAll(`.${name}`)) marked.classList.remove(name);
    for (const id of ids) nodes.get(id)?.classList.add(name);
    for (const pair of pairs) edges.get(pair)?.classList.add(name);
  }

  return {
    show,
    look,
    mark,
    node: (id) => nodes.get(id),
    place: (id, point) => places.set(id, point),
    /** Take over how the service draws a draft. */
    drawn(draft, drawing) {
      draft.tasks.forEach(({ id }, index) => {
        const [x, y] = drawing.places[index];
        places.set(id, { x, y });
      });
      paths = new Map(draft.edges.map((edge, index) => [pairOf(edge), drawing.paths[index]]));
    },
    placeOf: (id) => places.get(id),
    size: () => nodes.size,
    box: (id) => ({ ...places.get(id), width: WIDTH, height: HEIGHT }),
  };
}

// The mouse: drag an edge from a task's handle to another task, click to choose, double click for a new task.

import { dragToPan } from "../canvas.js";

const idOf = (target) => {
  const node = target.closest?.(".node");
  return node ? Number(node.dataset.id) : null;
};

export function listenToPointer(svg, { canvas, line, readonly, act }) {
  let from = null;

  dragToPan(svg, canvas, {
    isBackground: (target) => !target.closest(".node, .edge"),
    clicked: () => act.choose({ kind: "graph" }),
  });

  svg.addEventListener("click", (event) => {
    const id = idOf(event.target);
    const edge = event.target.closest(".edge");
    if (id !== null) act.choose({ kind: "task", id }, { focus: "node" });
    else if (edge) {
      const [start, end] = edge.dataset.edge.split("-").map(Number);
      act.choose({ kind: "edge", from: start, to: end });
    }
  });
  svg.addEventListener("dblclick", (event) => {
    if (idOf(event.target) !== null) act.toPanel();
    else if (!readonly && !event.target.closest(".edge")) act.add(canvas.inWorld(event));
  });
  if (readonly) return;

  svg.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !event.target.classList.contains("handle")) return;
    event.preventDefault();
    from = idOf(event.target);
    svg.classList.add("connecting");
  });
  addEventListener("pointermove", (event) => {
    if (from === null) return;
    const { x, y } = canvas.inWorld(event);
    line.setAttribute("d", `M${act.handleOf(from).x} ${act.handleOf(from).y}L${x} ${y}`);
    act.aim(idOf(document.elementFromPoint(event.clientX, event.clientY) ?? svg));
  });
  const end = (event) => {
    if (from === null) return;
    const to = event.type === "pointerup" ? idOf(document.elementFromPoint(event.clientX, event.clientY) ?? svg) : null;
    if (to !== null && to !== from) act.connect(from, to);
    from = null;
    line.setAttribute("d", "");
    act.aim(null);
    svg.classList.remove("connecting");
  };
  addEventListener("pointerup", end);
  addEventListener("pointercancel", end);
}

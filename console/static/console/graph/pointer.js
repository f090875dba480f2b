// The mouse: drag an edge from a task's handle to another task, click to choose, double click for a new task.

import { drawn } from "../elements.js";
import { dragToPan, wheelToZoom } from "../picture/gestures.js";

const idOf = (target) => {
  const node = target.closest?.(".node");
  return node ? Number(node.dataset.id) : null;
};

export function listenToPointer(svg, { camera, picture, readonly, act }) {
  let from = null;

  /** Return the task that something happens to: by its element, or from afar by its place. */
  const taskOf = (event) => idOf(event.target) ?? picture.taskAt(camera.inWorld(event));
  const choose = (id) => act.choose(id === null ? { kind: "graph" } : { kind: "task", id }, { focus: "node" });

  dragToPan(svg, camera, {
    isBackground: (target) => !target.closest(".node, .edge"),
    clicked: (event) => choose(taskOf(event)),
  });
  wheelToZoom(svg, camera);

  svg.addEventListener("click", (event) => {
    const id = idOf(event.target);
    const edge = event.target.closest(".edge");
    if (id !== null) choose(id);
    else if (edge) {
      const [start, end] = edge.dataset.edge.split("-").map(Number);
      act.choose({ kind: "edge", from: start, to: end });
    }
  });
  svg.addEventListener("dblclick", (event) => {
    if (taskOf(event) !== null) act.toPanel();
    else if (!readonly && !event.target.closest(".edge")) act.add(camera.inWorld(event));
  });
  if (readonly) return;

  const line = svg.appendChild(drawn("path", { class: "new-edge" }));
  svg.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !event.target.classList.contains("handle")) return;
    event.preventDefault();
    from = idOf(event.target);
    svg.classList.add("connecting");
  });
  addEventListener("pointermove", (event) => {
    if (from === null) return;
    const { x, y } = camera.inWorld(event);
    const start = picture.boxOf(from);
    line.setAttribute("d", `M${start.x + start.width} ${start.y + start.height / 2}L${x} ${y}`);
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

// The keyboard: everything that the mouse can do, while the focus is in the picture; undo, redo and save from anywhere.

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const STEP = 60; // pixels that the picture moves by

export function listenToKeyboard(editor, stage, { camera, readonly, act }) {
  const reading = {
    "+": camera.zoomIn,
    "=": camera.zoomIn,
    "-": camera.zoomOut,
    0: camera.fit,
    "/": act.search,
    "?": act.help,
    Enter: act.enter,
    Escape: act.leave,
  };
  const editing = {
    a: () => act.add(),
    n: () => act.addBehind(),
    e: act.beginEdge,
    Delete: act.remove,
    Backspace: act.remove,
  };
  const keys = readonly ? reading : { ...reading, ...editing };

  stage.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, textarea, select")) return;
    const arrow = ARROWS[event.key];
    if (arrow && event.shiftKey) camera.pan(-arrow[0] * STEP, -arrow[1] * STEP);
    else if (arrow) act.go(...arrow);
    else if (keys[event.key] && (event.key !== "Enter" || event.target.closest(".node, svg"))) keys[event.key]();
    else return;
    event.preventDefault();
  });
  if (readonly) return;

  document.addEventListener("keydown", (event) => {
    const elsewhere = !editor.contains(event.target) && event.target.matches("input, textarea, select");
    if ((!event.ctrlKey && !event.metaKey) || elsewhere || editor.querySelector("dialog[open]")) return;
    const key = event.key.toLowerCase();
    if (key === "s") act.save();
    else if (key === "z") (event.shiftKey ? act.redo : act.undo)();
    else if (key === "y") act.redo();
    else return;
    event.preventDefault();
  });
}

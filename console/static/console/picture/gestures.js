// What a hand does to a picture: it drags it, and zooms it by the wheel or by a pinch.

const STILL = 4; // pixels that a hand moves when it clicks
const NOTCH = 100; // of a wheel

/** Let what `isBackground` be dragged before a camera, and tell `clicked` where it was not dragged. */
export function dragToPan(svg, camera, { isBackground = () => true, clicked = () => {} } = {}) {
  let from = null;
  let dragged = false;
  svg.addEventListener("pointerdown", (event) => {
    dragged = false;
    if (event.button !== 0 || !isBackground(event.target)) return;
    from = { x: event.clientX, y: event.clientY };
  });
  svg.addEventListener("pointermove", (event) => {
    if (!from) return;
    const [x, y] = [event.clientX - from.x, event.clientY - from.y];
    if (!dragged && Math.hypot(x, y) < STILL) return;
    if (!dragged) svg.setPointerCapture(event.pointerId); // not before: a captured click would miss its link
    dragged = true;
    camera.pan(x, y);
    from = { x: event.clientX, y: event.clientY };
    svg.classList.add("dragged");
  });
  svg.addEventListener("pointerup", (event) => {
    if (from && !dragged) clicked(event);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    svg.addEventListener(end, () => {
      from = null;
      svg.classList.remove("dragged");
    });
  }
  svg.addEventListener("dragstart", (event) => event.preventDefault());
  svg.addEventListener(
    "click",
    (event) => {
      if (!dragged) return; // a drag that ends on a link does not follow it
      event.preventDefault();
      event.stopPropagation();
      dragged = false;
    },
    true,
  );
}

/** Zoom by the wheel with Ctrl, which is what a pinch comes as; the wheel by itself scrolls the page, as everywhere. */
export function wheelToZoom(svg, camera) {
  svg.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const box = svg.getBoundingClientRect();
      camera.zoom(-event.deltaY / NOTCH, { x: event.clientX - box.left, y: event.clientY - box.top });
    },
    { passive: false },
  );
}

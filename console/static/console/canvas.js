// Pan and zoom of a picture: an SVG whose first `.world` is moved by drags, wheels and keys.

const SMALLEST = 0.1;
const LARGEST = 2.5;
const STEP = 1.25;
const READABLE = 0.4; // what is fitted is not made smaller than this
const MARGIN = 24;
const STILL = 4; // pixels that a hand moves when it clicks

/** Make a picture one that can be moved. `size()` returns the `{width, height}` of the world; `moved(view)` is told what is seen. */
export function makeCanvas(svg, size, moved = () => {}) {
  const world = svg.querySelector(".world");
  let at = { x: 0, y: 0, scale: 1 };
  let touched = false; // by its user: what is not is fitted anew when the room changes

  function move(next, byHand = true) {
    touched = byHand;
    at = { ...next, scale: Math.min(Math.max(next.scale, SMALLEST), LARGEST) };
    world.setAttribute("transform", `translate(${at.x} ${at.y}) scale(${at.scale})`);
    moved({ x: -at.x / at.scale, y: -at.y / at.scale, width: svg.clientWidth / at.scale, height: svg.clientHeight / at.scale });
  }

  function zoom(factor, point = { x: svg.clientWidth / 2, y: svg.clientHeight / 2 }) {
    const scale = Math.min(Math.max(at.scale * factor, SMALLEST), LARGEST);
    const by = scale / at.scale;
    move({ x: point.x - (point.x - at.x) * by, y: point.y - (point.y - at.y) * by, scale });
  }

  function fit() {
    const { width, height } = size();
    const room = { width: svg.clientWidth, height: svg.clientHeight };
    const scale = Math.max(Math.min(1, room.width / width, room.height / height), READABLE);
    const centred = (have, need) => (need * scale > have ? 0 : (have - need * scale) / 2);
    move({ x: centred(room.width, width), y: centred(room.height, height), scale }, false);
  }

  /** Return where in the world a point of the screen is. */
  function inWorld({ clientX, clientY }) {
    const box = svg.getBoundingClientRect();
    return { x: (clientX - box.left - at.x) / at.scale, y: (clientY - box.top - at.y) / at.scale };
  }

  /** Move so that a box of the world is seen. */
  function reveal({ x, y, width, height }) {
    const within = (place, length, room) => {
      const start = place * at.scale;
      const end = (place + length) * at.scale;
      return (shift) => {
        if (start + shift < MARGIN || end - start > room - 2 * MARGIN) return MARGIN - start;
        return end + shift > room - MARGIN ? room - MARGIN - end : shift;
      };
    };
    move({
      x: within(x, width, svg.clientWidth)(at.x),
      y: within(y, height, svg.clientHeight)(at.y),
      scale: at.scale,
    });
  }

  new ResizeObserver(() => (touched ? move(at) : fit())).observe(svg);

  wheelToZoom(svg, zoom);

  return {
    fit,
    inWorld,
    reveal,
    zoomIn: () => zoom(STEP),
    zoomOut: () => zoom(1 / STEP),
    pan: (x, y) => move({ x: at.x + x, y: at.y + y, scale: at.scale }),
  };
}

/** Let what `isBackground` be dragged, and tell `clicked` where it was none. `canvas.pan` is told the pixels. */
export function dragToPan(svg, canvas, { isBackground = () => true, clicked = () => {} } = {}) {
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
    canvas.pan(x, y);
    from = { x: event.clientX, y: event.clientY };
    svg.classList.add("dragged");
  });
  svg.addEventListener("pointerup", () => {
    if (from && !dragged) clicked();
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
export function wheelToZoom(svg, zoom) {
  svg.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const box = svg.getBoundingClientRect();
      zoom(STEP ** (-event.deltaY / 100), { x: event.clientX - box.left, y: event.clientY - box.top });
    },
    { passive: false },
  );
}

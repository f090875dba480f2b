// What of a picture is looked at, and from how far away.

export const CLOSE = 0.34; // pixels for a unit, from which on tasks are drawn one by one
const READABLE = 0.6; // from here on names can be read
const NARROW = 640; // pixels
const [FURTHEST, CLOSEST] = [0.01, 2];
const STEP = 1.25; // of a zoom
const MARGIN = 24; // pixels around what is to be seen

const limited = (scale) => Math.max(FURTHEST, Math.min(CLOSEST, scale));

/**
 * Look at `svg`; `moved` is called when something else is in view. A picture begins close by where its names could not be
 * read on a narrow screen, and on another one where its tasks would not be drawn one by one, unless the `whole` is wanted
 * first. `grow` lets it be as high as what it shows.
 */
export function makeCamera(svg, moved, { whole = false, grow = () => {} } = {}) {
  let at = { x: 0, y: 0, scale: 1 }; // the upper left corner of what is in view
  let room = { width: 0, height: 0 };
  let extent = null;
  let again = begin; // how it is looked at anew when the room or the picture changes; null once its user has moved it

  function measure() {
    room = { width: svg.clientWidth, height: svg.clientHeight };
  }

  function view() {
    return { ...at, width: room.width / at.scale, height: room.height / at.scale };
  }

  function move(next) {
    at = next;
    const { x, y, width, height } = view();
    if (width && height) svg.setAttribute("viewBox", `${x} ${y} ${width} ${height}`);
    moved();
  }

  /** Look from so far away that `scale` pixels show a unit, with a point in the middle. */
  function stand(scale, x, y) {
    grow(extent.height * scale);
    measure();
    move({ x: x - room.width / scale / 2, y: y - room.height / scale / 2, scale });
  }

  /** Look at all of it. */
  function fit() {
    again = fit;
    const { width, height } = extent;
    const wide = limited(Math.min(1, room.width / width));
    grow(height * wide);
    measure();
    const scale = limited(Math.min(wide, room.height / height));
    move({ x: (width - room.width / scale) / 2, y: (height - room.height / scale) / 2, scale });
  }

  function begin() {
    measure();
    fit();
    again = begin;
    if (room.width < NARROW ? at.scale >= READABLE : whole || at.scale >= CLOSE) return;
    stand(READABLE, room.width / READABLE / 2, extent.height / 2);
    const spare = extent.height - room.height / READABLE;
    if (spare > 0) move({ ...at, y: Math.max(0, Math.min(spare, extent.start - room.height / READABLE / 2)) });
  }

  /** Look at a picture, `{width, height, start}`, from its beginning, which is at the height `start`; or as it was looked at. */
  function open(next) {
    extent = next;
    if (again) again();
    else move(at);
  }

  /** Zoom in by so many steps; what is at a point, in pixels, stays there. */
  function zoom(steps, point = { x: room.width / 2, y: room.height / 2 }) {
    const scale = limited(at.scale * STEP ** steps);
    const stay = (from, pixels) => from + pixels / at.scale - pixels / scale;
    again = null;
    move({ x: stay(at.x, point.x), y: stay(at.y, point.y), scale });
  }

  function pan(x, y) {
    again = null;
    move({ ...at, x: at.x - x / at.scale, y: at.y - y / at.scale });
  }

  /** Have a box in view: from afar come close to it, else move by as little as shows it. */
  function reveal({ x, y, width, height }) {
    again = null;
    measure();
    if (at.scale < CLOSE) return stand(READABLE, x + width / 2, y + height / 2);
    const margin = MARGIN / at.scale;
    const within = (from, seen, place, length) => Math.min(Math.max(from, place + length + margin - seen), place - margin);
    const now = view();
    return move({ ...at, x: within(at.x, now.width, x, width), y: within(at.y, now.height, y, height) });
  }

  /** Return where in the picture a point of the screen is. */
  function inWorld({ clientX, clientY }) {
    const box = svg.getBoundingClientRect();
    return { x: at.x + (clientX - box.left) / at.scale, y: at.y + (clientY - box.top) / at.scale };
  }

  new ResizeObserver(() => {
    const before = room.width;
    measure();
    if (!room.width || !extent) return; // it is not shown at present
    if (again && room.width !== before) again();
    else move(at);
  }).observe(svg);

  return { view, open, fit, pan, zoom, reveal, inWorld, zoomIn: () => zoom(1), zoomOut: () => zoom(-1) };
}

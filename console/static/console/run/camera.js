// Moving about in a picture: by dragging, by the wheel with Ctrl, by the keyboard, by buttons.

import { dragToPan, wheelToZoom } from "../canvas.js";
import { make } from "./words.js";

const STEP = 1.3; // of a zoom
const CLOSEST = 2;
const FURTHEST = 0.01;
const PAN = 60; // pixels of an arrow key
const NARROW = 640; // pixels

/** Return what looks at `svg`; `moved` is called whenever something else is in view. */
export function camera(svg, moved) {
  let scale = 1;
  let centre = [0, 0];
  let whole = null;
  let near = 0; // the scale from which on tasks can be read
  let own = false; // whether somebody has chosen what to look at
  const buttons = make("div", "zoom");
  for (const [text, label, deed] of [["+", "Zoom in", () => zoom(STEP)], ["−", "Zoom out", () => zoom(1 / STEP)], ["Fit", "Show all", () => fit(whole)]]) {
    const button = make("button", "small", text);
    button.type = "button";
    button.setAttribute("aria-label", label);
    button.addEventListener("click", deed);
    buttons.append(button);
  }

  function view() {
    const [width, height] = [svg.clientWidth / scale, svg.clientHeight / scale];
    return { x: centre[0] - width / 2, y: centre[1] - height / 2, width, height, scale };
  }

  function look() {
    const { x, y, width, height } = view();
    if (width && height) svg.setAttribute("viewBox", `${x} ${y} ${width} ${height}`);
    moved();
  }

  /** Begin with a drawing: all of it, or where that would be too small to read, its beginning from close by. */
  function open(drawing, closest) {
    near = closest;
    fit(drawing);
    if (scale >= closest || svg.clientWidth >= NARROW) return;
    scale = closest * 1.6;
    svg.style.height = `${tall(drawing)}px`;
    const [x, y] = drawing.places;
    centre = [svg.clientWidth / 2 / scale, drawing.height * scale > svg.clientHeight ? y : drawing.height / 2];
    centre[0] = Math.max(centre[0], x);
    look();
  }

  function tall(drawing) {
    return Math.max(160, Math.min(drawing.height * scale, innerHeight * 0.6));
  }

  function fit(drawing) {
    if (!drawing) return;
    whole = drawing;
    own = false;
    scale = Math.max(FURTHEST, Math.min(1, svg.clientWidth / drawing.width));
    svg.style.height = `${tall(drawing)}px`;
    scale = Math.max(FURTHEST, Math.min(scale, svg.clientHeight / drawing.height));
    centre = [drawing.width / 2, drawing.height / 2];
    look();
  }

  /** Zoom by a factor; what is at the point, in pixels from the middle, stays there. */
  function zoom(factor, [x, y] = [0, 0]) {
    const next = Math.max(FURTHEST, Math.min(CLOSEST, scale * factor));
    centre = [centre[0] + x / scale - x / next, centre[1] + y / scale - y / next];
    scale = next;
    own = true;
    look();
  }

  function pan(x, y) {
    centre = [centre[0] + x / scale, centre[1] + y / scale];
    own = true;
    look();
  }

  /** Look at a point, from no further away than `closest`, unless it is well in view. */
  function reveal(x, y, closest) {
    own = true;
    const now = view();
    const [across, up] = [Math.abs(x - centre[0]) / now.width, Math.abs(y - centre[1]) / now.height];
    if (scale >= closest / 2 && across < 0.45 && up < 0.45) return;
    scale = Math.max(scale, closest);
    centre = [x, y];
    if (whole) svg.style.height = `${tall(whole)}px`;
    look();
  }

  dragToPan(svg, { pan: (x, y) => pan(-x, -y) });
  wheelToZoom(svg, (factor, { x, y }) => zoom(factor, [x - svg.clientWidth / 2, y - svg.clientHeight / 2]));
  svg.addEventListener("keydown", (event) => {
    const steps = { ArrowLeft: [-PAN, 0], ArrowRight: [PAN, 0], ArrowUp: [0, -PAN], ArrowDown: [0, PAN] };
    if (event.key in steps && event.target === svg) pan(...steps[event.key]);
    else if (event.key === "+" || event.key === "=") zoom(STEP);
    else if (event.key === "-") zoom(1 / STEP);
    else if (event.key === "0") fit(whole);
    else return;
    event.preventDefault();
  });
  let wide = 0;
  new ResizeObserver(() => {
    if (!svg.clientWidth) return; // it is not shown at present
    if (own || svg.clientWidth === wide) look();
    else if (whole) open(whole, near);
    wide = svg.clientWidth;
  }).observe(svg);
  return { view, open, reveal, buttons };
}

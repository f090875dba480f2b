// Moving about in the picture of a run by buttons and by the keyboard.

import { make } from "../elements.js";

const PAN = 60; // pixels of an arrow key
const ARROWS = { ArrowLeft: [PAN, 0], ArrowRight: [-PAN, 0], ArrowUp: [0, PAN], ArrowDown: [0, -PAN] };

/** Return the buttons that steer a camera. */
export function steeringButtons(camera) {
  const box = make("div", "zoom");
  for (const [text, label, deed] of [["+", "Zoom in", camera.zoomIn], ["−", "Zoom out", camera.zoomOut], ["Fit", "Show all", camera.fit]]) {
    const button = make("button", "small", text);
    button.type = "button";
    button.setAttribute("aria-label", label);
    button.addEventListener("click", deed);
    box.append(button);
  }
  return box;
}

/** Have the keys of a picture steer its camera. */
export function steerByKeys(svg, camera) {
  const keys = { "+": camera.zoomIn, "=": camera.zoomIn, "-": camera.zoomOut, 0: camera.fit };
  svg.addEventListener("keydown", (event) => {
    if (event.key in ARROWS && event.target === svg) camera.pan(...ARROWS[event.key]);
    else if (event.key in keys) keys[event.key]();
    else return;
    event.preventDefault();
  });
}

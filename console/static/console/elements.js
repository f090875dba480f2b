// How elements are made: text is never markup.

const SVG = "http://www.w3.org/2000/svg";

/** Return an element with a class and a text. */
export function make(tag, name = "", text = null) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (text !== null) element.textContent = text;
  return element;
}

/** Return an SVG element with attributes. */
export function drawn(tag, attributes = {}) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

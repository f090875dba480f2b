// How much of a text there is room for. Letters differ in width, so that counting them is not enough.

const pen = document.createElement("canvas").getContext("2d");
const family = getComputedStyle(document.documentElement).getPropertyValue("--text");

/** Return what cuts texts of a font, such as `550 14px`, to so many pixels. */
export function cutter(font, room) {
  const wide = (text) => {
    pen.font = `${font} ${family}`;
    return pen.measureText(text).width > room;
  };
  return (text) => {
    if (!wide(text)) return text;
    const letters = [...text].slice(0, room); // none is narrower than a pixel
    let [fits, last] = [0, letters.length];
    while (fits < last) {
      const half = Math.ceil((fits + last) / 2);
      if (wide(`${letters.slice(0, half).join("")}…`)) last = half - 1;
      else fits = half;
    }
    return `${letters.slice(0, fits).join("").trimEnd()}…`;
  };
}

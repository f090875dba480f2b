// Output of programs as text: escape codes for colours become classes, all others are dropped.

const CODE = /\x1b\[([0-9;:]*)m|\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][\s\S]*?(?:\x07|\x1b\\|$)|\x1b[ -/]*[0-~]|\x9b[0-?]*[ -/]*[@-~]/g;
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;
const COLOURS = 8;

/** Split a line into `[text, classes]`; `style` is kept from one line to the next. */
export function pieces(line, style) {
  const found = [];
  let at = 0;
  for (const code of line.matchAll(CODE)) {
    push(found, line.slice(at, code.index), style);
    if (code[1] !== undefined) apply(code[1], style);
    at = code.index + code[0].length;
  }
  push(found, line.slice(at), style);
  return found;
}

export function plain() {
  return { colour: null, bold: false, faint: false, under: false };
}

function push(found, text, style) {
  const kept = text.replace(CONTROL, "");
  if (kept) found.push([kept, classes(style)]);
}

function classes({ colour, bold, faint, under }) {
  return [colour === null ? "" : `ansi-${colour}`, bold ? "ansi-bold" : "", faint ? "ansi-faint" : "", under ? "ansi-under" : ""]
    .filter(Boolean)
    .join(" ");
}

function apply(told, style) {
  const numbers = told.split(/[;:]/).map(Number);
  for (let place = 0; place < numbers.length; place += 1) {
    const number = numbers[place];
    if (number === 0) Object.assign(style, plain());
    else if (number === 1) style.bold = true;
    else if (number === 2) style.faint = true;
    else if (number === 4) style.under = true;
    else if (number === 22) style.bold = style.faint = false;
    else if (number === 24) style.under = false;
    else if (number === 39) style.colour = null;
    else if (number >= 30 && number <= 37) style.colour = number - 30;
    else if (number >= 90 && number <= 97) style.colour = number - 90;
    else if (number === 38 || number === 48) {
      const palette = numbers[place + 1] === 5; // of 256 colours the first sixteen have names; the others are dropped
      if (palette && number === 38) style.colour = numbers[place + 2] < 2 * COLOURS ? numbers[place + 2] % COLOURS : null;
      place += palette ? 2 : 4;
    }
  }
}

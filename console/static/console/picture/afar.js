// What a picture shows from afar: thousands of tasks and edges as a few paths.

const WINDING = 2000; // edges up to which they wind from afar, too
const PART = /([MHC])([-\d. ]+)/g;

/** Return boxes of one size as a path, crossed out if they are to be told by more than a colour. */
export function boxes(places, [width, height], crossed = false) {
  const cross = crossed ? `l${width} ${height}m0 -${height}l-${width} ${height}` : "";
  let path = "";
  for (const { x, y } of places) {
    path += `M${x} ${y}h${width}v${height}h-${width}z`;
    if (crossed) path += `M${x} ${y}${cross}`;
  }
  return path;
}

/** Return edges as a path, straight where there are many. */
export function lines(edges) {
  if (edges.length <= WINDING) return edges.map((edge) => edge.path).join("");
  return edges.map(({ span }) => `M${span.start.join(" ")}L${span.end.join(" ")}`).join("");
}

/** Return what the path of an edge spans, and where it starts and ends; it is made of M, H, and C whose bends are level. */
export function spanOf(path) {
  let start = null;
  let [x, y] = [0, 0];
  let [top, bottom] = [Infinity, -Infinity];
  for (const [, kind, text] of path.matchAll(PART)) {
    const numbers = text.split(" ").map(Number);
    if (kind === "H") [x] = numbers;
    else [x, y] = numbers.slice(-2);
    start ??= [x, y];
    [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
  }
  return { start, end: [x, y], x: Math.min(start[0], x), y: top, width: Math.abs(x - start[0]), height: bottom - top };
}

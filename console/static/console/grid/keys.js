// One cell of the grid can be reached by Tab; the arrow keys lead from there, and beyond the edge to other pages.

const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

export class Keys {
  /** `beyond(id, to)` turns to another page by its link, and tells whether there is such; `to` is where it is entered. */
  constructor(drawing, beyond) {
    this.drawing = drawing;
    this.beyond = beyond;
    this.row = 0;
    this.column = drawing.runs.length - 1;
    drawing.drawn = () => this.mark();
    drawing.scroller.addEventListener("keydown", (event) => this.press(event));
    drawing.scroller.addEventListener("focusin", (event) => {
      const place = drawing.placeOf(event.target);
      if (place) this.take(...place);
    });
    this.mark();
  }

  take(row, column) {
    [this.row, this.column] = [row, column];
    this.mark();
  }

  /** Let Tab lead to the present cell; or to what is drawn nearest to it, while it is scrolled away. */
  mark() {
    const { drawing } = this;
    const shown = [...drawing.shown.keys()];
    const row = this.row < 0 || drawing.shown.has(this.row) ? this.row : Math.min(...shown);
    const next = drawing.at(row, this.column);
    if (this.marked && this.marked !== next) this.marked.tabIndex = -1;
    if (next) next.tabIndex = 0;
    this.marked = next;
  }

  go(row, column) {
    this.take(row, column);
    this.drawing.reveal(row);
    this.mark();
    const cell = this.drawing.at(row, column);
    cell.focus({ preventScroll: true });
    cell.closest("td, th").scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  press(event) {
    if (event.altKey || event.metaKey) return;
    const last = { row: this.drawing.rows.length - 1, column: this.drawing.runs.length - 1 };
    const to = this.target(event, last);
    if (!to) return;
    event.preventDefault();
    const [row, column] = to;
    if (column < 0) this.beyond("older", { row: this.row, column: "last" });
    else if (column > last.column) this.beyond("newer", { row: this.row, column: "first" });
    else if (row > last.row) this.beyond("lower", { row: 0, column: this.column });
    else if (row < 0 && this.row >= 0 && this.beyond("upper", { row: "last", column: this.column })) return;
    else if (row >= -1) this.go(row, column);
  }

  target({ key, ctrlKey }, last) {
    const step = STEPS[key];
    if (step && !ctrlKey) return [this.row + step[0], this.column + step[1]];
    const screen = Math.max(1, Math.floor((this.drawing.scroller.clientHeight - this.drawing.head) / this.drawing.height) - 1);
    switch (key) {
      case "Home":
        return [ctrlKey ? 0 : this.row, 0];
      case "End":
        return [ctrlKey ? last.row : this.row, last.column];
      case "PageUp":
        return [Math.max(0, this.row - screen), this.column];
      case "PageDown":
        return [Math.min(last.row, this.row + screen), this.column];
      default:
        return null;
    }
  }
}

// What a picture shows close by: an element for each thing in view, and for no other.

/** Tell whether two boxes have a point in common. */
export function meets(one, other) {
  return (
    one.x + one.width >= other.x &&
    one.x <= other.x + other.width &&
    one.y + one.height >= other.y &&
    one.y <= other.y + other.height
  );
}

/** The elements of a layer: `build(thing)` makes one, `fill(element, thing)` has it tell what is. */
export class Near {
  #elements = new Map();

  constructor(layer, build, fill) {
    Object.assign(this, { layer, build, fill });
  }

  /** Have elements of these things; of the others that alone which has the focus, if its thing is still `there`. */
  show(things, there = () => true) {
    const shown = new Set(things);
    const focused = document.activeElement;
    for (const [thing, element] of this.#elements) {
      if (shown.has(thing)) continue;
      if (element.contains(focused) && there(thing)) shown.add(thing);
      else this.#drop(thing, element);
    }
    for (const thing of shown) this.put(thing);
  }

  /** Return the element of a thing, which is made if it has none. */
  put(thing) {
    let element = this.#elements.get(thing);
    if (!element) {
      element = this.build(thing);
      this.#elements.set(thing, element);
      this.layer.append(element);
    }
    this.fill(element, thing);
    return element;
  }

  #drop(thing, element) {
    this.#elements.delete(thing);
    element.remove();
  }
}

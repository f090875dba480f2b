// When something is painted: once a frame, however often it is asked for.

/** Return what has `paint` called as soon as the browser paints, once for all that have asked until then. */
export function perFrame(paint) {
  let waiting = 0;
  return () => {
    waiting ||= requestAnimationFrame(() => {
      waiting = 0;
      paint();
    });
  };
}

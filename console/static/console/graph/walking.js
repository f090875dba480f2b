// Which task an arrow leads to: the nearest one in that direction, as it is drawn.

const ASIDE = 3; // what is off the direction counts this many times

export function neighbour(tasks, picture, from, x, y) {
  if (from === null) return tasks.length ? tasks[0].id : null;
  const here = picture.boxOf(from);
  let best = null;
  let least = Infinity;
  for (const { id } of tasks) {
    const there = picture.boxOf(id);
    const along = (there.x - here.x) * x + (there.y - here.y) * y;
    const aside = Math.abs((there.x - here.x) * y) + Math.abs((there.y - here.y) * x);
    const away = along + ASIDE * aside;
    if (id !== from && along > 0 && away < least) [best, least] = [id, away];
  }
  return best;
}

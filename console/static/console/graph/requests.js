// What the editor asks of the service, and what its refusals are about.

const PATH = /^(tasks|edges)\[(\d+)\]\.(\w+)[^:]*: ([\s\S]*)$/;

/** Ask; return `{status, body}`, with status 0 where the service does not answer. */
export async function ask(method, url, body, { token, signal, key } = {}) {
  const headers = { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token };
  if (key) headers["Idempotency-Key"] = key;
  try {
    const answer = await fetch(url, { method, headers, signal, body: JSON.stringify(body), redirect: "error" });
    return { status: answer.status, body: readJSON(await answer.text()) };
  } catch (error) {
    if (error.name === "AbortError") throw error;
    return { status: 0, body: {} };
  }
}

function readJSON(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {}; // a page: the status says enough
  }
}

/**
 * Return the faults that a refusal tells: `{part, index, field, text}`, where part is "graph", "tasks" or "edges".
 * What is about no field has none.
 */
export function faultsOf({ status, body }) {
  if (status === 0) return [{ part: "graph", text: "The service does not answer. Your changes are kept in this tab." }];
  if (status === 401 || (status === 403 && !body.code)) {
    return [{ part: "graph", text: "You are not logged in any more. Your changes are kept in this tab." }];
  }
  if (typeof body.detail === "string") return [{ part: "graph", text: body.detail }];
  const faults = [];
  for (const [name, messages] of Object.entries(body)) {
    if (!Array.isArray(messages) || name === "cycle") continue;
    for (const message of messages) faults.push(faultOf(name, String(message)));
  }
  return faults.length ? faults : [{ part: "graph", text: `The service refused it (${status}).` }];
}

function faultOf(name, message) {
  const place = PATH.exec(message);
  if (place) return { part: place[1], index: Number(place[2]), field: place[3], text: place[4] };
  const own = name !== "tasks" && name !== "edges";
  return { part: "graph", field: own ? name : undefined, text: message };
}

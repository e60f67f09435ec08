// The way to the simulator: readings, acts, and the stream of what happens.

export class Refusal extends Error {}

async function answered(response) {
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refusal(body.error ?? response.statusText);
  return body;
}

export const read = (name, query = {}) => fetch("/api/" + name + "?" + new URLSearchParams(query)).then(answered);

export const act = (name, body) =>
  fetch("/api/" + name, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }).then(answered);

// send posts one message, or several as an album; files belong to them in order.
export function send(posts, files = []) {
  if (!files.length) return act("send", posts);
  const form = new FormData();
  form.append("post", JSON.stringify(posts)); // must stand before the files
  for (const f of files) form.append("file", f, f.name);
  return fetch("/api/send", { method: "POST", body: form }).then(answered);
}

// follow calls on.change for each change; on.anew when what was read before may
// be old; on.state with whether the stream is up.
export function follow(on) {
  const stream = new EventSource("/api/events");
  stream.addEventListener("open", () => { on.state(true); on.anew(); });
  stream.addEventListener("change", (e) => on.change(JSON.parse(e.data)));
  stream.addEventListener("lost", () => on.anew());
  stream.addEventListener("error", () => on.state(false));
}

// The network's own ids are printed in file addresses; the page serves them under /file/.
export const fileAddress = (file) => "/file/" + encodeURIComponent(file.key);

"use strict";

const MOST_ANSWERS = 5;
const known = { email: "ada@example.com", id: "1", bucket: "photos", export: "1" };
const at = (id) => document.getElementById(id);
let source, server = null, latest = null, paused = false, isLost = false;

const fill = (template) => template.replace(/\{(\w+)\}/g, (_, name) => known[name]);
const random = () => Array.from(crypto.getRandomValues(new Uint8Array(5)), (b) => b.toString(16).padStart(2, "0")).join("");

function show(update) {
  at("picture").innerHTML = update.svg; // made by the server, which escapes what it is told
  at("picture").setAttribute("aria-label", update.words);
  at("words").textContent = update.words;
}

function listen(after) {
  let isFirst = true; // after "Clear", even while it pauses
  source?.close();
  source = new EventSource(`/lifetimes/events?after=${after}`);
  source.onopen = () => say(false);
  source.onerror = () => say(true);
  source.onmessage = (message) => {
    latest = JSON.parse(message.data);
    server ??= latest.recording;
    if (latest.recording !== server) return location.reload(); // another one, of any step
    if (!paused || isFirst) show(latest);
    isFirst = false;
  };
}

function say(lost = isLost) {
  isLost = lost;
  const connection = lost ? "The connection is lost. Is the server still running?" : "Live";
  at("state").textContent = paused ? `${connection}, paused` : connection;
  at("state").classList.toggle("lost", lost);
}

function answer(text) {
  const item = document.createElement("li");
  item.className = "waiting";
  item.textContent = text;
  at("answers").prepend(item);
  while (at("answers").children.length > MOST_ANSWERS) at("answers").lastChild.remove();
  return (outcome, failed) => {
    item.className = failed ? "failed" : "";
    item.textContent = `${text}: ${outcome}`;
  };
}

const reasonOf = (body) => {
  const words = body?.detail ?? body?.state;
  return typeof words === "string" ? `, ${words}` : "";
};

async function send({ method, path, body, fresh }) {
  if (fresh && body.includes("{email}")) known.email = `reader-${random()}@example.com`;
  if (fresh && body.includes("{bucket}")) known.bucket = `bucket-${random()}`;
  const url = fill(path), headers = { "X-API-Key": at("key").value };
  const done = answer(`${method} ${url}`);
  if (body) headers["Content-Type"] = "application/json";
  try {
    const response = await fetch(url, { method, headers, body: body ? fill(body) : undefined });
    const content = await response.json().catch(() => null);
    if (response.ok && content?.email) known.id = String(content.id);
    if (response.ok && content?.state) known.export = String(content.id);
    done(`${response.status}${reasonOf(content)}`, !response.ok);
  } catch {
    done("no answer", true);
  }
}

at("calls").addEventListener("click", ({ target }) => {
  if (target.dataset.path) send({ ...target.dataset, fresh: "fresh" in target.dataset });
});
at("five").addEventListener("click", () => {
  const signUp = document.querySelector("[data-fresh][data-path='/users']").dataset;
  for (let count = 0; count < 5; count++) send({ ...signUp, fresh: true });
});
at("pause").addEventListener("click", () => {
  paused = !paused;
  at("pause").setAttribute("aria-pressed", String(paused));
  at("pause").textContent = paused ? "Go on" : "Pause";
  say();
  if (!paused && latest) show(latest);
});
at("clear").addEventListener("click", () => listen(latest ? latest.moment : 0));

listen(0);

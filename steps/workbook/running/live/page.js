"use strict";

const isDouble = document.body.classList.contains("double");
const MOST_ANSWERS = 12, ROW = 26, EDGES = 40, FEWEST_ROWS = matchMedia("(max-width: 60rem)").matches ? 16 : 8; // of a picture
const REST = isDouble ? 270 : 180, NAMES = 115; // pixels below a picture, and beside it
const known = { email: "ada@example.com", id: "1", bucket: "photos", export: "1" };
const at = (id) => document.getElementById(id);
const sections = [...document.querySelectorAll(".lifetimes-of")];
const views = sections.map(newView), own = views.findIndex(({ root }) => !root); // the step that serves the page
const steps = sections.map((section) => section.querySelector(".name").textContent.split(":")[0].toLowerCase());
let latest = null, paused = false, picked = null;

const fill = (template) => template.replace(/\{(\w+)\}/g, (_, name) => known[name]);
const random = () => Array.from(crypto.getRandomValues(new Uint8Array(5)), (b) => b.toString(16).padStart(2, "0")).join("");

function newView(section) {
  const part = (name) => section.querySelector(name), view = { server: null, latest: null, isLost: false };
  let source;
  const show = (update) => {
    part(".picture").innerHTML = update.svg; // made by the server, which escapes what it is told
    part(".names").replaceChildren(...update.names.map((name) => {
      const item = document.createElement("li");
      item.textContent = name;
      return item;
    }));
    const hasRequests = Boolean(part(".picture [data-request]"));
    section.classList.toggle("empty", !update.names.length);
    if (hasRequests) {
      document.body.classList.remove("untouched");
      document.querySelector(".first").hidden = true;
    }
    part(".picture").setAttribute("aria-label", update.words);
    part(".words").textContent = update.words;
    part(".opened").textContent = update.opened;
    part(".missing").textContent = update.missing;
    part(".open-now").textContent = update.open_now;
    part(".scrolled").scrollTo(part(".scrolled").scrollWidth, part(".scrolled").scrollHeight); // to the newest
    view.marks = update.marks;
    view.notes = update.notes;
    explain();
    pick(picked);
  };
  view.root = section.dataset.root;
  view.catchUp = () => view.latest && show(view.latest);
  view.listen = (after, evenPaused = false) => {
    const picture = part(".scrolled");
    const top = section.getBoundingClientRect().top + window.scrollY + (isDouble ? 60 : 0);
    const rows = Math.max(Math.floor((window.innerHeight - top - REST - EDGES) / ROW), FEWEST_ROWS);
    const width = Math.max(section.clientWidth - NAMES - 2, 200);
    picture.style.maxHeight = `${rows * ROW + EDGES}px`;
    source?.close();
    source = new EventSource(`${view.root}/lifetimes/events?after=${after}&width=${width}&rows=${rows}`);
    source.onopen = () => { view.isLost = false; say(); };
    source.onerror = () => { view.isLost = true; say(); };
    source.onmessage = (message) => {
      view.latest = latest = JSON.parse(message.data);
      view.after = after;
      view.server ??= view.latest.recording;
      if (view.latest.recording !== view.server) return location.reload(); // another one, of any step
      if (!paused || evenPaused) show(view.latest);
      evenPaused = false;
    };
  };
  return view;
}

function explain() {
  const marks = new Set(views.flatMap((view) => view.marks ?? []));
  for (const sign of document.querySelectorAll("#legend [data-mark]")) sign.hidden = !marks.has(sign.dataset.mark);
  const notes = new Set(views.flatMap((view) => view.notes ?? []));
  for (const note of document.querySelectorAll("#legend [data-note]")) note.hidden = !notes.has(note.dataset.note);
}

function say() {
  const lost = views[own].isLost;
  views.forEach(({ isLost }, index) => {
    const isGone = isLost && !lost;
    sections[index].querySelector(".gone").textContent = isGone ? "This step does not answer any more." : "";
  });
  const connection = lost ? "The connection is lost. Is the server still running?" : "Live";
  at("state").textContent = paused ? `${connection}, paused` : connection;
  at("state").classList.toggle("lost", lost);
}

function pick(numbers) { // the request of each view that stays bright
  picked = numbers;
  views.forEach((view, index) => {
    const number = numbers?.[index];
    for (const part of sections[index].querySelectorAll(".picture [data-request]")) {
      part.classList.toggle("dim", Boolean(number) && part.dataset.request !== number);
    }
  });
}

function answer(text) {
  const item = document.createElement("li");
  item.className = "waiting";
  item.textContent = text;
  item.tabIndex = 0;
  document.querySelector(".first").hidden = true; // even where the picture pauses
  at("answers").prepend(item);
  while (at("answers").children.length > MOST_ANSWERS) at("answers").lastChild.remove();
  return (outcomes) => {
    const numbers = outcomes.map(({ number }) => number);
    item.className = outcomes.some(({ failed }) => failed) ? "failed" : "";
    const { number, status, reason } = outcomes[own], second = outcomes.find((_, index) => index !== own);
    const who = number ? `r${number} ` : "";
    if (!second) item.textContent = `${who}${text} ${status}${reason}`;
    else if (status === second.status) item.textContent = `${who}${text} ${status} in both${reason}`;
    else item.textContent = `${who}${text} ${outcomes.map((each, index) => `${steps[index]}: ${each.status}${each.reason}`).join("; ")}`;
    tell(item.textContent);
    for (const event of ["mouseenter", "focus"]) item.addEventListener(event, () => pick(numbers));
    for (const event of ["mouseleave", "blur"]) item.addEventListener(event, () => pick(null));
  };
}

function tell(text) { // those who hear the page: once, when it is answered
  at("said").append(Object.assign(document.createElement("p"), { textContent: text }));
  while (at("said").children.length > MOST_ANSWERS) at("said").firstChild.remove();
}

const reasonOf = (body) => {
  const words = body?.detail ?? body?.state;
  return typeof words === "string" ? `: ${words}` : "";
};

async function ask(root, url, options) {
  try {
    const response = await fetch(root + url, options), content = await response.json().catch(() => null);
    const number = response.headers.get("X-Request-Number")?.split(", ").at(-1); // the app may have one, too
    return { number, status: String(response.status), reason: reasonOf(content), failed: !response.ok, content };
  } catch {
    return { number: null, status: "no answer", reason: "", failed: true, content: null };
  }
}

async function send({ method, path, body, fresh }) {
  if (fresh && body.includes("{email}")) known.email = `reader-${random()}@example.com`;
  if (fresh && body.includes("{bucket}")) known.bucket = `bucket-${random()}`;
  const url = fill(path), headers = { "X-API-Key": at("key").value };
  const done = answer(`${method} ${url}`);
  if (body) headers["Content-Type"] = "application/json";
  const options = { method, headers, body: body ? fill(body) : undefined };
  const outcomes = await Promise.all(views.map(({ root }) => ask(root, url, options)));
  const { content, failed } = outcomes[own];
  if (!failed && content?.email) known.id = String(content.id);
  if (!failed && content?.state) known.export = String(content.id);
  done(outcomes);
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
  at("pause").textContent = paused ? "Go on" : "Pause";
  say();
  if (!paused) views.forEach((view) => view.catchUp());
});
at("clear").addEventListener("click", () => views.forEach((view) => view.listen(view.latest ? view.latest.moment : 0, true)));

at("settings").addEventListener("submit", (event) => event.preventDefault());

let resized;
addEventListener("resize", () => {
  clearTimeout(resized);
  resized = setTimeout(() => views.forEach((view) => view.listen(view.after ?? 0)), 200);
});
document.body.classList.add("untouched");
explain();
views.forEach((view) => view.listen(0));

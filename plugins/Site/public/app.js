import { LiveSocket } from "./live-socket.js";

const find = (id) => document.getElementById(id);

// The adding machine

/** JavaScript's numbers lose digits beyond 53 bits, so integers stay text both ways. */
function sumBody(a, b) {
  const [x, y] = [a, b].map((text) => text.trim().replace(/^\+/, ""));
  for (const [field, text] of [["sum-a", x], ["sum-b", y]]) {
    if (!/^-?\d+$/.test(text)) throw new InputError(field, "Both fields need a whole number, like 42 or -7.");
  }
  return `{"a":${BigInt(x)},"b":${BigInt(y)}}`;
}

const sumResult = (raw) => raw.match(/"res":(-?\d+)/)[1];
const concatBody = (a, b) => JSON.stringify({ a, b });
const concatResult = (raw) => JSON.parse(raw).data.res;

class InputError extends Error {
  constructor(field, message) {
    super(message);
    this.field = field;
  }
}

async function post(path, body) {
  let response, raw;
  try {
    response = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body });
    raw = await response.text();
  } catch {
    throw new Error("The gateway cannot be reached.");
  }
  if (response.ok) return raw;
  let message = response.statusText;
  try { message = JSON.parse(raw).error.message; } catch { /* no envelope: the status says what there is to say */ }
  throw new Error(`${response.status}: ${message}`);
}

function connectForm(name, path, makeBody, readResult) {
  const [form, a, b, result] = ["form", "a", "b", "result"].map((part) => find(`${name}-${part}`));
  const button = form.querySelector("button");
  const show = (state, text) => {
    result.dataset.state = state;
    result.textContent = text;
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.ariaDisabled === "true") return;
    for (const input of [a, b]) input.removeAttribute("aria-invalid");
    button.ariaDisabled = "true";
    try {
      const body = makeBody(a.value, b.value);
      light("add");
      const text = readResult(await post(path, body));
      if (text === "") show("idle", "The empty text");
      else show("ok", text);
    } catch (error) {
      show("error", error.message);
      if (error instanceof InputError) {
        find(error.field).setAttribute("aria-invalid", "true");
        find(error.field).focus();
      }
    }
    button.ariaDisabled = "false";
  });
}

connectForm("sum", "/api/add/sum", sumBody, sumResult);
connectForm("concat", "/api/add/concat", concatBody, concatResult);

// What arrives

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium", hourCycle: "h23" });

/** Puts a line at one end of a list and drops lines beyond 200 at the other. */
function addLine(list, text, newestFirst) {
  const item = document.createElement("li");
  const time = document.createElement("time");
  const what = document.createElement("span");
  const now = new Date();
  time.dateTime = now.toISOString();
  time.textContent = clock.format(now);
  what.className = text === "" ? "what note" : "what";
  what.textContent = text === "" ? "(empty)" : text;
  item.className = "fresh";
  item.append(time, what);
  const follows = newestFirst || list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  if (newestFirst) list.prepend(item); else list.append(item);
  while (list.children.length > 200) (newestFirst ? list.lastChild : list.firstChild).remove();
  if (!newestFirst && follows) list.scrollTop = list.scrollHeight;
}

function showState(element) {
  return (state, wait) => {
    element.dataset.state = state;
    const seconds = Math.ceil(wait / 1000);
    element.textContent = { connecting: "connecting", open: "live", closed: `lost, next try in ${seconds} s` }[state];
  };
}

function connectList(name, path, newestFirst) {
  const list = find(name);
  return new LiveSocket(path, (text) => {
    light("ws");
    addLine(list, text, newestFirst);
  }, showState(find(`${name}-state`)));
}

connectList("feed", "/ws/add", true);
const room = connectList("room", "/ws/room", false);

find("room-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const input = find("room-text");
  // What is said comes back over the socket; a line that could not be sent stays in the field.
  if (input.value !== "" && room.send(input.value)) input.value = "";
  input.focus();
});

// The drawing

const timers = {};

/** Lights a track for a moment: something went down it. */
function light(track) {
  const rail = find(`track-${track}`);
  rail.classList.add("lit");
  clearTimeout(timers[track]);
  timers[track] = setTimeout(() => rail.classList.remove("lit"), 700);
}

light("site");
find("shell-example").textContent = `curl -X POST ${location.origin}/api/add/sum -d '{"a":1,"b":2}'`;

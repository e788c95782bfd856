import { LiveSocket } from "./live-socket.js";

const find = (id) => document.getElementById(id);
const room = "lobby";
const base = `/ws/live/${room}`;
const list = find("talk");
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium", hourCycle: "h23" });

/** The place of the last message that was shown: what comes back begins behind it. */
let last = null;

// What is said

function addLine(time, text, { place = "", note = false } = {}) {
  const item = document.createElement("li");
  const when = document.createElement("time");
  const what = document.createElement("span");
  when.dateTime = time.toISOString();
  when.textContent = clock.format(time);
  what.className = note ? "what note" : "what";
  what.textContent = text;
  item.className = "fresh";
  if (place) item.dataset.id = place;
  item.append(when, what);
  const follows = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  list.append(item);
  while (list.children.length > 500) list.firstChild.remove();
  if (follows) list.scrollTop = list.scrollHeight;
}

const note = (text) => addLine(new Date(), text, { note: true });

/** One envelope of the gateway: a message, or what it has to say of its own. */
function receive(text) {
  const event = JSON.parse(text);
  switch (event.type) {
  case "message":
    last = event.id;
    addLine(new Date(event.time), event.data ?? "(binary)", { place: event.id });
    break;
  case "live":
    last = event.id;
    break;
  case "gap":
    if (event.after) last = event.after;
    note("Some messages from before are not kept any more.");
    break;
  case "dropped":
    note(`This page was too slow and lost ${event.count} messages.`);
    break;
  case "bus":
    showBus(event.state === "up");
    break;
  }
}

function showBus(isUp) {
  find("bus").dataset.state = isUp ? "open" : "closed";
  find("bus").textContent = isUp ? "bus up" : "bus away";
}

const talk = new LiveSocket(
  () => last === null ? base : `${base}?since=${encodeURIComponent(last)}`,
  receive,
  (state, wait) => {
    find("talk-state").dataset.state = state;
    const away = wait ? `lost, next try in ${Math.ceil(wait / 1000)} s` : "asleep";
    find("talk-state").textContent = { connecting: "connecting", open: "live", closed: away }[state];
    if (state === "open") showBus(true);
  });

find("talk-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const input = find("talk-text");
  // What is said comes back over the socket; a line that could not be sent stays in the field.
  if (input.value !== "" && talk.send(input.value)) input.value = "";
  input.focus();
});

find("sleep").addEventListener("click", ({ target }) => {
  const sleeps = target.ariaPressed !== "true";
  target.ariaPressed = String(sleeps);
  target.textContent = sleeps ? "Wake" : "Sleep";
  if (sleeps) talk.sleep(); else talk.wake();
});

// Who is here

function showPeople(count) {
  find("people").dataset.state = "open";
  find("people").textContent = count === 1 ? "1 here" : `${count} here`;
}

async function countPeople() {
  try {
    const answer = await fetch(`${base}/presence`);
    if (answer.ok) showPeople((await answer.json()).count);
  } catch { /* the events say when it is worth asking again */ }
}

const people = new EventSource(`${base}/people`);
people.onopen = countPeople;
people.onmessage = ({ data }) => showPeople(JSON.parse(data).count);
people.addEventListener("bus", ({ data }) => { if (JSON.parse(data).state === "up") countPeople(); });
people.onerror = () => { find("people").dataset.state = "closed"; };

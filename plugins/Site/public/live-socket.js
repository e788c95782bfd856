/** A WebSocket that comes back by itself. */
export class LiveSocket {
  static #firstDelay = 500;
  static #longestDelay = 15_000;
  /** A connection that lasted this long was a good one: the next delay starts small again. */
  static #settled = 5_000;

  #socket = null;
  #timer = null;
  #failures = 0;
  #openedAt = 0;
  #sleeps = false;

  /**
   * @param {string | (() => string)} path on this page's host; a function is asked before each attempt
   * @param {(text: string) => void} onMessage called for each message; a binary one is described
   * @param {(state: "connecting" | "open" | "closed", wait: number) => void} onState `wait`: ms until the next attempt
   */
  constructor(path, onMessage, onState) {
    this.path = typeof path === "function" ? path : () => path;
    this.onMessage = onMessage;
    this.onState = onState;
    addEventListener("online", () => this.#hurry());
    addEventListener("pageshow", () => this.#hurry());
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.#hurry(); });
    this.#connect();
  }

  /** False if there is no connection to send on. */
  send(text) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(text);
    return true;
  }

  /** Stays away until `wake`. */
  sleep() {
    this.#sleeps = true;
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#socket?.close();
    if (!this.#socket) this.onState("closed", 0);
  }

  wake() {
    this.#sleeps = false;
    this.#failures = 0;
    if (!this.#socket) this.#connect();
  }

  #connect() {
    clearTimeout(this.#timer);
    this.#timer = null;
    this.onState("connecting", 0);
    const url = new URL(this.path(), location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.#openedAt = Date.now();
      this.onState("open", 0);
    };
    socket.onmessage = ({ data }) => {
      this.onMessage(typeof data === "string" ? data : `(${data.byteLength} bytes, binary)`);
    };
    socket.onclose = () => this.#lost();
    this.#socket = socket;
  }

  /** Waits twice as long after each failure, within bounds; a random part keeps many pages from coming back at once. */
  #lost() {
    this.#socket = null;
    if (this.#openedAt && Date.now() - this.#openedAt > LiveSocket.#settled) this.#failures = 0;
    this.#openedAt = 0;
    if (this.#sleeps) return this.onState("closed", 0);
    const ceiling = Math.min(LiveSocket.#longestDelay, LiveSocket.#firstDelay * 2 ** this.#failures);
    const wait = ceiling / 2 + Math.random() * ceiling / 2;
    this.#failures = Math.min(this.#failures + 1, 10);
    this.#timer = setTimeout(() => this.#connect(), wait);
    this.onState("closed", wait);
  }

  /** The network or the page is back: no reason to wait for the timer. */
  #hurry() {
    if (this.#timer !== null) this.#connect();
  }
}

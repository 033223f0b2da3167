// @ts-check
/**
 * Makes a page live that is complete without it: listens to `GET /live`, sets the figures that changed, fetches
 * the page again and swaps its `[data-live-region]` elements, shows at once that a form was sent, and helps with
 * pictures. It never computes a balance: every figure shown was sent by the server.
 *
 * @typedef {{ user_id: string, version: number,
 *   credits: { remaining: number, held: number, total: number, used: number, removed: number },
 *   trials: { remaining: number },
 *   remaining_uses: { try_on: number | null, video: number | null } }} Wallet
 * @typedef {{ id: string, tool: string, state: string, progress: number }} Job
 * @typedef {{ wallet?: Wallet, job?: Job, ask?: boolean, up?: boolean, lost?: boolean }} News
 */

const page = document.documentElement;
// Pages with a running job need not reload themselves: they are followed from here.
document.cookie = "script=on; path=/; samesite=lax";
const FINAL = ["succeeded", "failed", "cancelled"];
const SILENCE_MS = 40_000;
const BURST_MS = 50;

/** @param {string} selector @param {ParentNode} within */
const all = (selector, within = document) => /** @type {HTMLElement[]} */ ([...within.querySelectorAll(selector)]);
/** @param {string} selector @param {ParentNode} within */
const one = (selector, within = document) => /** @type {HTMLElement | null} */ (within.querySelector(selector));
/** @param {number} ms */
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
/** @param {number} n */
const spoken = (n) => new Intl.NumberFormat(page.lang).format(n);
/** Texts in the page's language, rendered by the server as `data-text-…`. @param {string} name */
const text = (name) => one("#toasts")?.getAttribute(`data-text-${name}`) ?? "";

// ---------------------------------------------------------------- figures

/** @type {Record<string, (wallet: Wallet) => number | null>} */
const FIGURES = {
  "credits-remaining": (w) => w.credits.remaining,
  "credits-total": (w) => w.credits.total,
  "credits-used": (w) => w.credits.used,
  "credits-held": (w) => w.credits.held,
  "trials-remaining": (w) => w.trials.remaining,
  "remaining-uses": (w) => w.remaining_uses.try_on,
  "remaining-uses-video": (w) => w.remaining_uses.video,
};

const shownVersion = () => Number(page.dataset.walletVersion ?? 0);
/** Everything on the page is at least as new as this version, the figures may be newer. */
const readAsOf = () => Number(page.dataset.asOf ?? 0);

/** The newest figures by name: value and words. @type {Map<string, [string, string]>} */
const figures = new Map();

function paint() {
  for (const element of all("[data-live][data-value]")) {
    const [value, words] = figures.get(element.getAttribute("data-live") ?? "") ?? [];
    if (value === undefined || words === undefined || element.getAttribute("data-value") === value) continue;
    element.setAttribute("data-value", value);
    element.textContent = words;
    element.removeAttribute("data-fresh");
    requestAnimationFrame(() => element.setAttribute("data-fresh", ""));
  }
}

/** @param {Wallet} wallet */
function showFigures(wallet) {
  page.dataset.walletVersion = String(wallet.version);
  for (const [name, read] of Object.entries(FIGURES)) {
    const n = read(wallet);
    figures.set(name, n === null ? ["unlimited", text("unlimited")] : [String(n), spoken(n)]);
  }
  paint();
}

/** The newest wallet heard of. @type {Wallet | undefined} */
let known;

/** @param {Wallet} wallet */
function onWallet(wallet) {
  if (page.dataset.user && wallet.user_id !== page.dataset.user) return location.reload();
  const before = known;
  if (!before || wallet.version > before.version) known = wallet;
  if (wallet.version > readAsOf()) refresh();
  if (wallet.version <= shownVersion()) return;
  showFigures(wallet);
  if (before && !one("main[data-quiet]")) tellOfChange(before, wallet);
}

/** Says what came, and what was taken off: a refund, a lapse, an operator. @param {Wallet} before @param {Wallet} now */
function tellOfChange(before, now) {
  const came = now.credits.total - before.credits.total;
  const went = now.credits.removed - before.credits.removed;
  /** @param {string} words @param {number} n */
  const filled = (words, n) => words.replace("{n}", spoken(n)).replace("{balance}", spoken(now.credits.remaining));
  if (came > 0) toast(filled(text("credited"), came));
  if (went > 0) toast(filled(text("taken"), went), one("#toasts")?.dataset.statementHref, text("see"));
}

// ---------------------------------------------------------------- jobs

/** @type {Set<string>} */
const ended = new Set();

const showsOpenJob = () =>
  all("[data-testid=job-state]").some((state) => !FINAL.includes(state.getAttribute("data-value") ?? ""));

/** @param {Job} job */
function onJob(job) {
  const final = FINAL.includes(job.state);
  if (ended.has(job.id)) return;
  let stale = false;
  for (const place of all(`[data-job-id="${CSS.escape(job.id)}"]`)) {
    for (const state of all("[data-testid=job-state]", place)) {
      if (state.getAttribute("data-value") === job.state) continue;
      state.setAttribute("data-value", job.state);
      state.textContent = text(`state-${job.state}`) || state.textContent;
      stale = true;
    }
    for (const bar of /** @type {HTMLProgressElement[]} */ (all("progress", place))) bar.value = job.progress;
    for (const value of all("[data-progress]", place)) value.textContent = spoken(job.progress);
  }
  if (final) {
    ended.add(job.id);
    if (!one(`main[data-job-id="${CSS.escape(job.id)}"]`)) {
      toast(text(`${job.tool}-${job.state}`), (one("#toasts")?.dataset.jobHref ?? "").replace("{id}", job.id), text("see"));
    }
  }
  if (final || stale) refresh();
}

// ---------------------------------------------------------------- the page, fetched again

/** Regions as the server sent them. @type {WeakMap<Element, string>} */
const sent = new WeakMap();
/** Regions that cannot be replaced yet. @type {Map<string, Element>} */
const waiting = new Map();
/** Fields the user has changed. @type {WeakSet<EventTarget>} */
const touched = new WeakSet();

/** One-time keys differ in each answer and are no change. @param {Element} region */
function essence(region) {
  const copy = /** @type {Element} */ (region.cloneNode(true));
  for (const key of all("input[name=key]", copy)) key.removeAttribute("value");
  return copy.outerHTML;
}

/** @param {string} name */
const region = (name) => one(`[data-live-region="${CSS.escape(name)}"]`);
/** @param {Element} within */
const typing = (within) =>
  within.contains(document.activeElement) &&
  document.activeElement?.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=file], [type=range])");
/** @param {Element} within */
const chosen = (within) =>
  all("input[type=file]", within).some((input) => /** @type {HTMLInputElement} */ (input).files?.length);
/** @param {Element} within */
const selected = (within) => {
  const selection = getSelection();
  return !!selection && !selection.isCollapsed && selection.containsNode(within, true);
};
/** @param {Element} within */
const busy = (within) =>
  typing(within) || chosen(within) || selected(within) ||
  one(":popover-open, dialog[open], [aria-busy=true]", within) !== null || within.matches("[aria-busy=true]");

/** A way to find the same element in the next copy of a region. @param {Element} element */
function address(element) {
  const quote = (/** @type {string} */ name) => `[${name}="${CSS.escape(element.getAttribute(name) ?? "")}"]`;
  if (element.id) return `#${CSS.escape(element.id)}`;
  const kind = element.localName;
  for (const name of ["href", "popovertarget", "formaction"]) if (element.hasAttribute(name)) return kind + quote(name);
  if (!element.hasAttribute("name")) return "";
  const choice = element.matches("button, [type=radio], [type=checkbox]") && element.hasAttribute("value");
  return kind + quote("name") + (choice ? quote("value") : "");
}

/** @param {Element} old @param {Element} next */
function carryOver(old, next) {
  for (const field of /** @type {HTMLInputElement[]} */ (all("input, select, textarea", old))) {
    const twin = touched.has(field) && address(field) && /** @type {HTMLInputElement | null} */ (one(address(field), next));
    if (!twin) continue;
    twin.value = field.value;
    if (field.matches("[type=radio], [type=checkbox]")) twin.checked = field.checked;
    touched.add(twin);
  }
  for (const open of all("details[id]", old)) one(address(open), next)?.toggleAttribute("open", open.hasAttribute("open"));
}

/** @param {Element} old @param {Element} next */
function swap(old, next) {
  const focus = old.contains(document.activeElement) && document.activeElement ? address(document.activeElement) : "";
  const scrolled = all("[id]", old).filter((e) => e.scrollTop || e.scrollLeft).map((e) => [e.id, e.scrollLeft, e.scrollTop]);
  const { scrollX, scrollY } = window;
  sent.set(next, essence(next));
  carryOver(old, next);
  old.replaceWith(next);
  for (const [id, left, top] of scrolled) document.getElementById(String(id))?.scrollTo(Number(left), Number(top));
  window.scrollTo({ left: scrollX, top: scrollY, behavior: "instant" });
  if (focus) one(focus, next)?.focus({ preventScroll: true });
}

function settleWaiting() {
  for (const [name, next] of waiting) {
    const old = region(name);
    if (old && busy(old)) continue;
    waiting.delete(name);
    if (old) swap(old, next);
  }
  paint();
}
const settleSoon = () => { if (waiting.size) setTimeout(settleWaiting); };
for (const event of ["focusout", "selectionchange", "change", "reset"]) document.addEventListener(event, settleSoon);
for (const event of ["toggle", "close"]) document.addEventListener(event, settleSoon, true);

/** @param {Document} next @param {boolean} renewKeys */
function takeOver(next, renewKeys) {
  const from = Number(next.documentElement.dataset.walletVersion ?? 0);
  // Somebody signed in or out in another tab: this page is no longer theirs.
  if (next.documentElement.dataset.user !== page.dataset.user) return location.reload();
  if (from < shownVersion()) return void setTimeout(refresh, 500);
  page.dataset.walletVersion = String(from);
  page.dataset.asOf = next.documentElement.dataset.asOf;
  document.title = next.title;
  const main = one("main"), nextMain = one("main", next);
  if (nextMain?.dataset.leaveAfter && !main?.dataset.leaveAfter) return location.reload();
  for (const figure of all("[data-live][data-value]", next)) {
    figures.set(figure.dataset.live ?? "", [figure.dataset.value ?? "", figure.textContent ?? ""]);
  }
  for (const old of all("[data-live-region]")) {
    const name = old.getAttribute("data-live-region") ?? "";
    const fresh = one(`[data-live-region="${CSS.escape(name)}"]`, next);
    if (!fresh || !old.isConnected) continue;
    waiting.delete(name);
    if (essence(fresh) === sent.get(old)) {
      if (renewKeys) all("input[name=key]", fresh).forEach((key, i) => {
        const mine = all("input[name=key]", old)[i];
        if (mine) /** @type {HTMLInputElement} */ (mine).value = /** @type {HTMLInputElement} */ (key).value;
      });
    } else if (busy(old)) waiting.set(name, fresh);
    else swap(old, document.adoptNode(fresh));
  }
  paint();
}

let planned = 0, fetching = false, again = false, renew = false;

/** Fetches this page once per burst of changes; one at a time. */
function refresh() {
  if (!planned) planned = window.setTimeout(readAgain, BURST_MS);
}

async function readAgain() {
  planned = 0;
  if (document.hidden || fetching) return void (again = true);
  fetching = true;
  again = false;
  const renewKeys = renew;
  renew = false;
  try {
    const here = location.href;
    const answer = await fetch(here, { headers: { Accept: "text/html", "X-Live": "1" }, cache: "no-store" });
    const next = new DOMParser().parseFromString(await answer.text(), "text/html");
    const same = here === location.href && new URL(answer.url).pathname === location.pathname;
    if (answer.ok && same) takeOver(next, renewKeys);
  } catch {
    // The connection is gone; the stream's return brings the next reading.
  }
  fetching = false;
  if (again) refresh();
}

// ---------------------------------------------------------------- the stream

let heardAt = Date.now(), alive = false, signedOut = false, failures = 0;
/** @type {AbortController | undefined} */
let life;
/** @type {BroadcastChannel | undefined} */
let tabs;
/** Ends a pause between two attempts. */
let hurry = () => {};

/** @param {News} news */
function hear(news) {
  heardAt = Date.now();
  const opens = news.up === true && !alive;
  if (news.up !== undefined) alive = news.up;
  // Nobody tells of a job that ended between the reading of this page and the opening of the stream.
  if (opens && showsOpenJob()) refresh();
  if (alive || news.lost) one("#offline")?.toggleAttribute("hidden", alive);
  if (news.wallet) onWallet(news.wallet);
  if (news.job) onJob(news.job);
  if (news.ask && alive) tabs?.postMessage({ up: true, wallet: known });
}

/** To this tab and the others. @param {News} news */
function tell(news) {
  tabs?.postMessage(news);
  hear(news);
}

/** @param {string} block */
function onBlock(block) {
  let name = "", data = "";
  for (const line of block.split("\n")) {
    if (line.startsWith("event:")) name = line.slice(6).trim();
    if (line.startsWith("data:")) data += line.slice(5).trim();
  }
  if (name === "credits") tell({ wallet: JSON.parse(data) });
  else if (name === "job") tell({ job: JSON.parse(data) });
  else tell({ up: true });
}

/** One connection, from open to end. @param {AbortSignal} signal */
async function listen(signal) {
  const stop = new AbortController();
  const end = () => stop.abort();
  signal.addEventListener("abort", end);
  let watch = setTimeout(end, SILENCE_MS);
  try {
    const answer = await fetch("/live", { headers: { Accept: "text/event-stream" }, cache: "no-store", signal: stop.signal });
    if (answer.status === 401) return void (signedOut = true);
    if (!answer.ok || !answer.body) return;
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    tell({ up: true });
    for (let rest = ""; ;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(watch);
      watch = setTimeout(end, SILENCE_MS);
      failures = 0;
      const blocks = (rest + value).replaceAll("\r\n", "\n").split("\n\n");
      rest = blocks.pop() ?? "";
      blocks.forEach(onBlock);
    }
  } finally {
    clearTimeout(watch);
    signal.removeEventListener("abort", end);
  }
}

/** @param {AbortSignal} signal */
async function listenForEver(signal) {
  while (!signal.aborted && !signedOut) {
    await listen(signal).catch(() => {});
    if (signal.aborted) return;
    tell({ up: false, lost: failures > 3 });
    if (signedOut) return tellSignedOut();
    const wait = Math.min(30_000, 400 * 2 ** failures++) * (0.5 + Math.random());
    await Promise.race([pause(wait), new Promise((done) => { hurry = () => done(undefined); })]);
    // Signing out ends the stream before the page: then there is nothing more to ask for.
    while (one("form[aria-busy]") && !signal.aborted) await pause(wait);
  }
}

function tellSignedOut() {
  toast(text("signed-out"), location.href, text("reload"));
  addEventListener("focus", () => { if (!one("main")?.matches(":has(:user-valid, :user-invalid)")) location.reload(); }, { once: true });
}

/** The tab that holds the lock listens for all tabs of this person. */
async function join() {
  if (page.dataset.live !== "on" || life) return;
  const mine = (life = new AbortController());
  const name = `atelier-live ${page.dataset.user ?? ""}`;
  if ("BroadcastChannel" in window) {
    tabs = new BroadcastChannel(name);
    tabs.onmessage = (message) => hear(message.data);
    tabs.postMessage({ ask: true });
  }
  if (!navigator.locks) return listenForEver(mine.signal);
  await navigator.locks.request(name, { signal: mine.signal }, () => listenForEver(mine.signal)).catch(() => {});
}

function leave() {
  life?.abort();
  tabs?.close();
  life = tabs = undefined;
  alive = false;
}

addEventListener("online", () => { one("#offline")?.setAttribute("hidden", ""); failures = 0; hurry(); refresh(); });
addEventListener("offline", () => one("#offline")?.removeAttribute("hidden"));
addEventListener("pagehide", leave);
addEventListener("pageshow", (event) => {
  if (event.persisted) {
    all("form[aria-busy]").forEach((form) => restore(/** @type {HTMLFormElement} */ (form)));
    renew = true;
    refresh();
  }
  showChosen();
  join();
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  hurry();
  if (again || (page.dataset.live === "on" && Date.now() - heardAt > SILENCE_MS)) refresh();
});

// ---------------------------------------------------------------- waiting and leaving (success page)

/**
 * "1,3,5" on main: asks again at these seconds, then shows what happens next. It asks beside the push as well:
 * credits that land are pushed, but a payment that fails changes no wallet.
 */
async function poll() {
  const seconds = one("main")?.dataset.poll?.split(",").map(Number) ?? [];
  let past = 0;
  for (const second of seconds) {
    await pause((second - past) * 1000);
    past = second;
    if (!one("main")?.dataset.poll) return;
    refresh();
  }
  await pause(1000);
  one("[data-poll-done]")?.removeAttribute("hidden");
}

/** The server's Refresh header leaves the page; this only counts. */
function countDown() {
  const place = one("[data-countdown]");
  let left = Number(one("main")?.dataset.leaveAfter);
  if (!place || !left) return;
  const tick = () => {
    place.textContent = (place.dataset.countdown ?? "").replace("{n}", spoken(left));
    if (left-- > 0) setTimeout(tick, 1000);
  };
  tick();
}

// ---------------------------------------------------------------- toasts

/** @param {string} words @param {string} href @param {string} label */
function toast(words, href = "", label = "") {
  const box = one("#toasts");
  if (!box || !words || document.hidden) return;
  const close = one("template", box);
  const line = document.createElement("div");
  line.className = "toast";
  line.append(Object.assign(document.createElement("span"), { textContent: words }));
  if (href) line.append(Object.assign(document.createElement("a"), { href, textContent: label }));
  if (close instanceof HTMLTemplateElement) line.append(close.content.cloneNode(true));
  one("button", line)?.addEventListener("click", () => line.remove());
  box.append(line);
  const end = () => line.matches(":hover, :focus-within") ? void setTimeout(end, 2000) : line.remove();
  setTimeout(end, 8000);
}

// ---------------------------------------------------------------- forms

/** @type {WeakMap<HTMLElement, Node[]>} */
const labels = new WeakMap();

/** @param {HTMLFormElement} form @param {HTMLElement | null} button */
function pending(form, button) {
  form.setAttribute("aria-busy", "true");
  if (button) {
    labels.set(button, [...button.childNodes]);
    button.setAttribute("aria-busy", "true");
    if (button.dataset.pending) button.replaceChildren(button.dataset.pending);
  }
  // After the event, so that the button's own name and value are sent.
  setTimeout(() => all("button:not([type=button])", form).forEach((b) => { /** @type {HTMLButtonElement} */ (b).disabled = true; }));
}

/** @param {HTMLFormElement} form */
function restore(form) {
  form.removeAttribute("aria-busy");
  // A hidden one keeps the Enter key from choosing a row.
  for (const button of /** @type {HTMLButtonElement[]} */ (all("button:not([hidden])", form))) {
    button.disabled = false;
    button.removeAttribute("aria-busy");
    const label = labels.get(button);
    if (label) button.replaceChildren(...label);
    labels.delete(button);
  }
  settleSoon();
}

document.addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.hasAttribute("aria-busy")) return event.preventDefault();
  const button = event.submitter ?? one("button:not([type=button])", form);
  if (form.dataset.confirm && !confirm(form.dataset.confirm)) return event.preventDefault();
  if (form.hasAttribute("data-upload")) {
    event.preventDefault();
    const wrong = one("input[type=file][aria-invalid=true]", form);
    if (wrong) return wrong.focus();
    const body = new FormData(form, event.submitter);
    pending(form, button);
    return upload(form, body);
  }
  pending(form, button);
  setTimeout(restore, 20_000, form);
});

document.addEventListener("input", (event) => {
  const field = /** @type {HTMLInputElement} */ (event.target);
  touched.add(field);
  const figure = /** @type {HTMLElement | null} */ (field.closest(".compare"));
  if (figure) figure.style.setProperty("--cut", `${field.value}%`);
  for (const output of all(`output[data-times][for="${CSS.escape(field.id)}"]`)) {
    const n = Number(field.value) * Number(output.getAttribute("data-times"));
    output.textContent = field.value && field.validity.valid ? spoken(n) : "–";
  }
});

// ---------------------------------------------------------------- pictures

/** @param {HTMLInputElement} input */
function checkPicture(input) {
  const file = input.files?.[0];
  const types = input.accept.split(",").map((type) => type.trim());
  let wrong = "";
  if (file && !types.includes(file.type)) wrong = input.dataset.wrongType ?? "";
  else if (file && file.size > Number(input.dataset.maxBytes ?? Infinity)) wrong = input.dataset.tooLarge ?? "";
  const message = document.getElementById(input.dataset.errorId ?? "");
  if (message) message.textContent = wrong;
  input.toggleAttribute("aria-invalid", false);
  if (wrong) input.setAttribute("aria-invalid", "true");
  return !wrong;
}

/** @param {Element} slot @param {string} source */
function preview(slot, source) {
  const image = /** @type {HTMLImageElement | null} */ (one("img", slot));
  if (!image) return;
  if (image.src.startsWith("blob:")) URL.revokeObjectURL(image.src);
  image.hidden = !source;
  if (source) image.src = source;
  else image.removeAttribute("src");
}

document.addEventListener("change", (event) => {
  const input = /** @type {HTMLInputElement} */ (event.target);
  const picker = input.closest("[data-picker]");
  const slot = picker && one("[data-drop]", picker);
  if (!picker || !slot || input.dataset.camera) return;
  if (input.type === "radio") {
    const file = /** @type {HTMLInputElement | null} */ (one("input[type=file]:not([data-camera])", picker));
    if (input.value && file) { file.value = ""; checkPicture(file); }
    const own = file?.files?.[0];
    preview(slot, input.value ? one("img", input.parentElement ?? picker)?.getAttribute("src") ?? "" : own ? URL.createObjectURL(own) : "");
  } else if (input.type === "file") {
    const file = input.files?.[0];
    const own = /** @type {HTMLInputElement | null} */ (one('input[type=radio][value=""]', picker));
    if (own) { own.checked = true; touched.add(own); }
    preview(slot, checkPicture(input) && file ? URL.createObjectURL(file) : "");
  }
});

/** A photo taken just now is as good as one that was chosen. */
document.addEventListener("change", (event) => {
  const camera = /** @type {HTMLInputElement} */ (event.target);
  const input = /** @type {HTMLInputElement | null} */ (camera.dataset.camera ? document.getElementById(camera.dataset.camera) : null);
  if (!input || !camera.files?.length) return;
  input.files = camera.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
});

for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
  document.addEventListener(name, (event) => {
    if (!one("[data-drop]")) return;
    // A file dropped beside its place must not open in the browser.
    event.preventDefault();
    const slot = event.target instanceof Element ? event.target.closest("[data-drop]") : null;
    all("[data-over]").forEach((element) => element.removeAttribute("data-over"));
    if (!slot) return;
    if (name === "dragenter" || name === "dragover") slot.setAttribute("data-over", "");
    const file = name === "drop" && /** @type {DragEvent} */ (event).dataTransfer?.files[0];
    const input = /** @type {HTMLInputElement | null} */ (one("input[type=file]", slot));
    if (!file || !input) return;
    const transfer = new DataTransfer();
    transfer.items.add(file);
    input.files = transfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

/** @param {HTMLFormElement} form @param {FormData} body */
function upload(form, body) {
  const request = new XMLHttpRequest();
  const bar = /** @type {HTMLProgressElement | null} */ (one("progress[data-upload-progress]", form));
  const failed = one("[data-upload-failed]", form);
  failed?.setAttribute("hidden", "");
  request.open("POST", form.action);
  request.setRequestHeader("Accept", "text/html");
  request.responseType = "document";
  request.upload.onprogress = (event) => {
    if (bar && event.lengthComputable) Object.assign(bar, { hidden: false, max: event.total, value: event.loaded });
  };
  const stop = () => {
    if (bar) bar.hidden = true;
    restore(form);
  };
  request.onerror = request.onabort = () => { stop(); failed?.removeAttribute("hidden"); };
  request.onload = () => {
    const main = request.response && one("main", request.response);
    if (request.status < 400) {
      return location.assign(request.responseURL);
    }
    if (!main) return request.onerror?.(new ProgressEvent("error"));
    answerInPlace(form, main);
    document.title = request.response.title;
  };
  request.send(body);
}

/** Shows the answer to a refused upload; files that were not the reason stay chosen. @param {HTMLFormElement} form @param {HTMLElement} main */
function answerInPlace(form, main) {
  const files = /** @type {HTMLInputElement[]} */ (all("input[type=file]:not([data-camera])", form)).map((input) => ({ id: input.id, files: input.files }));
  one("main")?.replaceWith(document.adoptNode(main));
  noteRegions();
  showChosen();
  for (const { id, files: list } of files) {
    const input = /** @type {HTMLInputElement | null} */ (document.getElementById(id));
    if (!input || !list?.length || input.ariaInvalid === "true") continue;
    input.files = list;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }
  const first = one("main [role=alert]:not(:empty)") ?? one("main [aria-invalid=true]") ?? one("main h1");
  if (first && first.tabIndex < 0) first.tabIndex = -1;
  first?.focus();
  first?.scrollIntoView({ block: "center" });
}

// ---------------------------------------------------------------- start

/** Browsers fill a form in again on the way back: what it holds is shown, or it would be sent unseen. */
function showChosen() {
  const say = (/** @type {Element} */ input) => input.dispatchEvent(new Event("change", { bubbles: true }));
  all("[data-picker] input[type=radio]:checked:not([value=''])").forEach(say);
  all("[data-picker] input[type=file]:not([data-camera])").filter((input) => /** @type {HTMLInputElement} */ (input).files?.length).forEach(say);
}
const noteRegions = () => all("[data-live-region]").forEach((element) => sent.set(element, essence(element)));

noteRegions();
if (!navigator.onLine) one("#offline")?.removeAttribute("hidden");
showChosen();
countDown();
poll();
join();

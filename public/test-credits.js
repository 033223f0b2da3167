// @ts-check
/** Makes the buttons of `/test-credits` work: each runs one call of the client and shows its answer as JSON. */

import { createAtelier } from "./atelier.js";

const SHOWN = 5;
const client = createAtelier();
/** The job that was started here last; before there is one, a name that no job has. */
let job = "none";

/** @param {string} name */
async function sample(name) {
  return (await fetch(new URL(`./samples/${name}`, import.meta.url))).blob();
}

/** @template T @param {AsyncIterable<T>} list */
async function newest(list) {
  const items = [];
  for await (const item of list) if (items.push(item) === SHOWN) break;
  return items;
}

/** The calls that are answered once. @type {Record<string, () => Promise<unknown>>} */
const CALLS = {
  credits: () => client.credits(),
  hasEnough: () => client.hasEnough("try_on"),
  deduct: () => client.deduct(1, "a test"),
  checkout: async () => client.checkout((await client.catalog()).packs[0]?.id ?? ""),
  tryOn: async () => {
    const [person, garment] = await Promise.all([sample("person-ada.jpg"), sample("garment-tee.png")]);
    const started = await client.tryOn({ person, garment });
    job = started.id;
    return started;
  },
  waitForJob: () => client.waitForJob(job),
  job: () => client.job(job),
  jobs: () => newest(client.jobs()),
  entries: () => newest(client.entries()),
  catalog: () => client.catalog(),
};

/** Those that go on until they are stopped. @type {Record<string, (show: (answer: unknown) => void) => () => void>} */
const STREAMS = {
  onCredits: (show) => client.onCredits(show),
  onState: (show) => {
    show(client.state);
    return client.onState(() => show(client.state));
  },
};

/** An error shows what a program reads of it. @param {string} _ @param {unknown} value */
const readable = (_, value) => value instanceof Error ? { ...value, name: value.name, message: value.message } : value;

/** @type {Map<string, () => void>} */
const running = new Map();

/** @param {HTMLButtonElement} button @param {HTMLOutputElement} output @param {string} name */
async function run(button, output, name) {
  const show = (/** @type {unknown} */ answer) => { output.textContent = JSON.stringify(answer, readable, 2); };
  const stream = STREAMS[name];
  if (stream) {
    running.get(name)?.();
    if (!running.delete(name)) running.set(name, stream(show));
    button.setAttribute("aria-pressed", String(running.has(name)));
    return;
  }
  button.setAttribute("aria-busy", "true");
  output.removeAttribute("data-failed");
  try {
    show(await CALLS[name]?.());
  } catch (error) {
    output.setAttribute("data-failed", "");
    show(error);
  }
  button.removeAttribute("aria-busy");
}

for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll("button[data-call]"))) {
  const name = button.dataset.call ?? "";
  const output = /** @type {HTMLOutputElement | null} */ (document.querySelector(`output[data-answer="${name}"]`));
  if (output) button.addEventListener("click", () => run(button, output, name));
}

// @ts-check
/** Makes the buttons of `/test-credits` work: each runs one call of the client and shows its answer as JSON. */

/** @typedef {import("./atelier.js").Atelier} Atelier */

const SHOWN = 5;
/** @type {Promise<Atelier> | undefined} */
let loaded;
/** The client, loaded when it is first needed: the figures of the page are there without it. */
const ready = () => (loaded ??= import("./atelier.js").then(({ createAtelier }) => createAtelier()));
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

/** The calls that are answered once. @type {Record<string, (client: Atelier) => Promise<unknown>>} */
const CALLS = {
  credits: (client) => client.credits(),
  hasEnough: (client) => client.hasEnough("try_on"),
  deduct: (client) => client.deduct(1, "a test"),
  checkout: async (client) => client.checkout((await client.catalog()).packs[0]?.id ?? ""),
  tryOn: async (client) => {
    const [person, garment] = await Promise.all([sample("person-ada.jpg"), sample("garment-tee.png")]);
    const started = await client.tryOn({ person, garment });
    job = started.id;
    return started;
  },
  waitForJob: (client) => client.waitForJob(job),
  job: (client) => client.job(job),
  jobs: (client) => newest(client.jobs()),
  entries: (client) => newest(client.entries()),
  catalog: (client) => client.catalog(),
};

/** Those that go on until they are stopped. @type {Record<string, (client: Atelier, show: (answer: unknown) => void) => () => void>} */
const STREAMS = {
  onCredits: (client, show) => client.onCredits(show),
  onState: (client, show) => {
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
  button.setAttribute("aria-busy", "true");
  output.removeAttribute("data-failed");
  try {
    const client = await ready();
    const stream = STREAMS[name];
    if (!stream) {
      show(await CALLS[name]?.(client));
    } else {
      running.get(name)?.();
      if (!running.delete(name)) running.set(name, stream(client, show));
      button.setAttribute("aria-pressed", String(running.has(name)));
    }
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

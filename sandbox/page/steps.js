/** The steps of the tour: what each is called, when it is done, and what it says while it is not. */
import { FAULT } from "./facts.js";

const KEYBOARD = matchMedia("(hover: hover)");
const COMMAND = "/drop deploy 0.5.0";
const RELEASE = {
  version: "0.5.0",
  commit: "4f9d2c7a1b",
  customers: "A new screen for recurring transfers.",
  risk: "Low: nothing changes in how money moves.",
  security: "None.",
  outcome: "Both machines run v0.5.0, with as few errors as before.",
};
const STATEMENT = "I went through it for this release, and it is as the line says.";

/**
 * `done(facts)` says whether the deed is done; `now(facts, find)` gives {text, at, help?}: words, the node that they are
 * about, and what can be done for the newcomer, {label, deed} with a deed of the tour and its arguments.
 */
export const STEPS = [
  {
    title: "Open a release",
    done: ({ card }) => Boolean(card),
    now: ({ view, me }, find) => {
      if (view)
        return form(
          "This is the form in Slack. Say what the release is, then press Open. Nothing moves yet.",
          RELEASE,
          find,
        );
      if (me !== "john") return become("john", "John opens releases.", find);
      return {
        text: "You are John, and this is Slack. Type /drop deploy 0.5.0 and press Enter.",
        at: find.composer(),
        help: { label: "Type it for me", deed: "write", with: COMMAND },
      };
    },
  },
  {
    title: "Speak for a line",
    done: ({ answered }) => answered,
    now: ({ view, thread, me }, find) => {
      if (view)
        return form(
          "Choose the lines that you speak for, and say what you saw. The record keeps your words.",
          attest,
          find,
        );
      if (!thread)
        return {
          text: "43 lines come before anything moves. Drop reads what it can; the lines are in the thread.",
          at: find.thread(),
        };
      if (me !== "john") return become("john", "The first cards wait for John.", find);
      if (!find.asks("attest"))
        return { text: "Drop reads what it can. Its cards come one by one…", at: find.replies() };
      return {
        text: "Where no check can tell, a person speaks for it. Press Attest below a card.",
        at: find.button("attest"),
      };
    },
  },
  {
    title: "The team answers",
    done: ({ ready, reached }) => ready || reached("awaiting approval"),
    now: (_, find) => ({
      text: "The numbers are what waits for each person. Become them and answer, or let them answer.",
      at: find.person(),
      help: { label: "Let them answer", deed: "answer" },
    }),
  },
  {
    title: "Ask for approval",
    done: ({ reached }) => reached("awaiting approval"),
    now: ({ me }, find) => {
      if (me !== "john") return become("john", "John asks.", find);
      return {
        text: "Every line is settled. Press Request approval: the plan is frozen, image, machines and way back.",
        at: find.button("submit"),
      };
    },
  },
  {
    title: "Approve it as the CEO",
    done: ({ reached }) => reached("approved"),
    now: ({ me }, find) => {
      if (me !== "alem") return become("alem", "Only Alem may sign, and nobody their own release.", find);
      return {
        text: "Press Approve. The signature holds for exactly this plan: change a line, and it is void.",
        at: find.button("approve"),
      };
    },
  },
  {
    title: "Start it",
    done: ({ reached }) => reached("deploying"),
    now: ({ me }, find) => {
      if (me !== "john") return become("john", "John is the deploy engineer.", find);
      return { text: "It is night in Oslo, and the window is open. Press Start deployment.", at: find.button("start") };
    },
  },
  {
    title: "Watch the machines",
    done: ({ rolledOut, back }) => rolledOut || back,
    now: (_, find) => ({
      text: "One machine at a time, by digest: the second moves only when the first is healthy.",
      at: find.machines(),
    }),
  },
  {
    title: "Break it",
    done: ({ broken, back }) => broken || back,
    now: (_, find) => ({
      text: "Production runs v0.5.0. Now switch this fault on, and the new version goes bad.",
      at: find.fault(FAULT),
    }),
  },
  {
    title: "Roll back",
    done: ({ back, old }) => back && old,
    now: ({ view, back }, find) => {
      if (view) return form("At night the reason can wait. Press the button.", {}, find);
      if (back) return { text: "The old version returns, machine by machine.", at: find.machines() };
      return {
        text: "One person is enough, at any hour, without an approval. Press Roll back.",
        at: find.button("rollback"),
      };
    },
  },
];

export const END = {
  title: "That was a release",
  now: (_, find) => ({
    text: "v0.4.2 runs again, and the record has it all. Kill the bot in the middle of the next one: it goes on. The tour is here.",
    at: find.itself(),
  }),
};

function become(key, why, find) {
  const [name, number] = { john: ["John", 1], alem: ["Alem", 2] }[key];
  const keys = KEYBOARD.matches ? `, or press Alt and ${number}` : "";
  return { text: `${why} Become ${name}: choose the name${keys}.`, at: find.person(key) };
}

function form(text, values, find) {
  const fills = typeof values === "function" || Object.keys(values).length > 0;
  return { text, at: find.modal(), help: fills ? { label: "Fill it in", deed: "fill", with: values } : undefined };
}

/** All lines that the form offers, and one statement for them. */
function attest({ id, all }) {
  return { items: all, words: STATEMENT }[id];
}

/** What is offered while a command is typed; the verbs are those of the app's manifest. */

const COMMAND = "/drop";
const ABOUT = "Carry a release through the checklist to production, or back";

/** Offers are {text, about?, eager?}; an eager one is taken by Enter, the others only by Tab or the arrows. */
export function suggestions(typed, verbs) {
  if (typed && COMMAND.startsWith(typed)) return [{ text: COMMAND, about: ABOUT, eager: typed !== COMMAND }];
  const verb = typed.match(/^\/drop +(\S*)$/)?.[1];
  if (verb === undefined || verbs.includes(verb)) return [];
  return verbs.filter((one) => one.startsWith(verb)).map((one) => ({ text: `${COMMAND} ${one}` }));
}

export function isCommand(text) {
  return /^\/[a-z]/.test(text);
}

/** What Slack offers while a command is typed, from the words of the app's manifest. */

const COMMAND = "/drop";
const ABOUT = "Carry a release through the checklist to production, or back";
const VERBS =
  "deploy status checklist check confirm attest submit approve reject start retry rollback abandon signoff window whoami help".split(
    " ",
  );

/** Offers are {text, about?, eager?}; an eager one is taken by Enter, the others only by Tab or the arrows. */
export function suggestions(typed) {
  if (typed && COMMAND.startsWith(typed)) return [{ text: COMMAND, about: ABOUT, eager: typed !== COMMAND }];
  const verb = typed.match(/^\/drop +(\S*)$/)?.[1];
  if (verb === undefined || VERBS.includes(verb)) return [];
  return VERBS.filter((one) => one.startsWith(verb)).map((one) => ({ text: `${COMMAND} ${one}` }));
}

export function isCommand(text) {
  return /^\/[a-z]/.test(text);
}

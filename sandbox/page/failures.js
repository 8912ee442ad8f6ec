/** What Slack's client says when a click, a submission or a command did not come through. */

const WORDS = {
  operation_timeout: "Drop did not answer within 3 seconds (operation_timeout). Nothing is lost if it did receive it.",
  dispatch_failed: "Drop is not connected, so nobody received this (dispatch_failed).",
  no_such_button: "This button is no longer there: the message has changed since. Look again.",
  sandbox_unreachable: "The sandbox cannot be reached.",
};

export function failure(error) {
  return WORDS[error] ?? `That did not work (${error ?? "unknown error"}).`;
}

export function commandFailure(command, error) {
  if (error === "sandbox_unreachable") return WORDS[error];
  return `${command} failed with the error “${error}”`;
}

/** The page's only door to the sandbox: the control API and its stream of changes. */

const FIRST_WAIT = 400;
const LONGEST_WAIT = 8000;

/** What the sandbox answers, as JSON; an unreachable sandbox is an answer too. */
export async function post(deed, body) {
  try {
    const answer = await fetch(`/control/${deed}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return await answer.json();
  } catch {
    return { ok: false, error: "sandbox_unreachable" };
  }
}

/** The state as the person `me` sees it, or null when the sandbox cannot be reached. */
export async function state(me) {
  try {
    const answer = await fetch(`/control/state?as=${encodeURIComponent(me)}`, { cache: "no-store" });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

/** Call `changed` on each change, and `link(wait)` with the milliseconds until the next try (0: connected). */
export function listen(changed, link) {
  let wait = FIRST_WAIT;
  const connect = () => {
    const events = new EventSource("/control/events");
    events.onopen = () => {
      wait = FIRST_WAIT;
      link(0);
      changed();
    };
    events.addEventListener("changed", changed);
    events.onerror = () => {
      events.close();
      link(wait);
      setTimeout(connect, wait);
      wait = Math.min(wait * 2, LONGEST_WAIT);
    };
  };
  connect();
}

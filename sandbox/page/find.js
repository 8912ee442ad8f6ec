/** Finds what a step of the tour points at, as it stands on this screen: wide, narrow, with or without a drawer. */

export class Find {
  /** `shell` knows which drawer is open; `card` is the deployment's card, or null. */
  constructor(shell, card) {
    Object.assign(this, { shell, card });
  }

  composer = () => this.#first("#composer .composer-form");

  modal = () => this.#first("#modal .modal-frame");

  thread = () => this.#first(`#messages [data-key="replies-${this.card?.ts}"]`);

  /** A button by its verb: on the deployment's own card, in its thread, or in a direct message; else the way back. */
  button(verb) {
    const key = `[data-key$="/${verb}"]`;
    return this.#first(
      `[data-ts="${this.card?.ts}"] ${key}`,
      `#replies ${key}`,
      `#messages ${key}`,
      ...this.#elsewhere(),
    );
  }

  /** Someone in the rail, or all of them; on a phone the way to them. */
  person(key) {
    return this.#first(key ? `#rail [data-key="${key}"]` : "#rail .rail-people", ".acting");
  }

  replies = () => this.#first("#thread-head");

  itself = () => this.#first(".tool-tour");

  machines = () => this.#first("#panel .tiles", ".tool-panel");

  fault = (name) => this.#first(`#panel [data-fault="${name}"]`, ".tool-panel");

  /** Whether such a button stands in the thread. */
  asks = (verb) => [...document.querySelectorAll(`#replies [data-key$="/${verb}"]`)].some(isShown);

  /** From a direct message, the channel in the rail; on a phone the way to the rail. */
  #elsewhere() {
    const direct = document.querySelector('#rail [aria-current][data-key^="D"]');
    return direct ? ['#rail .room[data-key^="C"]', ".tool-menu"] : [];
  }

  /** The first that is shown; what lies below an open drawer or thread is reached by closing it. */
  #first(...selectors) {
    const nodes = selectors.flatMap((selector) => [...document.querySelectorAll(selector)]).filter(isShown);
    const { drawer } = this.shell;
    if (!drawer) return nodes[0] ?? document.querySelector("#thread:not([hidden]) #thread-head button");
    const inside = nodes.find((node) => node.closest(`#${drawer}, dialog`));
    return inside ?? document.querySelector(`#${drawer} .panel-close`);
  }
}

function isShown(node) {
  return node.checkVisibility({ visibilityProperty: true });
}

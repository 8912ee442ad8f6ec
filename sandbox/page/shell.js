/** The page's frame: theme, drawers, the address and the title. */

const THEME = "drop-sandbox-theme";
const PANEL = "drop-sandbox-panel";
const WIDE = matchMedia("(min-width: 1100px)");

export class Shell {
  constructor(changed) {
    this.app = document.getElementById("app");
    this.scrim = document.getElementById("scrim");
    this.system = matchMedia("(prefers-color-scheme: dark)");
    this.changed = changed;
    this.drawer = null;
    this.opener = null;
    this.system.addEventListener("change", () => this.#paint());
    WIDE.addEventListener("change", () => this.shut());
    this.scrim.addEventListener("click", () => this.shut());
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.drawer) this.shut();
    });
    this.#paint();
  }

  get dark() {
    return (localStorage.getItem(THEME) ?? (this.system.matches ? "dark" : "light")) === "dark";
  }

  get panelOpen() {
    return WIDE.matches ? localStorage.getItem(PANEL) !== "closed" : this.drawer === "panel";
  }

  theme() {
    localStorage.setItem(THEME, this.dark ? "light" : "dark");
    this.#paint();
  }

  /** On a wide screen the panel stands beside the talk; on a narrow one it is a drawer. */
  panel() {
    if (!WIDE.matches) return this.#pull("panel");
    localStorage.setItem(PANEL, this.panelOpen ? "closed" : "open");
    return this.#paint();
  }

  rail() {
    this.#pull("rail");
  }

  shut() {
    const opener = this.drawer && this.opener;
    this.drawer = null;
    this.#paint();
    opener?.focus?.();
  }

  address(store, unread) {
    const channel = store.server.channels.find((one) => one.id === store.channel);
    const name = channel.kind === "im" ? "Drop" : `#${channel.name}`;
    document.title = `${unread ? `(${unread}) ` : ""}${name} · ${store.person().name} · alai-talk`;
    const query = new URLSearchParams({
      as: store.me,
      channel: store.channel,
      ...(store.thread && { thread: store.thread }),
    });
    if (location.search.slice(1) !== query.toString()) history.replaceState(null, "", `?${query}`);
  }

  #pull(drawer) {
    this.opener = document.activeElement;
    this.drawer = this.drawer === drawer ? null : drawer;
    this.#paint();
    if (this.drawer)
      document
        .getElementById(drawer)
        .querySelector("[aria-current], [aria-pressed=true], button")
        ?.focus({ preventScroll: true });
  }

  #paint() {
    document.documentElement.dataset.theme = this.dark ? "dark" : "light";
    this.app.classList.toggle("no-panel", !this.panelOpen);
    this.app.classList.toggle("rail-open", this.drawer === "rail");
    this.scrim.hidden = !this.drawer;
    this.changed();
  }
}

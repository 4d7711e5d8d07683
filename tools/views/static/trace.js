'use strict';
// <molreflect-trace>: the tree of a trace (ARIA's tree pattern), and the step that is chosen beside it.
// Served, steps and further rows are fetched and a run that goes on sends its own; in a file, all of it stands there.
(() => {
  if (customElements.get('molreflect-trace')) return;

  const rowsOf = html => {
    const template = document.createElement('template');
    template.innerHTML = html;
    return [...template.content.querySelectorAll('li[role=treeitem]')];
  };

  // The text of an answer, or what is to be said instead of it.
  async function ask(address) {
    try {
      const response = await fetch(address);
      if (response.ok) return { html: await response.text() };
      return { failed: `the server answered ${response.status}` };
    } catch {
      return { failed: 'the server does not answer; molreflect view may have ended' };
    }
  }

  // What was folded, kept by the browser; where it keeps nothing (some forbid it to files), for this visit.
  class Folded {
    constructor(name) {
      this.name = `molreflect:folded:${name}`;
      try {
        this.ids = new Set(JSON.parse(localStorage.getItem(this.name) ?? '[]'));
      } catch {
        this.ids = new Set();
      }
    }

    set(id, folded) {
      if (folded) this.ids.add(id);
      else this.ids.delete(id);
      try {
        if (this.ids.size) localStorage.setItem(this.name, JSON.stringify([...this.ids]));
        else localStorage.removeItem(this.name);
      } catch {
        // for this visit only
      }
    }
  }

  class Trace extends HTMLElement {
    #nodes = new Map(); // id: { row, parent, children }
    #roots = [];
    #chosen = null;
    #asked = 0;
    #stream = null;

    connectedCallback() {
      if (this.tree) return;
      this.tree = this.querySelector('[role=tree]');
      this.panel = this.querySelector('.panel');
      this.status = this.querySelector('[role=status].told');
      this.total = Number(this.dataset.total);
      this.folded = new Folded(this.dataset.trace);
      for (const row of [...this.tree.children]) this.#place(row, true);
      this.#fold();
      this.tree.addEventListener('click', event => this.#click(event));
      this.tree.addEventListener('keydown', event => this.#key(event));
      this.addEventListener('click', event => this.#elsewhere(event));
      this.querySelector('.within')?.addEventListener('input', event => this.#narrow(event.target.value));
      const first = this.#wanted() ?? this.tree.firstElementChild;
      if (first) this.#choose(first, { quiet: true, scroll: this.#wanted() !== null });
      window.addEventListener('hashchange', () => { if (this.#wanted()) this.#choose(this.#wanted(), { quiet: true }); });
      if (this.dataset.events) this.#listen();
    }

    // The step that the address names.
    #wanted() {
      const id = this.dataset.steps ? new URLSearchParams(location.search).get('span') : location.hash.slice(1);
      return this.#nodes.get(id)?.row ?? null;
    }

    // ---- the tree

    // Put a row where it belongs: below its parent, among its siblings in the order in which they began.
    #place(row, inOrder = false) {
      const { id, parent, at } = row.dataset;
      const old = this.#nodes.get(id);
      if (old) {
        row.setAttribute('aria-selected', old.row.getAttribute('aria-selected'));
        row.tabIndex = old.row.tabIndex;
        const held = old.row === document.activeElement;
        old.row.replaceWith(row);
        if (old.row === this.#chosen) this.#chosen = row;
        old.row = row;
        if (held) row.focus({ preventScroll: true });
        return;
      }
      const above = this.#nodes.get(parent);
      const siblings = above ? above.children : this.#roots;
      let place = siblings.length;
      while (place && Number(this.#nodes.get(siblings[place - 1]).row.dataset.at) > Number(at)) place -= 1;
      if (!inOrder) {
        if (place === 0 && above) above.row.after(row);
        else if (place === 0) this.tree.prepend(row);
        else this.#last(siblings[place - 1]).after(row);
      }
      siblings.splice(place, 0, id);
      this.#nodes.set(id, { row, parent: above ? parent : null, children: [] });
    }

    #last(id) {
      let node = this.#nodes.get(id);
      while (node.children.length) node = this.#nodes.get(node.children.at(-1));
      return node.row;
    }

    #narrowed = '';

    // Hide what is folded away, or lacks the words that are looked for.
    #fold() {
      const words = this.#narrowed.toLowerCase().split(/\s+/).filter(Boolean);
      const shown = new Set();
      if (words.length)
        for (const { row } of this.#nodes.values())
          if (words.every(word => row.textContent.toLowerCase().includes(word)))
            for (let node = this.#nodes.get(row.dataset.id); node; node = this.#nodes.get(node.parent))
              shown.add(node.row.dataset.id);
      const walk = (ids, hidden) => {
        for (const id of ids) {
          const { row, children } = this.#nodes.get(id);
          row.hidden = words.length ? !shown.has(id) : hidden;
          if (!children.length) continue;
          const folded = this.folded.ids.has(id);
          row.setAttribute('aria-expanded', String(!folded));
          walk(children, hidden || folded);
        }
      };
      walk(this.#roots, false);
    }

    #narrow(text) {
      this.#narrowed = text;
      this.#fold();
      const count = [...this.tree.children].filter(row => !row.hidden).length;
      this.#tell(text.trim() ? `${count} of ${this.tree.children.length} steps` : '');
    }

    #tell(text) {
      if (this.status) this.status.textContent = text;
    }

    #toggle(row, folded) {
      if (!row.hasAttribute('aria-expanded')) return;
      this.folded.set(row.dataset.id, folded);
      this.#fold();
    }

    #scale() {
      for (const { row } of this.#nodes.values())
        row.querySelector('.bar').setAttribute('viewBox', `0 0 ${this.total} 10`);
    }

    add(html) {
      for (const row of rowsOf(html)) {
        // One whose caller is on a part that is not shown stands there as well.
        if (row.dataset.parent && !this.#nodes.has(row.dataset.parent) && row.getAttribute('aria-level') !== '1') continue;
        this.#place(row);
      }
      this.#fold();
      this.#scale();
    }

    // ---- choosing

    #click(event) {
      const row = event.target.closest('li');
      if (!row || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      if (event.target.closest('.twist')) this.#toggle(row, row.getAttribute('aria-expanded') === 'true');
      else this.#choose(row, { focus: true });
    }

    #key(event) {
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      const row = event.target.closest('li');
      const rows = [...this.tree.children].filter(each => !each.hidden);
      const place = rows.indexOf(row);
      const expanded = row.getAttribute('aria-expanded');
      let to = null;
      if (event.key === 'ArrowDown') to = rows[place + 1];
      else if (event.key === 'ArrowUp') to = rows[place - 1];
      else if (event.key === 'Home') to = rows[0];
      else if (event.key === 'End') to = rows.at(-1);
      else if (event.key === 'ArrowRight' && expanded === 'false') this.#toggle(row, false);
      else if (event.key === 'ArrowRight' && expanded === 'true') to = rows[place + 1];
      else if (event.key === 'ArrowLeft' && expanded === 'true') this.#toggle(row, true);
      else if (event.key === 'ArrowLeft') to = this.#nodes.get(this.#nodes.get(row.dataset.id).parent)?.row;
      else if (event.key === 'Enter' || event.key === ' ') to = row;
      else return;
      event.preventDefault();
      if (to) this.#choose(to, { focus: true });
    }

    // Links to other steps of this trace, and buttons that show more of it.
    #elsewhere(event) {
      const link = event.target.closest('[data-go]');
      const node = link && this.#nodes.get(link.dataset.go);
      if (node) {
        event.preventDefault();
        for (let above = this.#nodes.get(node.parent); above; above = this.#nodes.get(above.parent))
          this.folded.set(above.row.dataset.id, false);
        this.#fold();
        this.#choose(node.row, { focus: true, scroll: true });
      }
      const more = event.target.closest('button[data-rows]');
      if (more) this.#more(more);
    }

    async #more(button) {
      button.disabled = true;
      const { html, failed } = await ask(button.dataset.rows);
      if (failed) {
        this.#tell(failed);
        button.disabled = false;
        return;
      }
      const template = document.createElement('template');
      template.innerHTML = html;
      this.add(template.innerHTML);
      const next = template.content.querySelector(`.more[data-way="${button.dataset.way}"]`);
      if (next) button.closest('.more').replaceWith(next);
      else button.closest('.more').remove();
    }

    #choose(row, { focus = false, quiet = false, scroll = false } = {}) {
      if (this.#chosen) {
        this.#chosen.setAttribute('aria-selected', 'false');
        this.#chosen.tabIndex = -1;
      }
      this.#chosen = row;
      row.setAttribute('aria-selected', 'true');
      row.tabIndex = 0;
      if (focus) row.focus();
      if (scroll) row.scrollIntoView({ block: 'center' });
      const link = row.querySelector('a.words').getAttribute('href');
      if (!quiet) history.replaceState(null, '', link);
      this.#show(row.dataset.id);
    }

    async #show(id) {
      const own = ++this.#asked;
      if (!this.dataset.steps) {
        const kept = document.getElementById(`step-${id}`);
        if (kept) this.panel.replaceChildren(kept.content.cloneNode(true));
        else this.panel.textContent = 'This step is left out of the file.';
        return;
      }
      if (this.panel.querySelector('.step')?.dataset.step === id && this.panel.dataset.whole) return;
      const { html, failed } = await ask(this.dataset.steps + id);
      if (own !== this.#asked) return; // another one was chosen meanwhile
      if (failed) {
        this.panel.textContent = `The step cannot be shown: ${failed}.`;
        return;
      }
      this.panel.innerHTML = html;
      this.panel.scrollTop = 0;
      globalThis.htmx?.process(this.panel);
    }

    // ---- growth

    // A page that nobody looks at holds no connection: a browser has few of them for one server.
    #listen() {
      const open = () => {
        const address = new URL(this.dataset.events, location.href);
        address.searchParams.set('cursor', this.dataset.cursor);
        this.#stream = new EventSource(address);
        this.#stream.addEventListener('grown', event => this.#grow(event));
      };
      document.addEventListener('visibilitychange', () => {
        if (document.hidden) this.#stream?.close();
        else open();
      });
      window.addEventListener('pagehide', () => this.#stream?.close());
      if (!document.hidden) open();
    }

    #grow(event) {
      const { rows, account, overview, total } = JSON.parse(event.data);
      this.dataset.cursor = event.lastEventId;
      this.total = total;
      this.add(rows);
      const figures = document.querySelector('.account');
      if (figures) figures.innerHTML = account;
      const came = document.querySelector('.overview');
      if (came && overview) came.innerHTML = overview;
      const shown = this.#chosen?.dataset.id;
      if (shown && rowsOf(rows).some(row => row.dataset.id === shown)) this.#show(shown);
    }
  }

  customElements.define('molreflect-trace', Trace);

  // Keys that hold everywhere on the page.
  document.addEventListener('keydown', event => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.target.closest('input, select, textarea, dialog')) {
      if (event.key === 'Escape' && event.target.matches('input')) event.target.blur();
      return;
    }
    if (event.key === '/') {
      const search = document.querySelector('input[type=search]');
      if (search) {
        event.preventDefault();
        search.focus();
      }
    } else if (event.key === '?') {
      document.querySelector('dialog.keys')?.showModal();
    }
  });
})();
